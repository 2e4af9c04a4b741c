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
    ManifestEntry,
    input_digest,
    input_manifest,
    manifest_json,
    require_unchanged,
)

NAMES = {name: name for name in ("establishment_id", "year", "industry", "employment", "sales")}
AN_HOUR_AGO = 1_000_000_000 * 3600


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


def digest(root: Path, **small: str) -> str:
    return input_digest(input_manifest(listed(root), small))


def test_manifest_names_the_files_of_the_study_and_their_content(root: Path) -> None:
    prices = root.parent / "prices.csv"
    prices.write_text("year,index\n1988,1\n")
    first, _, small = input_manifest(listed(root), {"prices": str(prices)})
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
    for path in root.rglob("*.parquet"):
        os.utime(path, ns=(0, AN_HOUR_AGO))
    before = input_manifest(listed(root), {}, cache=cache)
    with monkeypatch.context() as patch:
        patch.setattr(manifest.hashlib, "sha256", _never)
        patch.setattr(manifest, "schema_fingerprint", lambda _: before[0].schema)
        assert input_manifest(listed(root), {}, cache=cache) == before
    os.utime(write_year(root, 1988, sales=2.0), ns=(0, AN_HOUR_AGO + 1))
    assert input_manifest(listed(root), {}, cache=cache)[0] != before[0]


def _never(*_: object) -> None:
    raise AssertionError("the file was read again")


def test_a_file_written_just_now_is_not_cached(root: Path) -> None:
    cache = root.parent / "cache.json"
    input_manifest(listed(root), {}, cache=cache)
    assert json.loads(cache.read_text()) == {}


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"a": 1}'])
def test_damaged_cache_costs_time_only(root: Path, content: str) -> None:
    cache = root.parent / "cache.json"
    cache.write_text(content)
    assert input_manifest(listed(root), {}, cache=cache) == input_manifest(listed(root), {})


def test_missing_small_table_is_refused(root: Path) -> None:
    with pytest.raises(InputError, match="the imports file does not exist"):
        input_manifest(listed(root), {"imports": str(root / "imports.csv")})


def test_files_that_cannot_be_read_are_all_named(root: Path) -> None:
    census = listed(root)
    shutil.rmtree(root)
    with pytest.raises(InputError, match="cannot be read to its end") as refusal:
        input_manifest(census, {})
    assert len(refusal.value.problems) == 2


def test_census_that_changes_during_the_run_is_refused(root: Path) -> None:
    census = listed(root)
    require_unchanged(census)
    write_year(root, 1988, name="b.parquet")
    require_unchanged(census)
    os.utime(root / "year=1996/a.parquet", ns=(0, 0))
    (root / "year=1988/a.parquet").unlink()
    with pytest.raises(InputError, match=r"changed while the run .* \(2 cases\)"):
        require_unchanged(census)
