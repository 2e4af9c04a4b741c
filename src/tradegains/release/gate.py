"""The gate: a published table into what of it may leave, cell by cell; it fails closed.

A number leaves where its table declares it, the sums behind it are known and all of them leave. A
number that is one sum must be that sum, to the last unit: else the evidence is not of this run.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from tradegains.release.cells import ESTABLISHMENTS, EvidenceCells
from tradegains.release.described import BINS_RULE, Described
from tradegains.release.groups import Choices, Row, Summed, sums_behind, who_is_behind
from tradegains.release.judging import Backing
from tradegains.release.rules import WITHHOLD, Rules
from tradegains.release.samples import GROUP, NO_EVIDENCE, OTHER_EVIDENCE
from tradegains.release.subtraction import Judgement, published_value
from tradegains.tables.columns import INTERVAL, REPLICATE_GROUPS
from tradegains.tables.disclosure import FREQUENCIES, PUBLIC, Statistic, public
from tradegains.tables.published import TABLES
from tradegains.tables.table import Table

PASS = ""
_SAME = 1e-9


@dataclass(frozen=True)
class GatedCell:
    """A number of a row: why it is withheld (empty: it leaves), and what it rests on.

    `backing` is that of the weakest sum behind it, or the one that withholds it; `sums` are the
    values of all of them, in units of the evidence.
    """

    reason: str
    backing: Backing | None = None
    sums: tuple[float, ...] = ()


@dataclass(frozen=True)
class GatedTable:
    """A table before and after.

    Attributes:
        name: of the table.
        before: its rows as published; of histograms in the bins in which they may leave.
        cells: by row and column, what became of every number that is not null.
        merged: published numbers that are not among them, for their bins were brought together.
    """

    name: str
    before: pa.Table
    cells: tuple[Mapping[str, GatedCell], ...] = field(repr=False)
    merged: int = 0

    def withheld(self, row: int) -> list[str]:
        """Columns that are withheld in a row, in order."""
        return [name for name, cell in self.cells[row].items() if cell.reason]

    @property
    def numbers(self) -> int:
        """Numbers that are not null."""
        return sum(map(len, self.cells)) + self.merged

    @property
    def reasons(self) -> Counter[str]:
        """How many numbers are withheld, by reason."""
        found = (cell.reason for row in self.cells for cell in row.values() if cell.reason)
        return Counter(found) + Counter({BINS_RULE: self.merged})


def numeric_columns(name: str) -> list[str]:
    """Columns of numbers of a table that are not part of its key."""
    table = TABLES[name]
    return [
        column.name
        for column in table.columns
        if column.type.typeName() in ("long", "double", "integer") and column.name not in table.key
    ]


def error_columns(table: Table) -> dict[str, str]:
    """Columns that tell how uncertain a number is, only in some studies, and which number.

    Example:
        >>> error_columns(TABLES["welfare"])["ci_low"]
        'welfare_change'
    """
    of_first = dict.fromkeys((*INTERVAL, REPLICATE_GROUPS), *table.uncertain[:1])
    errors = {str(table.error_of(name)): name for name in table.uncertain}
    return (errors | of_first) if errors else {}


def statistic_of(name: str, column: str) -> Statistic | None:
    """What a column of a table is to an output checker: an error is as its number is."""
    table = TABLES[name]
    numbers = table.disclosure.numbers if table.disclosure else {}
    if column == REPLICATE_GROUPS:
        return public()
    return numbers.get(column) or numbers.get(error_columns(table).get(column, ""))


SumsByColumn = dict[str, tuple[Summed, ...] | None]
"""By column the sums behind a number; None where they are not known."""

HEADLINE = 100
"""What a number of the study's headline weighs, beside one of its other choices."""


def wanted_sums(
    rows: Sequence[Row], behind: Sequence[SumsByColumn], choices: Choices
) -> Counter[Summed]:
    """Every sum behind the numbers of rows, with the weight of the numbers that need it."""
    found: Counter[Summed] = Counter()
    for row, by_column in zip(rows, behind, strict=True):
        weight = HEADLINE if choices.is_headline(row) else 1
        for sums in by_column.values():
            for each in sums or ():
                found[each] += weight
    return found


