"""What tariff cuts did to productivity, as rows of the table `tariff_effects`.

Decision: every effect is a slope times a mean cut, weighted by sales of the window's first year,
and says over what it was estimated. A component of Melitz and Trefler's Table 2 has its name in
`accounting`; where a part is missing the number is null and the note says which.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tradegains.formulas.linear_algebra import SingularError
from tradegains.formulas.outcomes import joined_notes
from tradegains.formulas.weighted_least_squares import (
    WeightedFit,
    leaving_out_groups,
    weighted_fit,
)
from tradegains.results.growth import Prices
from tradegains.results.market_cells import MarketCells
from tradegains.results.regressions import ErrorBasis
from tradegains.study import RegressionErrors, Study, Window
from tradegains.tables import working as w

Row = dict[str, Any]
DOUBLE_DIFFERENCE, LESS_PLANT = "double_difference", "industry_less_plant"
EXISTING_EXPORTERS, INPUTS = "existing_exporters", "intermediate_inputs"
NEW_EXPORTERS, COMPOSITION = "new_exporters", "export_composition"
SELECTION = "selection"
HOME, FOREIGN, INPUT, BOTH = "home", "foreign", "input", "home_and_foreign"
NOMINAL = "nominal: without a price index inflation is part of the growth"
NO_CONTROLS = "no controls for business conditions or for the partner's same industry"


@dataclass(frozen=True)
class Slope:
    """A slope on a cut, what it was estimated on, and the mean cut weighted by sales.

    `degrees` are those of Student's t; None for the normal distribution.
    """

    kind: str
    value: float | None
    error: float | None
    mean_cut: float | None
    observations: int
    clusters: int | None = None
    counts: Mapping[str, int | None] | None = None
    note: str = ""
    degrees: int | None = None

    @property
    def effect(self) -> float | None:
        """Slope times the mean cut [percent]."""
        return _times(self.value, self.mean_cut, 100.0)

    @property
    def effect_error(self) -> float | None:
        """Of the effect, the mean cut taken as given."""
        found = _times(self.error, self.mean_cut, 100.0)
        return None if found is None else abs(found)


def _times(*factors: float | None) -> float | None:
    product = 1.0
    for factor in factors:
        if factor is None:
            return None
        product *= factor
    return product


def effect_row(
    window: Window,
    result: str,
    unit: str,
    slope: Slope,
    *,
    outcome: str,
    errors: str,
    weights: str = "unweighted",
    share: float | None = None,
    accounting: str | None = None,
) -> Row:
    """A row of `tariff_effects`: a slope, its effect, and what that adds to all output."""
    counts = slope.counts or dict.fromkeys(("own_cuts", "industry_cuts", "without_cut"))
    return {
        "window": window.name,
        "result": result,
        "unit": unit,
        "kind": slope.kind,
        "outcome": outcome,
        "slope": slope.value,
        "slope_standard_error": slope.error,
        "mean_cut": slope.mean_cut,
        "effect": slope.effect,
        "standard_error": slope.effect_error,
        "output_share": share,
        "contribution": _times(slope.effect, share),
        "contribution_standard_error": _times(slope.effect_error, share),
        "observations": slope.observations,
        "clusters": slope.clusters,
        "errors": errors,
        "weights": weights,
        **counts,
        "accounting": accounting,
        _DEGREES: slope.degrees,
        "note": slope.note or None,
    }


def of_effect(
    window: Window, result: str, unit: str, found: tuple[float | None, float | None], **columns: Any
) -> Row:
    """A row of an effect that is no slope times a cut; `degrees` and `clusters` as of a slope."""
    effect, error = found
    blank = Slope(
        columns.pop("kind"), None, None, None, columns.pop("observations", 0),
        clusters=columns.pop("clusters", None), degrees=columns.pop("degrees", None),
    )  # fmt: skip
    share, note = columns.get("share"), columns.pop("note", "")
    row = effect_row(window, result, unit, blank, outcome="log_productivity", **columns)
    return row | {
        "effect": effect,
        "standard_error": error,
        "contribution": _times(effect, share),
        "contribution_standard_error": _times(error, share),
        "note": note or None,
    }


ALL_INPUTS = "all inputs, not those from the partner alone"


def telling_inputs(study: Study, rows: Sequence[Row], column: str) -> list[Row]:
    """The rows, whose notes say of cuts of inputs that they are of all inputs, if they are.

    Args:
        study: whose cuts may be the partner's, or given; then nothing is said.
        rows: of a table with a column `note`.
        column: which names the kind of tariff, alone or as a regressor.
    """
    if study.tariffs.input_sources != "all":
        return list(rows)
    of_inputs = (INPUT, f"{INPUT}_cut")
    return [
        row | {"note": joined_notes(row["note"] or "", ALL_INPUTS)}
        if row[column] in of_inputs
        else row
        for row in rows
    ]


_DEGREES = "degrees_of_freedom"


def with_tests(rows: Sequence[Row], stated: RegressionErrors | None) -> list[Row]:
    """The rows with the test that the effect is 0 and its interval, where the study states errors.

    Without, they have neither, nor degrees of freedom. Mean cut and share are taken as given, so
    that a test of the effect is one of the slope.
    """
    found = []
    for row in rows:
        basis = ErrorBasis(row["clusters"], row[_DEGREES])
        columns = basis.columns(stated, row["effect"], row["standard_error"])
        columns.pop("variance", None)
        kept = {name: value for name, value in row.items() if name != _DEGREES}
        note = joined_notes(row["note"] or "", basis.note(stated))
        found.append(kept | columns | {"note": note or None})
    return found


# --- industries -----------------------------------------------------------------------------------


LogOfOutcome = Callable[[Study, Any, float | None], float | None]
"""Log of an outcome by study, amounts and price index; None where there is none."""


@dataclass(frozen=True)
class IndustryOutcome:
    """What is explained over industries, and the size by which cuts of industries are averaged.

    An effect on productivity or output is one on sales' industries, one on jobs or on numbers of
    establishments is weighted by these: it is then the part of them that came or went.
    """

    result: str
    name: str
    log: LogOfOutcome
    size: str


@dataclass(frozen=True)
class Industries:
    """Acceleration, cuts, controls, weights and sizes of industries at all ends of both windows.

    `groups` are the industries' groups where errors leave these out one by one; else None.
    """

    acceleration: Sequence[float]
    cuts: Sequence[tuple[float, ...]]
    controls: Sequence[tuple[float, ...]]
    weights: Sequence[float]
    sizes: Sequence[float]
    left_out: int
    groups: Sequence[str] | None = None

    @property
    def errors(self) -> str:
        """What errors are called."""
        return "hc3" if self.groups is None else "cv3"

    @property
    def clusters(self) -> int | None:
        """How many groups errors are of; None where industries are on their own."""
        return len(set(self.groups)) if self.groups else None

    @property
    def regressors(self) -> list[tuple[float, ...]]:
        """Cuts, then controls."""
        return [(*a, *b) for a, b in zip(self.cuts, self.controls, strict=True)]

    def mean_cut(self, place: int, chosen: Sequence[bool]) -> float | None:
        """Mean of a kind's cut over the chosen industries, by their size."""
        lines = zip(self.sizes, self.cuts, chosen, strict=True)
        picked = [(size, cuts[place]) for size, cuts, is_in in lines if is_in]
        total = math.fsum(size for size, _ in picked)
        return math.fsum(size * cut for size, cut in picked) / total if total else None

    def deepest(self, place: int, share: float) -> list[bool]:
        """The industries with the deepest cuts of a kind, those that tie with the last included."""
        ranked = sorted((cuts[place] for cuts in self.cuts), reverse=True)
        number = max(1, math.floor(share * len(ranked) + 0.5))
        return [cuts[place] >= ranked[number - 1] for cuts in self.cuts] if ranked else []


