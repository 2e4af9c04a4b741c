"""Panels from columns: a further key parts the sums, and parts them exactly."""

from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from tradegains.formulas.fixed_point import SplitBits
from tradegains.formulas.panel_cells import PanelCells, PanelWindow
from tradegains.results.market_cells import LEVELS
from tradegains.results.panels import PanelReading, window_panels, window_sums
from tradegains.tables import working as w

WINDOW = PanelWindow("post", 1988, 1996, layer=0, both_ends=4)
LATER = {name: w.layer_column(name, 0) for name in (w.PHI, w.INDUSTRY, w.EMPLOYMENT)}
CENSUS = SimpleNamespace(industry_digits=4, industry_group_digits=2)
BITS = SplitBits(coarse=20, fine=40)


@pytest.fixture(scope="module")
def reading() -> PanelReading:
    """Cells of every status, of movers within and between groups, by one of five groups."""
    chance, size = np.random.default_rng(5), 400

    def whole(limit: int) -> np.ndarray:
        return chance.integers(0, limit, size)

    columns = {
        w.YEAR: chance.choice([1978, 1988, 1996], size),
        w.MEMBERSHIP: whole(8),
        w.ESTABLISHMENTS: whole(9) + 1,
        w.INDUSTRY: chance.choice([w.NONE, 111, 112, 1311], size),
        LATER[w.INDUSTRY]: chance.choice([111, 112, 1311], size),
        w.measured_column(w.PHI): chance.random(size) < 0.8,
        w.measured_column(LATER[w.PHI]): chance.random(size) < 0.8,
        w.EMPLOYMENT: whole(2**61),
        LATER[w.EMPLOYMENT]: whole(2**61),
        "group": whole(5),
    }
    pairs = [(w.UNIT, w.PHI), (w.UNIT, LATER[w.PHI])]
    for weight in (w.EMPLOYMENT, LATER[w.EMPLOYMENT]):
        pairs += [(weight, w.PHI), (weight, LATER[w.PHI])]
    for pair in pairs:
        columns[w.panel_product(*pair, w.COARSE)] = whole(2**61) - 2**60
        columns[w.panel_product(*pair, w.FINE)] = whole(2**61)
    panels = PanelCells(columns, (WINDOW,), {w.EMPLOYMENT: BITS, w.UNIT: BITS})
    return PanelReading(panels, w.EMPLOYMENT, CENSUS, own_year=True)


@pytest.mark.parametrize("level", LEVELS)
def test_a_further_key_parts_the_sums(reading, level):
    columns, added = reading.panels.columns, dict[tuple[int, ...], Counter[str]]()
    parted = window_sums(reading, WINDOW, level, "group")
    for group in range(5):
        chosen = columns["group"] == group
        cells = {name: column[chosen] for name, column in columns.items()}
        alone = replace(reading, panels=replace(reading.panels, columns=cells))
        of_group = {key[:1]: sums for key, sums in parted.items() if key[1] == group}
        assert of_group == window_sums(alone, WINDOW, level)
        for key, sums in of_group.items():
            added.setdefault(key, Counter()).update(sums)
    assert added == window_sums(reading, WINDOW, level)
    assert any(total > 2**63 for sums in added.values() for total in sums.values())


def test_everybody_who_is_measured_has_one_status(reading):
    columns = reading.panels.columns
    total = window_panels(reading, WINDOW, "total")
    is_start, is_end = (columns[w.YEAR] == year for year in (1988, 1996))
    continues = columns[w.MEMBERSHIP] & 4 != 0
    now, later = (columns[w.measured_column(phi)] for phi in (w.PHI, LATER[w.PHI]))
    for found, wanted in (
        (total.sums.exiters.count, is_start & ~continues & now),
        (total.sums.entrants.count, is_end & ~continues & now),
        (total.sums.continuing.count, is_start & continues & now & later),
        (total.left_out, is_start & continues & (now ^ later)),
    ):
        assert found.tolist() == [columns[w.ESTABLISHMENTS][wanted].sum()]
    assert total.moved.tolist() == [0]


def test_movers_leave_one_industry_for_another(reading):
    for level in ("industry2", "industry4"):
        assert (window_panels(reading, WINDOW, level).moved > 0).all()
    groups, industries = (moved(reading, level) for level in LEVELS[1:])
    assert industries["0111"] + industries["0112"] > groups["01"]


def moved(reading, level):
    panels = window_panels(reading, WINDOW, level)
    return dict(zip(panels.codes, panels.moved.tolist(), strict=True))
