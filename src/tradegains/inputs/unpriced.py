"""What a price table that lacks industries or years costs: rows, jobs and sales."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tradegains.errors import Problem
from tradegains.store.census import CensusFiles
from tradegains.store.census_sums import CodeSums, sums_by_code
from tradegains.store.industry_codes import codes_by_year
from tradegains.study import Study


class RowSums(NamedTuple):
    """Rows, their employment and their sales, each in a unit of its own."""

    rows: float = 0.0
    employment: float = 0.0
    sales: float = 0.0


@dataclass(frozen=True)
class Unpriced:
    """Rows without a price, and all rows.

    Example:
        >>> Unpriced(RowSums(1, 30.0, 5.0), RowSums(4, 40.0, 100.0)).told[-61:]
        '25.00 percent of the rows, 75.00 of employment, 5.00 of sales'
    """

    lost: RowSums
    whole: RowSums

    @property
    def told(self) -> str:
        """How much is lost, in words."""
        return f"{self.lost.rows:,.0f} rows have no price and so no productivity: {self.shares}"

    @property
    def shares(self) -> str:
        """What the rows are of all.

        Example:
            >>> Unpriced(RowSums(1, 30.0, 5.0), RowSums(4, 40.0, 100.0)).shares
            '25.00 percent of the rows, 75.00 of employment, 5.00 of sales'
        """
        rows, employment, sales = (
            f"{100 * part / total if total else 0.0:.2f}"
            for part, total in zip(self.lost, self.whole, strict=True)
        )
        return f"{rows} percent of the rows, {employment} of employment, {sales} of sales"

    @property
    def problem(self) -> Problem:
        """Why a run does not go on with them."""
        return Problem(
            self.told,
            "input prices",
            cure="add the industries and years that the table lacks; or accept the loss with "
            'unpriced = "leave_out" under [productivity]: they stay in matching, sales and jobs',
        )


def expected_loss(
    study: Study, census: CensusFiles, prices: Sequence[Mapping[str, Any]]
) -> Unpriced | None:
    """What the table's prices leave out of a census, read from its files without an engine.

    None where nothing is left out, and where codes are changed by a concordance before prices are
    looked up: there the run itself tells. Rows that break a rule are not told apart here.
    """
    if study.productivity.prices == "none" or not prices or study.inputs.concordance:
        return None
    digits = max(len(row.get("industry") or "") for row in prices)
    known = {(row["year"], row.get("industry") or "") for row in prices}
    codes = codes_by_year(census, digits=study.census.industry_digits, missing="")
    if all((year, code[:digits]) in known for year, found in codes.items() for code in found):
        return None  # nothing was added up: one column tells in most studies
    sums = sums_by_code(census, digits=study.census.industry_digits)
    lost = {key: each for key, each in sums.items() if (key[0], key[1][:digits]) not in known}
    return Unpriced(_added(lost), _added(sums)) if lost else None


def _added(found: Mapping[tuple[int, str], CodeSums]) -> RowSums:
    columns = zip(*found.values(), strict=True)
    return RowSums(*(float(sum(column)) for column in columns))