def industry_rows(
    study: Study, cells: MarketCells, small: Mapping[str, Sequence[Mapping[str, Any]]]
) -> list[Row]:
    """Rows of the double difference over 4-digit industries, by kind of cut and of both.

    Of productivity, and of the further outcomes that the study asks for; of these also in the
    industries with the deepest home cuts, where it states how many those are.
    """
    asked = study.tariff_effects
    assert asked is not None
    outcomes = [PRODUCTIVITY, *(OUTCOMES[name] for name in asked.outcomes or ())]
    ends = _FourYears.of(study, cells, small)
    return [row for outcome in outcomes for row in _rows_of_outcome(study, ends, outcome)]


def _rows_of_outcome(study: Study, ends: "_FourYears", outcome: IndustryOutcome) -> Iterator[Row]:
    asked = study.tariff_effects
    assert asked is not None
    found = _industries(study, ends, outcome)
    fit = _fit(found)
    told = _note(study, found, outcome)
    everyone = [True] * len(found.sizes)
    yield from _effects(study, outcome, (found, fit), (outcome.result, everyone, told))
    if outcome is PRODUCTIVITY or asked.deepest is None or HOME not in ends.kinds:
        return
    chosen = found.deepest(ends.kinds.index(HOME), asked.deepest)
    where = f"in the {sum(chosen)} of {len(chosen)} industries with the deepest home cuts"
    told = joined_notes(where, told)
    yield from _effects(study, outcome, (found, fit), (f"{outcome.result}_deepest", chosen, told))


