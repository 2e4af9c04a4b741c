"""What a run's numbers rest on, and the ledger of what left: kept as written, for their owner."""

import json
import stat
from pathlib import Path

import pyarrow as pa
import pytest

from tradegains.errors import DisclosureError
from tradegains.store.evidence import Evidence, forget_evidence, keep_evidence, read_evidence
from tradegains.store.output import Output
from tradegains.store.releases import add_to_ledger, digest_of, identity, read_ledger
from tradegains.store.transaction_log import LOG

CELLS, BINS = pa.table({"cell": [1, 2], "sales": [5, None]}), pa.table({"bin": ["a"]})
KEPT = Evidence({"cells": CELLS, "bins": BINS}, {"sets": ["all", "exporter"], "tables": ["bins"]})


def modes(folder: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}


def test_evidence_is_read_as_it_was_kept_and_by_nobody_else(tmp_path: Path) -> None:
    work = tmp_path / "out" / "work"
    keep_evidence(str(work), "one", KEPT)
    found = read_evidence(str(work), "one")
    assert found is not None
    assert found.tables == KEPT.tables
    assert found.facts == {"sets": ["all", "exporter"], "tables": ["bins", "cells"]}
    assert modes(work) == {0o700, 0o600}
    names = {path.name for path in (work / "evidence" / "one").iterdir()}
    assert names == {"cells.parquet", "bins.parquet", "evidence.json"}
    keep_evidence(str(work), "one", Evidence({"cells": BINS}, {}))
    again = read_evidence(str(work), "one")
    assert again is not None
    assert again.tables == {"cells": BINS}, "in place of what was there"


def test_evidence_behind_an_address_stays_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    work = (tmp_path / "out").as_uri()
    keep_evidence(work, "one", KEPT)
    found = read_evidence(work, "one")
    assert found is not None
    assert found.tables == KEPT.tables
    assert [path.name for path in tmp_path.iterdir()] == ["out"], "and in no folder of its name"


def test_evidence_is_forgotten_of_one_run(tmp_path: Path) -> None:
    work = str(tmp_path)
    for run in ("one", "two"):
        keep_evidence(work, run, KEPT)
    forget_evidence(work, "one")
    forget_evidence(work, "never")
    assert [path.name for path in (tmp_path / "evidence").iterdir()] == ["two"]
    assert read_evidence(work, "one") is None
    (tmp_path / "evidence" / "two" / "evidence.json").unlink()
    assert read_evidence(work, "two") is None, "the facts are written last"


def test_evidence_is_named_by_facts_and_rows() -> None:
    digest = KEPT.digest
    assert digest == Evidence(dict(reversed(KEPT.tables.items())), KEPT.facts).digest
    others = (
        Evidence({"cells": CELLS}, KEPT.facts),
        Evidence({"bins": BINS, "others": CELLS}, KEPT.facts),
        Evidence({"bins": BINS, "cells": CELLS.slice(1)}, KEPT.facts),
        Evidence(KEPT.tables, {}),
    )
    assert len({digest, *(each.digest for each in others)}) == 5


@pytest.fixture
def output(tmp_path: Path) -> Output:
    """Return an output with a table of runs."""
    log = tmp_path / "out" / "tables" / "runs" / LOG
    log.mkdir(parents=True)
    (log / f"{0:020d}.json").write_text('{"commitInfo": {}}')
    return Output(str(tmp_path / "out"))


def released(output: Output, *what: str) -> list[Path]:
    return [add_to_ledger(output, read_ledger(output), {"run": each}) for each in what]


def test_a_ledger_is_a_chain_of_private_entries(output: Output) -> None:
    assert read_ledger(output) == []
    first, second, third = released(output, "a", "b", "c")
    assert [path.name for path in (first, second, third)] == ["0001.json", "0002.json", "0003.json"]
    found = read_ledger(output)
    assert [entry["run"] for entry in found] == ["a", "b", "c"]
    assert found[0]["before"] == ""
    assert [entry["before"] for entry in found[1:]] == [entry["digest"] for entry in found[:2]]
    assert {entry["output"] for entry in found} == {identity(output)}
    assert all(entry["digest"] == digest_of(entry) for entry in found)
    assert modes(Path(output.work)) == {0o700, 0o600}


def edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def sealed(path: Path, **changes: object) -> None:
    """Edit an entry, and give it the digest of what it now says."""
    edit(path, **changes)
    edit(path, digest=digest_of(json.loads(path.read_text())))


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda path: path.unlink(), "was changed"),
        (lambda path: path.rename(path.with_name("0009.json")), "was changed"),
        (lambda path: path.write_text("{"), "was changed"),
        (lambda path: path.write_text("[]"), "was changed"),
        (lambda path: edit(path, run="x"), "was edited"),
        (lambda path: edit(path, before="x"), "was changed"),
        (lambda path: sealed(path, run="x"), "was changed"),
        (lambda path: sealed(path, output="x"), "of another output"),
    ],
    ids=["lost", "moved", "cut", "no entry", "edited", "unchained", "sealed", "elsewhere"],
)
def test_a_ledger_that_was_touched_is_refused(output: Output, harm, said: str) -> None:  # type: ignore[no-untyped-def]
    released(output, "a", "b", "c")
    harm(Path(output.work, "releases", "0002.json"))
    with pytest.raises(DisclosureError, match=said) as refused:
        read_ledger(output)
    assert refused.value.problems[0].where.startswith(f"{output.work}/releases")
    assert "restore work/releases/ from a copy" in str(refused.value)


def test_an_output_without_runs_is_told_from_others(output: Output, tmp_path: Path) -> None:
    assert identity(Output(str(tmp_path / "other"))) == ""
    assert len(identity(output)) == 64
