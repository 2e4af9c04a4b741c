"""The one spelling of an address, and which addresses are refused before anything is asked."""

import os
import unicodedata
from pathlib import Path

import pytest

from tradegains.errors import InputError
from tradegains.store.locations import locate, resolved
from tradegains.store.stores import endpoint, plain_http


@pytest.mark.parametrize(
    ("given", "spelled"),
    [
        ("/data/census/", "/data/census/"),
        ("S3A://bucket/census//", "s3://bucket/census"),
        ("s3://bucket/a/?endpoint_override=x", "s3://bucket/a?endpoint_override=x"),
        ("hdfs://Name-node:8020/census/", "hdfs://Name-node:8020/census"),
    ],
)
def test_one_address_has_one_spelling(given: str, spelled: str) -> None:
    assert resolved(given) == spelled


@pytest.mark.parametrize("sign", ["#", "?", "%", "\\"])
def test_signs_that_programs_read_in_two_ways_are_refused(sign: str) -> None:
    given = f"hdfs://namenode:8020/census{sign}1"
    with pytest.raises(InputError) as refused:
        resolved(given)
    problem = refused.value.problems[0]
    assert problem.what.startswith(f"the address contains {sign!r}, which programs take for")
    assert (problem.where, problem.cure) == (given, "rename the folder")


def test_a_local_path_is_absolute_and_its_own_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = locate("census")
    assert (found.given, found.path, found.address) == ("census", str(tmp_path / "census"), "")
    assert found.root == found.path
    addressed = locate(tmp_path.as_uri())
    assert addressed.path == str(tmp_path)
    assert addressed.root == tmp_path.as_uri()


def test_plain_http_is_allowed_for_such_an_endpoint_only() -> None:
    assert plain_http({"AWS_ENDPOINT_URL": "https://store:9000"}) == {}
    assert plain_http({}) == {}
    both = {"AWS_ENDPOINT_URL_S3": "http://one", "AWS_ENDPOINT_URL": "https://two"}
    assert endpoint(both) == "http://one"
    assert plain_http(both) == {"AWS_ALLOW_HTTP": "true"}
    assert endpoint({"AWS_ENDPOINT_URL_S3": "", "AWS_ENDPOINT_URL": "https://two"}) == "https://two"


def test_a_path_is_found_in_either_form_of_its_accents(tmp_path: Path) -> None:
    composed, apart = (unicodedata.normalize(form, "a\u00f1o") for form in ("NFC", "NFD"))
    (tmp_path / apart).mkdir()
    assert locate(str(tmp_path / composed)).path == str(tmp_path / apart)
    (tmp_path / composed).mkdir()
    assert locate(str(tmp_path / composed)).path == str(tmp_path / composed)


@pytest.mark.parametrize("sign", ["\t", "\n", "\x7f"])
def test_a_path_with_signs_that_nobody_sees_is_refused(sign: str) -> None:
    with pytest.raises(InputError, match="signs that nobody sees"):
        locate(f"census{sign}1988")


def test_what_is_neither_path_nor_address_is_refused() -> None:
    with pytest.raises(InputError, match=r"is not in UTF-8.*caf\\udce9'"):
        locate(os.fsdecode(b"caf\xe9"))
    with pytest.raises(InputError, match=r"lacks its two slashes(?s:.)*write hdfs://HOST/a;"):
        locate("hdfs:/a")
    assert locate("./hdfs:/a").path.endswith("hdfs:/a")