def _effects(
    study: Study,
    outcome: IndustryOutcome,
    estimated: tuple[Industries, WeightedFit | None],
    of_whom: tuple[str, Sequence[bool], str],
) -> Iterator[Row]:
    """A row per kind, and one of both, with the mean cuts of the chosen industries."""
    asked = study.tariff_effects
    assert asked is not None
    window = study.window(asked.after)
    kinds = [kind for kind in (HOME, FOREIGN) if kind in asked.kinds]
    (found, fit), (result, chosen, note) = estimated, of_whom
    columns: dict[str, Any] = {
        "errors": found.errors,
        "weights": asked.industry_weights,
        "share": 1.0 if outcome is PRODUCTIVITY else None,
    }
    slopes = [_industry_slope(found, fit, (place, kind), (chosen, note))
              for place, kind in enumerate(kinds)]  # fmt: skip
    selection = SELECTION if outcome is PRODUCTIVITY else None
    for slope in slopes:
        yield effect_row(
            window, result, "industry", slope, **columns, outcome=outcome.name,
            accounting=selection if slope.kind == HOME else None,
        )  # fmt: skip
    if len(kinds) < 2:
        return
    means = [100.0 * (slope.mean_cut or 0.0) for slope in slopes]
    none = [0.0] * (len(fit.coefficients) - 1 - len(means)) if fit else []
    both = fit.of_sum([0.0, *means, *none]) if fit else (None, None)
    columns |= {"kind": BOTH, "observations": len(found.sizes), "note": note}
    columns |= {"degrees": _degrees(found, fit), "clusters": found.clusters}
    yield of_effect(window, result, "industry", both, **columns) | {"outcome": outcome.name}


def _note(study: Study, found: Industries, outcome: IndustryOutcome) -> str:
    """Who is left out, which controls there are, and whether inflation is in the outcome."""
    asked = study.tariff_effects
    names = asked.industry_controls or () if asked else ()
    is_nominal = study.productivity.prices == "none" and outcome in (PRODUCTIVITY, OUTPUT)
    lacking = "a cut, a price or output" if outcome is PRODUCTIVITY else "a cut or the outcome"
    lacking += ", or a control," if names else ""
    return joined_notes(
        f"{found.left_out} industries without {lacking} at an end left out"
        if found.left_out
        else "",
        f"controls: {', '.join(names)}" if names else NO_CONTROLS,
        NOMINAL if is_nominal else "",
    )


def _fit(found: Industries) -> WeightedFit | None:
    rows = found.regressors
    if len(rows) <= len(rows[0] if rows else ()) + 1:
        return None
    try:
        if found.groups is not None:
            return leaving_out_groups(rows, found.acceleration, found.weights, found.groups)
        return weighted_fit(rows, found.acceleration, found.weights)
    except SingularError:
        return None


def _industry_slope(
    found: Industries,
    fit: WeightedFit | None,
    of_kind: tuple[int, str],
    of_whom: tuple[Sequence[bool], str],
) -> Slope:
    (place, kind), (chosen, note) = of_kind, of_whom
    value, error = None, None
    if fit:
        picked = [float(at == place + 1) for at in range(len(fit.coefficients))]
        value, error = fit.of_sum(picked)
    why = "" if fit else "no slope: too few industries, or cuts that go together"
    mean = found.mean_cut(place, chosen)
    told, degrees = joined_notes(why, note), _degrees(found, fit)
    return Slope(kind, value, error, mean, len(found.sizes), found.clusters, None, told, degrees)


def _degrees(found: Industries, fit: WeightedFit | None) -> int | None:
    """Industries less coefficients, as packages take them beside HC3; groups less one of CV3."""
    if found.clusters is not None:
        return found.clusters - 1 if fit else None
    return len(found.sizes) - len(fit.coefficients) if fit else None