def row_sums(name: str, row: Row, choices: Choices, cells: EvidenceCells) -> SumsByColumn:
    """The sums behind each number of a row of a table; None where they are not known."""
    declared = TABLES[name].disclosure
    found: SumsByColumn = {}
    if declared is None:
        return found
    who = who_is_behind(name, choices, row)
    for column, number in declared.of_row(row).items():
        if row.get(column) is None:
            continue
        sums = sums_behind(number, who)
        if sums is not None:
            sums = tuple((one, amount) for group, amount in sums for one in _each(cells, group))
            is_known = all(cells.knows(group) for group, _ in sums)
            if not is_known or any(amount.startswith(tuple(cells.lacking)) for _, amount in sums):
                sums = None
        found[column] = sums
    return found


def _each(cells: EvidenceCells, group: Any) -> Iterable[Any]:
    return cells.each(group) if group.year in cells.years else (group,)


def gate_table(
    name: str,
    rows: pa.Table,
    judgement: Judgement,
    *,
    behind: Sequence[SumsByColumn],
    rules: Rules,
    described: Described,
    published: int,
) -> GatedTable:
    """What of a table may leave; `behind` are the sums of each row, of `published` ones.

    Where a sum of a row is not that of the evidence, no statistic of its populations leaves.
    """
    declared = TABLES[name].disclosure
    numbers = numeric_columns(name)
    found = []
    for row, sums in zip(rows.to_pylist(), behind, strict=True):
        told = declared.of_row(row) if declared else {}
        judged = {
            column: _judge(told.get(column), row[column], sums.get(column), judgement, rules)
            for column in numbers
            if row.get(column) is not None
        }
        is_other = any(each.reason == OTHER_EVIDENCE for each in judged.values())
        for column, cell in judged.items():
            if column in told and told[column].populations and not cell.reason:
                verdict = described.judge(name, row, column, told[column])
                reason = OTHER_EVIDENCE if is_other else verdict.reason
                judged[column] = replace(cell, reason=reason, backing=verdict.backing)
        found.append(judged)
    merged = max(published - len(found), 0) * len(numbers)
    return GatedTable(name, rows, tuple(found), merged)


def _judge(
    number: Statistic | None,
    value: float,
    sums: tuple[Summed, ...] | None,
    judgement: Judgement,
    rules: Rules,
) -> GatedCell:
    if number is None:
        return GatedCell(NO_EVIDENCE)
    if number.kind == PUBLIC:
        return GatedCell(PASS)
    if sums is None or any(each not in judgement.sums for each in sums):
        return GatedCell(NO_EVIDENCE)
    found = [judgement.sums[each] for each in sums]
    weakest = min((each.backing for each in found), key=_strength, default=None)
    for each in found:
        if each.reason:
            return GatedCell(each.reason, each.backing)
    is_one_sum = len(sums) == len(number.sums) == 1 and not number.populations
    if is_one_sum:
        told = published_value(sums[0][1], found[0].value, judgement.decimals)
        if not _is_the_sum(value, told):
            return GatedCell(OTHER_EVIDENCE, weakest)
    if number.kind == FREQUENCIES and _tells_of_a_group(value, sums, rules):
        return GatedCell(GROUP, weakest)
    return GatedCell(PASS, weakest, tuple(each.value for each in found))


def _strength(backing: Backing) -> tuple[int, float]:
    return backing.contributors, -backing.first


def _is_the_sum(value: float, sum_: float) -> bool:
    return abs(value - sum_) <= _SAME * max(1.0, abs(sum_))


def _tells_of_a_group(value: float, sums: tuple[Summed, ...], rules: Rules) -> bool:
    """Whether nobody is in a cell, or everybody, and the rules keep that."""
    is_count = len(sums) == 1 and sums[0][1] == ESTABLISHMENTS
    if value == 0 and rules.groups.zeros == WITHHOLD:
        return True
    return not is_count and value == 1 and rules.groups.full == WITHHOLD
