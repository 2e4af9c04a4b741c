"""Market cells made by hand for tests, one by one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from tradegains.formulas.membership import MembershipBits
from tradegains.results.market import Amounts
from tradegains.results.market_cells import NONE, ROWS_IN, MarketCells
from tradegains.tables import working as w


@dataclass(frozen=True)
class MadeCell:
    """Establishments of one year, industry and membership; `starts` are industries by window."""

    year: int
    industry: str | None
    membership: int
    amounts: Amounts
    starts: Mapping[str, str | None] = field(default_factory=dict)


def market_cells(made: Iterable[MadeCell], bits: MembershipBits) -> MarketCells:
    """These cells as columns, of industries with four digits."""
    cells = list(made)
    windows = dict.fromkeys(name for cell in cells for name in cell.starts)
    columns = {
        w.YEAR: [cell.year for cell in cells],
        w.MEMBERSHIP: [cell.membership for cell in cells],
        w.INDUSTRY: [_number(cell.industry) for cell in cells],
        ROWS_IN: [_number(cell.industry) for cell in cells],
        w.ESTABLISHMENTS: [cell.amounts.establishments for cell in cells],
        **{name: [cell.amounts[i] for cell in cells] for i, name in enumerate(w.AMOUNTS, start=1)},
        **{
            w.window_industry(name): [_number(cell.starts.get(name)) for cell in cells]
            for name in windows
        },
    }
    whole = {name: np.array(values, np.int64) for name, values in columns.items()}
    return MarketCells(whole, bits, digits=4)


def _number(code: str | None) -> int:
    return NONE if code is None else int(code)