@dataclass(frozen=True)
class _FourYears:
    """Sums of industries in the four years that two windows begin and end, and what explains.

    `controls` are by variable, and then by industry and year.
    """

    years: tuple[int, int, int, int]
    sums: Mapping[int, Mapping[str | None, Any]]
    prices: Prices
    kinds: Sequence[str]
    cuts: Mapping[str, "_Lookup"]
    controls: Mapping[str, Prices]
    cut_years: float

    @staticmethod
    def of(
        study: Study, cells: MarketCells, small: Mapping[str, Sequence[Mapping[str, Any]]]
    ) -> "_FourYears":
        asked = study.tariff_effects
        assert asked is not None
        before, after = study.window(asked.before), study.window(asked.after)
        years = (before.start, before.end, after.start, after.end)
        kinds = [kind for kind in (HOME, FOREIGN) if kind in asked.kinds]
        return _FourYears(
            years,
            {year: cells.of_year(year).amounts_by_code(cells.of_year(year)[w.INDUSTRY])
             for year in years},
            Prices.of(small["prices"] if study.productivity.prices != "none" else ()),
            kinds,
            {kind: _Lookup.of(small["tariff_cuts"], kind) for kind in kinds},
            {name: _control(small["industry_controls"], name)
             for name in asked.industry_controls or ()},
            float(after.end - after.start) if study.tariffs.per == "year" else 1.0,
        )  # fmt: skip

    @property
    def pace(self) -> float:
        """How much longer the later window is."""
        first, middle, start, last = self.years
        return (last - start) / (middle - first)

    def accelerated(self, values: Sequence[float | None]) -> float | None:
        """Growth over the later window beyond the pace of the earlier one."""
        known = [value for value in values if value is not None]
        if len(known) < len(self.years):
            return None
        return (known[3] - known[2]) - self.pace * (known[1] - known[0])

    def price(self, study: Study, code: str, year: int) -> float | None:
        """The price index of an industry and year; 1 where nothing is deflated."""
        if study.productivity.prices == "none":
            return 1.0
        is_own = study.productivity.prices == "industry"
        return self.prices.at(code, year) if is_own else self.prices.at(None, year)


def _control(rows: Sequence[Mapping[str, Any]], name: str) -> Prices:
    """A variable by industry and year, found as prices are."""
    return Prices.of([{**row, "index": row["value"]} for row in rows if row["variable"] == name])


def _industries(study: Study, ends: _FourYears, outcome: IndustryOutcome) -> Industries:
    asked = study.tariff_effects
    assert asked is not None
    lines, left_out, digits = [], 0, study.census.industry_group_digits
    for code in sorted({code for found in ends.sums.values() for code in found if code}):
        growth = ends.accelerated([_log(study, ends, outcome, (code, y)) for y in ends.years])
        cuts = [ends.cuts[kind].at(code) for kind in ends.kinds]
        controls = [
            ends.accelerated([values.at(code, year) for year in ends.years])
            for values in ends.controls.values()
        ]
        first = ends.sums[ends.years[2]].get(code)
        weight = 0.0 if first is None else _size(first, asked.industry_weights)
        if growth is None or None in cuts or None in controls or weight <= 0.0:
            left_out += 1
            continue
        known = tuple(cut / ends.cut_years for cut in cuts if cut is not None)
        others = tuple(each for each in controls if each is not None)
        lines.append((growth, known, others, weight, _size(first, outcome.size), code[:digits]))
    growths, all_cuts, held, weights, sizes, codes = zip(*lines, strict=True) if lines else [()] * 6
    groups = codes if asked.industry_errors == "cv3" else None
    return Industries(growths, all_cuts, held, weights, sizes, left_out, groups)


def _size(amounts: Any, by: str) -> float:
    return 1.0 if by == "unweighted" else float(getattr(amounts, by))


def _log(
    study: Study, ends: _FourYears, outcome: IndustryOutcome, at: tuple[str, int]
) -> float | None:
    code, year = at
    amounts, price = ends.sums[year].get(code), ends.price(study, code, year)
    return None if amounts is None else outcome.log(study, amounts, price)


def _log_productivity(study: Study, amounts: Any, price: float | None) -> float | None:
    """Log of real output per job of an industry; None where it has none."""
    output = getattr(amounts, study.productivity.numerator)
    if amounts.employment <= 0 or output <= 0 or price is None:
        return None
    return math.log(output / amounts.employment) - math.log(price)


def _log_output(study: Study, amounts: Any, price: float | None) -> float | None:
    output = getattr(amounts, study.productivity.numerator)
    return math.log(output) - math.log(price) if output > 0 and price is not None else None


def _log_employment(_: Study, amounts: Any, __: float | None) -> float | None:
    return math.log(amounts.employment) if amounts.employment > 0 else None


def _log_establishments(_: Study, amounts: Any, __: float | None) -> float | None:
    return math.log(amounts.establishments) if amounts.establishments > 0 else None


PRODUCTIVITY = IndustryOutcome(DOUBLE_DIFFERENCE, "log_productivity", _log_productivity, "sales")
OUTPUT = IndustryOutcome("output", "log_output", _log_output, "sales")
OUTCOMES = {
    "employment": IndustryOutcome("employment", "log_employment", _log_employment, "employment"),
    "output": OUTPUT,
    "establishments": IndustryOutcome(
        "establishments", "log_establishments", _log_establishments, "establishments"
    ),
}
"""Further outcomes of industries that a study may ask for."""


