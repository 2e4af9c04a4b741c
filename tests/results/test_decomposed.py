"""Decompositions of many industries in columns: each is what the formula gives for it alone."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tradegains.formulas.decompositions import (
    METHODS,
    ContinuingSums,
    IdentityError,
    PanelSums,
    TurnoverSums,
    decompose,
)
from tradegains.formulas.industry_decompositions import PooledIndustries, decompose_industries
from tradegains.results.decomposed import DecomposedPool, decompose_panels
from tradegains.results.panels import IndustryPanels, dividing

# Some weigh nothing, some more than a double holds to the unit.
weights = st.sampled_from([0, 1, 3, 1000, 2**53 + 1, 2**60 + 1])
phis = st.floats(-9, 9)


@st.composite
def industries(draw):
    """One industry: continuing establishments alike, so that their sums fit each other."""
    stay, come, go = (draw(st.integers(0, 3)) for _ in range(3))
    w0, w1, entering, leaving = (draw(weights) for _ in range(4))
    p0, p1, comes, goes = (draw(phis) for _ in range(4))
    w0, w1 = stay * w0, stay * w1
    continuing = (stay, w0, w1, w0 * p0, w1 * p1, w0 * p1, w1 * p0, stay * p0, stay * p1)
    return PanelSums(
        ContinuingSums(*continuing),
        TurnoverSums(come, come * entering, come * entering * comes),
        TurnoverSums(go, go * leaving, go * leaving * goes),
    )


def columns(made, moved=0.0):
    """The same industries as columns; what the rows of each year tell of Phi is `moved`."""

    def of(part, kind):
        names = kind.__dataclass_fields__
        found = {name: [getattr(getattr(each, part), name) for each in made] for name in names}
        return kind(**{name: column(values) for name, values in found.items()})

    parts = {"continuing": ContinuingSums, "entrants": TurnoverSums, "exiters": TurnoverSums}
    sums = PanelSums(**{part: of(part, kind) for part, kind in parts.items()})
    levels = [
        np.array([getattr(s, f"level{y}") + y * moved if has_weight(s) else np.nan for s in made])
        for y in (0, 1)
    ]
    codes = [f"{number:04}" for number in range(len(made))]
    nobody = np.zeros(len(made), int)
    return IndustryPanels("industry4", codes, sums, tuple(levels), nobody, nobody, nobody)


def column(values):
    is_whole = all(isinstance(value, int) for value in values)
    return dividing(np.array(values, np.int64)) if is_whole else np.array(values, float)


def has_weight(sums):
    return sums.total0 > 0 and sums.total1 > 0


ALONE = PanelSums(ContinuingSums(1, 2**60 + 1, 3, 1.0, 1.0, 2.0, 3.0, 0.5, 0.25))


@given(st.lists(industries(), min_size=1, max_size=6), st.sampled_from(METHODS))
@example([ALONE], "mp")
@example([PanelSums()], "gr")
def test_industries_are_what_the_formulas_give(made, method):
    pool = PooledIndustries((f"{number:04}", sums) for number, sums in enumerate(made))
    try:
        wanted = [decompose(sums, method) for sums in made]
        together = decompose_industries(pool, method)
    except IdentityError:  # sums of no panel: rounding of weights near 2**60 is all they hold
        return
    panels = columns(made)
    found = decompose_panels(panels, method)
    for place, each in enumerate(wanted):
        terms = {name: values[place] for name, values in found.terms.items()}
        assert each.terms == {name: value for name, value in terms.items() if value is not None}
        assert (found.totals[place], found.notes[place]) == (each.total, each.note)
    split = {method: found}
    assert decompose_industries(DecomposedPool(panels, split), method) == together


@pytest.mark.parametrize("method", METHODS)
def test_an_industry_that_misses_its_change_is_refused(method):
    made = [
        PanelSums(
            ContinuingSums(1, 3, 4, 3.0, 4.8, 3.6, 4.0, 1.0, 1.2),
            TurnoverSums(1, 2, 1.5),
            TurnoverSums(1, 1, 0.5),
        )
    ]
    decompose_panels(columns(made), method)
    with pytest.raises(IdentityError, match=f"{method} miss the change by -0.001"):
        decompose_panels(columns(made, moved=0.001), method)
