"""The text of the study that `tradegains init` proposes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import Template
from textwrap import wrap

from tradegains.command.first_look import FirstLook
from tradegains.store.census_checks import year_ranges
from tradegains.study.model import OPTIONAL_COLUMNS, REQUIRED_COLUMNS
from tradegains.study.writing import toml_value

_WIDTH = 98
TODO = "TODO:"


@dataclass(frozen=True)
class CensusFacts:
    """What is known of a census.

    Args:
        census: its path as the study names it.
        columns: file column by contract column.
        rivals: of a contract column, the other file columns that it could be.
        unused: file columns that are neither.
        years: in order.
        digits: length of the longest industry code; None where it could not be told.
        look: what its rows show.
        notes: of it, in words.
    """

    census: str
    columns: Mapping[str, str]
    rivals: Mapping[str, Sequence[str]]
    unused: Sequence[str]
    years: Sequence[int]
    digits: int | None
    look: FirstLook
    notes: Sequence[str]

    @property
    def has_gaps(self) -> bool:
        """Whether years between the first and the last are missing."""
        return bool(self.years) and len(self.years) != self.years[-1] - self.years[0] + 1


def study_text(facts: CensusFacts) -> str:
    """The study, with TODO at every choice that only the researcher can make."""
    digits = facts.digits or 4
    first, last = (facts.years[0], facts.years[-1]) if facts.years else (0, 0)
    exports, value_added = "exports" in facts.columns, "value_added" in facts.columns
    rules = ["both_ends", "domestic_both_ends"] + ["every_year"] * (not facts.has_gaps)
    choices = {
        "notes": "".join(f"{line}\n" for line in _seen(facts.notes)),
        "census": toml_value(facts.census),
        "digits": digits,
        "digits_note": "as found" if facts.digits else f"{TODO} length of the codes",
        "group_digits": min(2, digits),
        "columns": "\n".join(_column_lines(facts)),
        "unused": ", ".join(facts.unused) or "none",
        "optional_rules": _optional_rules(has_exports=exports, has_value_added=value_added),
        "start": first,
        "end": last,
        "window_note": f"the census has {year_ranges(facts.years) or 'no year that was found'}",
        "years": f"[{first}, {last}]",
        "continuing": toml_value(rules),
        "annual": toml_value(not facts.has_gaps),
        "numerator": toml_value("value_added" if value_added else "sales"),
        "imports": '["exports"]' if exports else "[]",
        "more": "\n\n".join(_sections(exports=exports, last=last)),
    }
    return Template(_TEMPLATE).substitute(choices)


def _seen(notes: Sequence[str]) -> Iterator[str]:
    if notes:
        yield "#"
    for note in notes:
        yield from _comment(f"Seen: {note}.")


def _comment(text: str) -> list[str]:
    return wrap(
        text,
        _WIDTH,
        initial_indent="# ",
        subsequent_indent="#   ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _column_lines(facts: CensusFacts) -> Iterator[str]:
    for name in (*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS):
        if name in facts.columns:
            yield f"{name} = {toml_value(facts.columns[name])}"
            yield from _rival_lines(facts, name)
        elif name in REQUIRED_COLUMNS:
            yield f'{name} = ""      # {TODO} required; which column?'
        else:
            yield f'# {name} = "..."'


def _rival_lines(facts: CensusFacts, name: str) -> list[str]:
    """The question which of several columns is meant; empty where there is one."""
    rivals = facts.rivals.get(name, ())
    if not rivals:
        return []
    told = f"{TODO} or {', '.join(map(toml_value, rivals))}?"
    if name == "sales":
        told += _shares_above(facts.look, [facts.columns[name], *rivals])
    return _comment(told)


def _shares_above(look: FirstLook, candidates: Sequence[str]) -> str:
    """What each candidate for sales gives for the share of rows with exports above sales.

    Example:
        >>> look = FirstLook()
        >>> look.compared.update({"output": 200, "turnover": 200})
        >>> look.above["output"] = 3
        >>> _shares_above(look, ["output", "turnover"])
        ' Exports are above "output" in 1.50, above "turnover" in 0.00 percent of rows.'
    """
    shares = {name: look.share_above(name) for name in candidates}
    known = [
        f"above {toml_value(name)} in {100 * x:.2f}" for name, x in shares.items() if x is not None
    ]
    return f" Exports are {', '.join(known)} percent of rows." if known else ""


def _optional_rules(*, has_exports: bool, has_value_added: bool) -> str:
    lines = []
    if has_exports:
        lines += ['invalid_exports = "stop"', 'exports_above_sales = "stop"']
        lines.append('missing_exports = "stop"')
    if has_value_added:
        lines.append('invalid_value_added = "keep"')
    return "\n".join(lines)


def _sections(*, exports: bool, last: int) -> Iterator[str]:
    """Further sections as comments, each with what it makes; all that the columns allow."""
    yield _JOINT
    yield _DECOMPOSITION
    if exports:
        yield Template(_SIZE_FITS).substitute(last=last)
        yield Template(_REGRESSIONS).substitute(last=last)
        yield _RESTRICTION
        yield _CURVES
    yield _UNCERTAINTY


_TEMPLATE = """\
# Proposed by `tradegains init`. Look at every line, settle what is marked TODO, then
#
#   tradegains check THIS_FILE          everything that is wrong, at once
#   tradegains run THIS_FILE --output DIR
$notes
[study]
name = "study"          # TODO: a short name (letters, digits, _)
title = "Study"         # TODO: as it should stand on the report
source = "TODO: where the census comes from"