@dataclass(frozen=True)
class _Lookup:
    """Cuts of one kind by industry codes of one length."""

    cuts: Mapping[str, float]
    digits: int

    @staticmethod
    def of(rows: Sequence[Mapping[str, Any]], kind: str) -> "_Lookup":
        cuts = {row["industry"]: row["cut"] for row in rows if row.get("kind", HOME) == kind}
        return _Lookup(cuts, max(map(len, cuts), default=0))

    def at(self, code: str) -> float | None:
        return self.cuts.get(code[: self.digits])


# --- what follows from other results -------------------------------------------------------------


def industry_less_plant(window: Window, rows: Sequence[Row]) -> Iterator[Row]:
    """Of each kind, the effect over industries less that within establishments."""
    found = {(row["unit"], row["kind"]): row for row in rows if row["result"] == DOUBLE_DIFFERENCE}
    for kind in (HOME, FOREIGN):
        pair = [found.get((unit, kind)) for unit in ("industry", "establishment")]
        if None in pair:
            continue
        effects = [row["effect"] for row in pair if row]
        errors = [row["standard_error"] for row in pair if row]
        value = None if None in effects else effects[0] - effects[1]
        error = None if None in errors else math.hypot(*errors)
        note = "the errors of the two are taken as independent"
        named = next(row["errors"] for row in pair if row)
        yield of_effect(
            window, LESS_PLANT, "industry", (value, error), kind=kind, errors=named, note=note
        )


def new_exporters(
    window: Window, kind: str, regressions: Sequence[Row], entries: Sequence[Row]
) -> Iterator[Row]:
    """What starting to export because of the cut adds: two-stage effect times starters' output."""
    for row in regressions:
        named = (row["window"], row["model"], row["sample"], row["term"], row["outcome"])
        if named == (window.name, "two_stage", "all", "export_start", "log_productivity_growth"):
            share = next((e["starter_output_share"] for e in _of_all(window, entries)), None)
            found = (_times(row["coefficient"], 100.0), _times(row["standard_error"], 100.0))
            yield of_effect(
                window,
                NEW_EXPORTERS,
                "establishment",
                found,
                kind=kind,
                observations=row["observations"],
                degrees=row.get(_DEGREES),
                errors=row["errors"],
                share=share,
                accounting=NEW_EXPORTERS,
                note="share: output of those that start, in the window's first year",
            )


def _of_all(window: Window, entries: Sequence[Row]) -> list[Row]:
    return [e for e in entries if e["window"] == window.name and e["quartile"] is None]


def _errors_of_probit(window: Window, regressions: Sequence[Row]) -> str:
    """What the errors of the probabilities due to the cut are called."""
    named = (window.name, "entry_probit")
    found = (r["errors"] for r in regressions if (r["window"], r["model"]) == named)
    return next(found, "information")


def export_composition(
    window: Window, regressions: Sequence[Row], entries: Sequence[Row]
) -> Iterator[Row]:
    """What cuts add by moving output to exporters: its share due to them, times the premium."""
    quartiles = [e for e in entries if e["window"] == window.name and e["quartile"] is not None]
    named = ("exporter_premium", "employment", "exporter")
    premium = next(
        (r for r in regressions if (r["model"], r["weighting"], r["term"]) == named), None
    )
    if not quartiles or premium is None:
        return
    parts = [_times(e["probability_due_to_cut"], e["output_share"]) for e in quartiles]
    errors = [_times(e["probability_standard_error"], e["output_share"]) for e in quartiles]
    beta, beta_error = premium["coefficient"], premium["standard_error"]
    found: tuple[float | None, float | None] = (None, None)
    note = "output due to the cut moves from non-exporters to exporters, quartile by quartile"
    if None in parts or None in errors or beta is None or beta_error is None:
        note = "no number: a quartile's probability due to the cut, or the premium, is missing"
    else:
        moved = math.fsum(part for part in parts if part is not None)
        spread = math.hypot(*(error for error in errors if error is not None))
        found = (100.0 * moved * beta, 100.0 * math.hypot(spread * beta, moved * beta_error))
    yield of_effect(
        window,
        COMPOSITION,
        "establishment",
        found,
        kind=quartiles[0]["cut"] or FOREIGN,
        observations=sum(e["probit_establishments"] for e in quartiles),
        errors=_errors_of_probit(window, regressions),
        share=1.0,
        accounting=COMPOSITION,
        note=note,
    )
