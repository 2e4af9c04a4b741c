"""The manifest tells content apart, and nothing but content."""

import json
import os
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tradegains.errors import InputError
from tradegains.store import manifest
from tradegains.store.census import CensusFiles, list_census
from tradegains.store.manifest import (
    InputFile,
    ManifestEntry,
    input_digest,
    input_manifest,
    manifest_json,
    require_content,
    require_unchanged,
    row_files,
)

NAMES = {name: name for name in ("establishment_id", "year", "industry", "employment", "sales")}
AN_HOUR = 1_000_000_000 * 3600


def write_year(root: Path, year: int, sales: float = 1.0, name: str = "a.parquet") -> Path:
    path = root / f"year={year}" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    row = {"establishment_id": [1], "industry": ["01"], "employment": [1.0], "sales": [sales]}
    pq.write_table(pa.table(row), path)
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for year in (1988, 1992, 1996):
        write_year(tmp_path / "census", year)
    return tmp_path / "census"


def listed(root: Path) -> CensusFiles:
    return list_census(str(root), NAMES, [1988, 1996])


def files(root: Path, **others: str) -> tuple[InputFile, ...]:
    return row_files(listed(root), others)


def digest(root: Path, **others: str) -> str:
    return input_digest(input_manifest(files(root, **others)))


def test_manifest_names_the_files_of_the_study_and_their_content(root: Path) -> None:
    prices = root.parent / "prices.csv"
    prices.write_text("year,index\n1988,1\n")
    first, _, small = input_manifest(files(root, prices=str(prices)))
    assert (first.input, first.path, first.rows) == ("census", "year=1988/a.parquet", 1)
    assert first.bytes == (root / "year=1988/a.parquet").stat().st_size
    assert small == ManifestEntry(
        "prices",
        "prices.csv",
        18,
        None,
        None,
        "a59fc925843a250bc7e58cf0a1aa1247fac5925a3e0a730de5e6348655c888c1",
    )
    assert len(json.loads(manifest_json([first, small]))) == 2


def test_digest_ignores_place_time_file_names_and_other_years(root: Path) -> None:
    before = digest(root)
    shutil.copytree(root, root.parent / "moved")
    moved = root.parent / "moved"
    os.utime(moved / "year=1988/a.parquet", ns=(0, 0))
    (moved / "year=1996/a.parquet").rename(moved / "year=1996/b.parquet")
    write_year(moved, 1992, sales=5.0)
    assert digest(moved) == before


@pytest.mark.parametrize("change", ["content", "year", "file more", "small table"])
def test_digest_sees_every_change_of_content(root: Path, change: str) -> None:
    before = digest(root)
    small = {}
    if change == "content":
        write_year(root, 1988, sales=2.0)
    elif change == "year":
        write_year(root, 1996, sales=2.0)
        one = digest(root)
        (root / "year=1988").rename(root / "swap")
        (root / "year=1996").rename(root / "year=1988")
        (root / "swap").rename(root / "year=1996")
        assert digest(root) != one
    elif change == "file more":
        write_year(root, 1988, name="b.parquet")
    else:
        (root.parent / "s.csv").write_text("industry,sigma\n01,2\n")
        small = {"elasticities": str(root.parent / "s.csv")}
    assert digest(root, **small) != before


def test_digest_tells_inputs_apart(root: Path) -> None:
    (root.parent / "s.csv").write_text("industry,sigma\n01,2\n")
    one, other = (digest(root, **{name: str(root.parent / "s.csv")}) for name in ("prices", "x"))
    assert one != other


def test_cache_saves_the_reading_and_notices_a_changed_file(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = root.parent / "work/manifest_cache.json"
    monkeypatch.setattr(manifest, "_SETTLED_NS", -AN_HOUR)
    before = input_manifest(files(root), cache=cache)
    with monkeypatch.context() as patch:
        patch.setattr(manifest.hashlib, "sha256", _never)
        patch.setattr(manifest, "schema_fingerprint", lambda _: before[0].schema)
        assert input_manifest(files(root), cache=cache) == before
    write_year(root, 1988, sales=2.0)
    assert input_manifest(files(root), cache=cache)[0] != before[0]


@pytest.mark.parametrize("how", ["copied over", "put in its place"])
def test_size_and_time_do_not_stand_for_content(
    root: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    cache, path = root.parent / "cache.json", root / "year=1988/a.parquet"
    monkeypatch.setattr(manifest, "_SETTLED_NS", -AN_HOUR)
    listed_before = files(root)
    before = input_manifest(listed_before, cache=cache)
    was = path.stat()
    other = write_year(root.parent / "other", 1988, sales=2.0)
    assert other.stat().st_size == was.st_size
    os.utime(other, ns=(was.st_atime_ns, was.st_mtime_ns))
    if how == "copied over":
        shutil.copy2(other, path)
    else:
        other.replace(path)
    assert path.stat().st_mtime_ns == was.st_mtime_ns
    with pytest.raises(InputError, match="files of census changed"):
        require_unchanged(listed_before)
    assert input_manifest(files(root), cache=cache)[0].sha256 != before[0].sha256


def _never(*_: object) -> None:
    raise AssertionError("the file was read again")


def test_a_file_written_just_now_is_not_cached(root: Path) -> None:
    cache = root.parent / "cache.json"
    input_manifest(files(root), cache=cache)
    assert json.loads(cache.read_text()) == {}


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"a": 1}'])
def test_damaged_cache_costs_time_only(root: Path, content: str) -> None:
    cache = root.parent / "cache.json"
    cache.write_text(content)
    assert input_manifest(files(root), cache=cache) == input_manifest(files(root))


def test_missing_small_table_is_refused(root: Path) -> None:
    with pytest.raises(InputError, match="the imports file does not exist"):
        files(root, imports=str(root / "imports.csv"))


def test_files_that_cannot_be_read_are_all_named(root: Path) -> None:
    found = files(root)
    shutil.rmtree(root)
    with pytest.raises(InputError, match="cannot be read to its end") as refusal:
        input_manifest(found)
    assert len(refusal.value.problems) == 2


def test_inputs_that_change_during_the_run_are_refused(root: Path) -> None:
    products = root.parent / "products.csv"
    products.write_text("establishment_id,product\n1,p\n")
    found = files(root, plant_products=str(products))
    require_unchanged(found)
    write_year(root, 1988, name="b.parquet")
    require_unchanged(found)
    products.write_text("establishment_id,product\n1,q\n")
    with pytest.raises(InputError, match=r"files of plant_products changed .* \(1 case\)"):
        require_unchanged(found)
    os.utime(root / "year=1996/a.parquet", ns=(0, 0))
    (root / "year=1988/a.parquet").unlink()
    with pytest.raises(InputError, match=r"census and plant_products changed .* \(3 cases\)"):
        require_unchanged(found)


def test_content_is_compared_when_asked_for(root: Path) -> None:
    found = files(root)
    read = input_manifest(found)
    require_content(found, read)
    write_year(root, 1988, sales=2.0)
    with pytest.raises(InputError, match=r"changed while .* year=1988/a\.parquet"):
        require_content(found, read)
    (root / "year=1988/a.parquet").unlink()
    with pytest.raises(InputError, match="cannot be read to its end"):
        require_content(found, read)