[inputs]
census = $census
# Optional tables, Parquet or CSV; without one the results that need it are left out:
# imports = "imports.csv"           # industry, year, value
# tariff_cuts = "tariff_cuts.csv"   # industry, cut [percentage points]
# prices = "prices.csv"             # year, index and, for prices = "industry", industry
# elasticities = "elasticities.csv" # industry, sigma

[census]
money_unit = "TODO: thousand euros, ..."
industry_digits = $digits             # $digits_note
industry_group_digits = $group_digits       # industry groups are the first digits of a code
extra_columns = []              # for conditions; not used so far: $unused

[census.columns]
$columns

# "stop" the run, "quarantine" the row, or "keep" it. A quarantined row counts nowhere: in a window
# of which it is an end, its establishment then looks like one that enters or exits.
[census.rules]                  # TODO: what becomes of rows that break a rule
missing_id = "stop"
duplicate = "stop"
invalid_employment = "stop"
invalid_sales = "stop"
invalid_industry = "stop"
$optional_rules

# Pairs of years to compare; $window_note.
[[windows]]
name = "whole"
start = $start                    # TODO: windows before and after the change you study
end = $end

# [[windows]]
# name = "before"
# start = ...
# end = ...
# scale_to_years = ...          # to compare windows of unequal length

[matching]
# both_ends: there in both years; domestic_both_ends: and selling at home in both; every_year: and
# in every year between. The first is the headline, the others a sensitivity table.
continuing = $continuing
industry_at = "own_year"        # or "start", "end": where establishments change industry
annual = $annual                   # demography between consecutive years; needs every year between

[productivity]
numerator = $numerator
denominator = "employment"
prices = "none"                 # TODO: "industry" or "economy" with a price index; "none": nominal
median_base = ["same_year", "base_year", "pooled"]
bin_width = 0.1                 # of histograms [log points]
years = $years

# [[populations]]               # groups to describe besides exporters, entrants, ...
# name = "large"
# where = "employment >= 200"
# title = "200 or more jobs"

[trade]
imports = $imports              # TODO: "table" with an imports table; "exports": balanced trade

[welfare]
windows = ["whole"]
# difference = ["after", "before"]
sigma = 3.72                    # TODO: elasticity of substitution; this is Hsieh et al. (2023)
trade_elasticity = 4.71         # TODO: trade elasticity of the ACR formula; likewise
levels = ["total", "industry2"]

[dispersion]                    # spread of productivity within industries
n_min = 10                      # establishments that an industry must have

[job_flows]                     # jobs created and destroyed
productivity_quartiles = false

# What more these columns allow, with choices that are yours: take away the # of what you want.
# All of it is described in docs/study.md.

$more
"""

_JOINT = """\
# [joint_distribution]          # by size class and group of productivity
# size_edges = [20, 50, 100, 200, 500]
# productivity_groups = 5
# weighting = "unweighted"      # or "employment"\
"""

_DECOMPOSITION = """\
# [decomposition]               # productivity growth: within, between, entry, exit
# windows = ["whole"]
# shares = ["employment", "sales"]
# methods = ["bhc", "fhk", "gr", "bg", "df", "mp", "olley_pakes"]
# levels = ["total", "industry2"]\
"""

_SIZE_FITS = """\
# [size_fits]                   # log-normal and Pareto fits of sizes
# year = $last
# window = "whole"
# bin_width = 0.25\
"""

_REGRESSIONS = """\
# [regressions]                 # exporter premium and exit; with tariffs also export entry
# premium_years = [$last]
# exit_windows = ["whole"]
# exit_effects = "industry2"
# entry_windows = []
# entry_effects = "none"
# entry_controls = []
# growth_effects = "industry2"
# growth_controls = []
# growth_clusters = "establishment"\
"""

_RESTRICTION = """\
# [[restrictions]]              # the statistic for some of the continuing establishments
# name = "nonexporting"
# where = "exports = 0"
# title = "Continuing establishments that did not export in the first year"\
"""

_CURVES = """\
# [welfare.curves]              # the formulas over a range of elasticities
# rank_by = []                  # "tariff_cut", "sigma" with their inputs
# elasticity_from = 1.0
# elasticity_to = 9.0
# elasticity_step = 0.1
# published_elasticities = true\
"""

_UNCERTAINTY = """\
# [uncertainty]                 # standard errors and intervals
# groups = 100
# level = 0.95
# unit = "establishment"
# salt = "study"
# most_undefined = 0.05\
"""
