"""Studies for tests, built in one line: every choice has a value, any of them can be changed."""

from dataclasses import replace
from typing import Any

from tradegains.study import (
    Census,
    Inputs,
    Matching,
    Population,
    Productivity,
    Report,
    Restriction,
    Study,
    Tariffs,
    Trade,
    Welfare,
    Window,
)

RULES = {
    "missing_id": "quarantine",
    "duplicate": "quarantine",
    "invalid_employment": "quarantine",
    "invalid_sales": "quarantine",
    "invalid_exports": "quarantine",
    "missing_exports": "keep",
    "invalid_value_added": "keep",
    "exports_above_sales": "quarantine",
    "nonpositive_value_added": "keep",
    "invalid_industry": "quarantine",
}

COLUMNS = (
    "establishment_id",
    "year",
    "industry",
    "employment",
    "sales",
    "exports",
    "value_added",
)

BASE = Study(
    name="test",
    title="A small study for tests",
    source="drawn for a test",
    publication=None,
    synthetic=True,
    inputs=Inputs(census="census"),
    census=Census(
        columns={name: name for name in COLUMNS},
        extra_columns=(),
        money_unit="coins",
        industry_digits=4,
        industry_group_digits=2,
        rules=RULES,
    ),
    windows=(Window("pre", 2000, 2002, scale_to_years=1), Window("post", 2002, 2004)),
    matching=Matching(
        continuing=("both_ends", "domestic_both_ends", "every_year"),
        industry_at="own_year",
        annual=True,
        reactivation_years=0,
    ),
    productivity=Productivity(
        numerator="value_added",
        denominator="employment",
        prices="none",
        median_base=("same_year", "base_year", "pooled"),
        bin_width=0.25,
        years=(2000, 2004),
        unpriced="leave_out",
    ),
    populations=(),
    trade=Trade(imports=("exports",)),
    tariffs=Tariffs(),
    welfare=Welfare(
        windows=("pre", "post"),
        difference=("post", "pre"),
        sigma=3.0,
        trade_elasticity=2.0,
        levels=("total", "industry2"),
        expenditure_share=0.3,
        value_added_share=0.6,
    ),
    restrictions=(Restriction("small", "employment < 50", "Under 50 jobs"),),
    report=Report(figure_years=(2000, 2004), figure_windows=("pre", "post")),
)


def study_with(**changes: Any) -> Study:
    """The base study with sections replaced; a dict changes single keys of a section."""
    sections = {
        name: replace(getattr(BASE, name), **change) if isinstance(change, dict) else change
        for name, change in changes.items()
    }
    return replace(BASE, **sections)


def populations(**where: str) -> tuple[Population, ...]:
    """Study populations from name = condition."""
    return tuple(Population(name, condition, name) for name, condition in where.items())


def restrictions(at: str = "start", **where: str) -> tuple[Restriction, ...]:
    """Study restrictions from name = condition, asked of a window's start, end or both."""
    return tuple(Restriction(name, condition, name, at) for name, condition in where.items())
