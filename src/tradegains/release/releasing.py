"""A release, from a published run to a folder: judge, gate, write, and note in the ledger."""

import contextlib
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tradegains.errors import DisclosureError, Problem, StudyError
from tradegains.published.published_run import PublishedRun
from tradegains.published.reading import read_run
from tradegains.release.cells import EvidenceCells
from tradegains.release.described import Described
from tradegains.release.describing import describe, said_of
from tradegains.release.files import OF_RUNS, released_run, write_tables
from tradegains.release.gate import GatedTable, gate_table, row_sums, wanted_sums
from tradegains.release.groups import Choices, Members, Summed
from tradegains.release.memo import memo, table_lines
from tradegains.release.protection import Earlier
from tradegains.release.released import released_rows
from tradegains.release.rules import Rules, read_rules
from tradegains.release.subtraction import Judgement, judge_sums, label
from tradegains.release.uncertain import Errors
from tradegains.release.vetting import write_vetting
from tradegains.report.page import released_page
from tradegains.store.evidence import read_evidence
from tradegains.store.output import Output, hold_output, locate_output
from tradegains.store.private import make_private
from tradegains.store.releases import add_to_ledger, read_ledger
from tradegains.tables.published import TABLES

HEADLINE_TABLES = ("market_shares", "welfare")
"""What is released where no table is named: the headline, HLOY's tables 1 and A1."""


@dataclass(frozen=True)
class Release:
    """A release that was decided: its tables, what judged them, and the lines that tell of it."""

    run: PublishedRun
    rules: Rules
    tables: Mapping[str, GatedTable]
    judgement: Judgement
    described: Described
    errors: Errors
    ledger: Sequence[Mapping[str, Any]]

    @property
    def withheld(self) -> int:
        """Numbers that are withheld."""
        return sum(sum(table.reasons.values()) for table in self.tables.values())

    @property
    def lines(self) -> list[str]:
        """What leaves and what does not, by table."""
        return table_lines(self.tables)


def plan_release(
    output: Path, rules: Path, asked: Sequence[str] = (), *, run_id: str | None = None
) -> Release:
    """What would leave, without writing anything.

    Args:
        output: folder of the run, the one that holds `tables/`.
        rules: the rules file.
        asked: names of published tables; `HEADLINE_TABLES` when none is named.
        run_id: a run, or the first characters of one; the latest when not given.

    Raises:
        StudyError: the rules, a table or the run cannot be.
        DisclosureError: there is no evidence, the ledger was changed, or something could not be
            protected.
    """
    judged_by = read_rules(rules)
    run = read_run(output, run_id)
    place = locate_output(str(output))
    if run.draft:
        cure = "settle what the study marks as open, and run it again"
        raise StudyError(Problem("a draft is not released", f"run {run.run_id}", cure=cure))
    names = releasable(run, asked)
    cells = _evidence(place, run)
    choices = Choices.of(run, cells.rankings)
    ledger = read_ledger(place)
    described = describe(run, cells, choices, judged_by, names=names, ledger=ledger)
    behind, wanted = {}, Counter[Summed]()
    tables = {name: without_counts(described.restated(name, run.tables[name])) for name in names}
    for name in names:
        rows = tables[name].to_pylist()
        behind[name] = [row_sums(name, row, choices, cells) for row in rows]
        wanted.update(wanted_sums(rows, behind[name], choices))
    earlier = _earlier(ledger, choices)
    for each in _known_earlier(ledger, choices, cells):
        wanted[each] += 1
    judgement = judge_sums(cells, wanted, judged_by, earlier=earlier, told=choices.told)
    if judgement.unprotected:
        raise DisclosureError(
            Problem(
                "some sums cannot be protected any more, whatever else stays",
                "what is released with what left before",
                len(judgement.unprotected),
                "release fewer tables, or a coarser one",
            )
        )
    gated = {
        name: gate_table(
            name,
            tables[name],
            judgement,
            behind=behind[name],
            rules=judged_by,
            described=described,
            published=len(run.tables[name]),
        )
        for name in names
    }
    errors = Errors.of(run, cells, choices, judged_by, ledger=ledger)
    gated = errors.gate(gated, behind, choices)
    return Release(run, judged_by, gated, judgement, described, errors, ledger)


def write_release(
    output: Path,
    rules: Path,
    folder: Path,
    tables: Sequence[str] = (),
    *,
    strict: bool = False,
    run_id: str | None = None,
) -> Release:
    """Release tables of a run into a new folder, and note it in the output's ledger.

    Raises:
        StudyError: as `plan_release`, or the folder is not empty.
        DisclosureError: as `plan_release`; with `strict`, where anything is withheld.
    """
    _require_empty(folder)
    with hold_output(str(output), keep_days=None) as place:
        release = plan_release(output, rules, tables, run_id=run_id)
        if strict and release.withheld:
            raise DisclosureError(
                Problem(
                    "\n".join(["not everything may leave", *release.lines]),
                    cure="release coarser tables, or leave out --strict to withhold these",
                )
            )
        with _all_or_nothing(folder) as draft:
            _write(draft, release)
            add_to_ledger(place, release.ledger, _entry(release))
    return release


def without_counts(rows: pa.Table) -> pa.Table:
    """Rows whose notes do not say of how many establishments an amount is unknown.

    No rule judges these counts, of which one may be of a single establishment.

    Example:
        >>> told = "sales is unknown at an end of 1 establishment, in no sum of it"
        >>> without_counts(pa.table({"note": [told, None]}))["note"].to_pylist()
        ['sales is unknown at an end of some establishments, in no sum of it', None]
    """
    if "note" not in rows.column_names:
        return rows
    notes = rows["note"]
    for before in (r"unknown at an end of ", r"sales of "):
        counted = rf"({before})[0-9,]+ establishments?"
        notes = pc.replace_substring_regex(notes, counted, r"\1some establishments")
    return rows.set_column(rows.column_names.index("note"), rows.schema.field("note"), notes)


def releasable(run: PublishedRun, names: Sequence[str]) -> list[str]:
    """The tables that are asked for, or those of the headline, `HEADLINE_TABLES`.

    Raises:
        StudyError: a table is none, is not published, or declares nothing.
    """
    published = [entry["name"] for entry in run.record["tables"] or ()]
    declared = [name for name in published if TABLES[name].disclosure]
    problems = []
    for name in dict.fromkeys(names):
        cure = f"tables that can be released: {', '.join(declared)}"
        if name == "runs":
            cure = f"of it {', '.join(OF_RUNS)} leave with every release, paths and texts never"
            problems.append(Problem("the table runs is not released", cure=cure))
        elif name not in published:
            problems.append(Problem(f"the run has no table {name!r}", cure=cure))
        elif name not in declared:
            what = f"the table {name} does not declare what its numbers rest on and how they add up"
            problems.append(Problem(what, cure=cure))
    if problems:
        raise StudyError(problems)
    return list(dict.fromkeys(names)) or [name for name in HEADLINE_TABLES if name in declared]


def _evidence(place: Output, run: PublishedRun) -> EvidenceCells:
    found = read_evidence(place.work, run.run_id)
    if found is None:
        cure = "run the study again with this version: tradegains run STUDY --output DIR --again"
        what = f"there is no evidence of run {run.run_id}: nothing of it can be released"
        raise DisclosureError(Problem(what, place.work, cure=cure))
    return EvidenceCells(found, digits=run.industry_digits, group_digits=run.group_digits)


# --- earlier releases -----------------------------------------------------------------------------


def _earlier(
    ledger: Sequence[Mapping[str, Any]], choices: Choices
) -> dict[str, tuple[Earlier, ...]]:
    """What left before, by the words for it."""
    found: defaultdict[str, list[Earlier]] = defaultdict(list)
    for entry in ledger:
        for each in entry["sums"]:
            found[each["sum"]].append(Earlier(each["value"], each["contributors"], each["largest"]))
    return {name: tuple(dict.fromkeys(values)) for name, values in found.items()}


def _known_earlier(
    ledger: Sequence[Mapping[str, Any]], choices: Choices, cells: EvidenceCells
) -> Iterator[Summed]:
    """Sums that left or stayed before and that this run knows under the same words.

    What stayed then must not be told by what leaves now.
    """
    for entry in ledger:
        for each in (*entry["sums"], *entry["stayed"]):
            group = Members.of(each["group"])
            is_same = cells.knows(group) and label(group, each["amount"], choices.told)
            if is_same == each["sum"]:
                yield group, each["amount"]


def _entry(release: Release) -> dict[str, Any]:
    """What the ledger keeps of a release."""
    choices = Choices.of(release.run)
    sums, stayed = [], []
    for (group, amount), judged in sorted(release.judgement.sums.items()):
        said = {"sum": label(group, amount, choices.told), "group": vars(group), "amount": amount}
        if judged.reason:
            stayed.append(said)
            continue
        held = judged.backing
        sums.append(
            {
                **said,
                "value": judged.value,
                "contributors": held.contributors,
                "largest": held.first,
            }
        )
    return {
        "run": release.run.run_id,
        "rules": release.rules.profile.name,
        "tables": list(release.tables),
        "sums": sums,
        "stayed": stayed,
        **said_of(release.described),
        "errors": release.errors.said(),
    }


def _changed(release: Release) -> int | None:
    """Sums of this and the last release that left then and stay now, or the other way round."""
    if not release.ledger:
        return None
    last, now = release.ledger[-1], _entry(release)
    left, stayed = ({each["sum"] for each in last[name]} for name in ("sums", "stayed"))
    leave, stay = ({each["sum"] for each in now[name]} for name in ("sums", "stayed"))
    return len(left & stay) + len(stayed & leave)


# --- the folder -----------------------------------------------------------------------------------


def _require_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        cure = "name a new folder: what lies there would leave with the release"
        raise StudyError(Problem("the folder of the release is not empty", str(folder), cure=cure))


@contextlib.contextmanager
def _all_or_nothing(folder: Path) -> Iterator[Path]:
    """A folder to write to that becomes the release at the end, or nothing."""
    draft = folder.with_name(f".{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        yield draft
        if folder.exists():
            folder.rmdir()
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _write(folder: Path, release: Release) -> None:
    rows: dict[str, pa.Table] = {
        name: released_rows(table, release.rules) for name, table in release.tables.items()
    }
    run = released_run(release.run, rows)
    write_tables(folder, run, rows)
    released_page(run, folder)
    vetting = folder / "vetting"
    vetting.mkdir()
    write_vetting(
        vetting,
        release.tables,
        release.judgement,
        release.described,
        squares=release.errors.by_years,
        rules=release.rules,
    )
    text = memo(
        release.tables,
        release.rules,
        run=release.run.run_id,
        changed=_changed(release),
        number=len(release.ledger) + 1,
    )
    (vetting / "memo.txt").write_text(text, encoding="utf-8")
    make_private(vetting)
