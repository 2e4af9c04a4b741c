"""What tariff cuts did to productivity, as rows of the table `tariff_effects`.

Decision: every effect is a slope times a mean cut, weighted by sales of the window's first year,
and says over what it was estimated. A component of Melitz and Trefler's Table 2 has its name in
`accounting`; where a part is missing the number is null and the note says which.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tradegains.formulas.linear_algebra import SingularError
from tradegains.formulas.outcomes import joined_notes
from tradegains.formulas.weighted_least_squares import WeightedFit, weighted_fit
from tradegains.results.growth import Prices
from tradegains.results.market_cells import MarketCells
from tradegains.study import Study, Window
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
    """A slope on a cut, what it was estimated on, and the mean cut weighted by sales."""

    kind: str
    value: float | None
    error: float | None
    mean_cut: float | None
    observations: int
    clusters: int | None = None
    counts: Mapping[str, int | None] | None = None
    note: str = ""

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
        "note": slope.note or None,
    }


def of_effect(
    window: Window, result: str, unit: str, found: tuple[float | None, float | None], **columns: Any
) -> Row:
    """A row of an effect that is no slope times a cut."""
    effect, error = found
    blank = Slope(columns.pop("kind"), None, None, None, columns.pop("observations", 0))
    share, note = columns.get("share"), columns.pop("note", "")
    row = effect_row(window, result, unit, blank, outcome="log_productivity", **columns)
    return row | {
        "effect": effect,
        "standard_error": error,
        "contribution": _times(effect, share),
        "contribution_standard_error": _times(error, share),
        "note": note or None,
    }


# --- industries -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Industries:
    """Acceleration, cuts, weights and sales of industries seen at both ends of both windows."""

    acceleration: Sequence[float]
    cuts: Sequence[tuple[float, ...]]
    weights: Sequence[float]
    sales: Sequence[float]
    left_out: int


def industry_rows(
    study: Study, cells: MarketCells, small: Mapping[str, Sequence[Mapping[str, Any]]]
) -> list[Row]:
    """Rows of the double difference over 4-digit industries, by kind of cut and of both."""
    asked = study.tariff_effects
    assert asked is not None
    window = study.window(asked.after)
    kinds = [kind for kind in (HOME, FOREIGN) if kind in asked.kinds]
    found = _industries(study, cells, small, kinds)
    note = joined_notes(
        f"{found.left_out} industries without a cut, a price or output at an end left out"
        if found.left_out
        else "",
        NO_CONTROLS,
        NOMINAL if study.productivity.prices == "none" else "",
    )
    fit = _fit(found, kinds)
    columns: dict[str, Any] = {
        "outcome": "log_productivity",
        "errors": "hc3",
        "weights": asked.industry_weights,
        "share": 1.0,
    }
    slopes = list(_industry_slopes(found, fit, kinds, note))
    rows = [
        effect_row(
            window, DOUBLE_DIFFERENCE, "industry", slope, **columns,
            accounting=SELECTION if slope.kind == HOME else None,
        )
        for slope in slopes
    ]  # fmt: skip
    if len(kinds) < 2:
        return rows
    means = [100.0 * (slope.mean_cut or 0.0) for slope in slopes]
    both = fit.of_sum([0.0, *means]) if fit else (None, None)
    del columns["outcome"]
    columns |= {"kind": BOTH, "observations": len(found.sales), "note": note}
    return [*rows, of_effect(window, DOUBLE_DIFFERENCE, "industry", both, **columns)]


def _fit(found: Industries, kinds: Sequence[str]) -> WeightedFit | None:
    if len(found.sales) <= len(kinds) + 1:
        return None
    try:
        return weighted_fit(found.cuts, found.acceleration, found.weights)
    except SingularError:
        return None


def _industry_slopes(
    found: Industries, fit: WeightedFit | None, kinds: Sequence[str], note: str
) -> Iterator[Slope]:
    total = math.fsum(found.sales)
    for place, kind in enumerate(kinds):
        weighted = math.fsum(s * c[place] for s, c in zip(found.sales, found.cuts, strict=True))
        mean = weighted / total if total else None
        picked = [float(at == place + 1) for at in range(len(kinds) + 1)]
        value, error = fit.of_sum(picked) if fit else (None, None)
        why = "" if fit else "no slope: too few industries, or cuts that go together"
        told = joined_notes(why, note)
        yield Slope(kind, value, error, mean, len(found.sales), None, None, told)


def _industries(
    study: Study,
    cells: MarketCells,
    small: Mapping[str, Sequence[Mapping[str, Any]]],
    kinds: Sequence[str],
) -> Industries:
    asked = study.tariff_effects
    assert asked is not None
    before, after = study.window(asked.before), study.window(asked.after)
    pace = (after.end - after.start) / (before.end - before.start)
    years = (before.start, before.end, after.start, after.end)
    sums = {year: cells.of_year(year).amounts_by_code(cells.of_year(year)[w.INDUSTRY])
            for year in years}  # fmt: skip
    prices = Prices.of(small["prices"] if study.productivity.prices != "none" else ())
    cut_of = {kind: _Lookup.of(small["tariff_cuts"], kind) for kind in kinds}
    scale = float(after.end - after.start) if study.tariffs.per == "year" else 1.0
    lines, left_out = [], 0
    for code in sorted({code for found in sums.values() for code in found if code}):
        logs = [_log_output(study, sums[year].get(code), prices, (code, year)) for year in years]
        cuts = [cut_of[kind].at(code) for kind in kinds]
        if None in logs or None in cuts:
            left_out += 1
            continue
        first = sums[after.start][code]
        growth = (logs[3] - logs[2]) - pace * (logs[1] - logs[0])  # type: ignore[operator]
        sizes = {"employment": first.employment, "sales": first.sales, "unweighted": 1}
        weight = float(sizes[asked.industry_weights])
        if weight <= 0.0:
            left_out += 1
            continue
        known = tuple(cut / scale for cut in cuts if cut is not None)
        lines.append((growth, known, weight, float(first.sales)))
    growths, all_cuts, weights, sales = zip(*lines, strict=True) if lines else ((), (), (), ())
    return Industries(growths, all_cuts, weights, sales, left_out)


def _log_output(study: Study, amounts: Any, prices: Prices, at: tuple[str, int]) -> float | None:
    """Log of real output per job of an industry; None where it has none."""
    if amounts is None or amounts.employment <= 0:
        return None
    output = getattr(amounts, study.productivity.numerator)
    index = prices.at(*at) if study.productivity.prices == "industry" else prices.at(None, at[1])
    if study.productivity.prices == "none":
        index = 1.0
    if output <= 0 or index is None:
        return None
    return math.log(output / amounts.employment) - math.log(index)


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
        yield of_effect(
            window, LESS_PLANT, "industry", (value, error), kind=kind, errors="hc3", note=note
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
                errors=row["errors"],
                share=share,
                accounting=NEW_EXPORTERS,
                note="share: output of those that start, in the window's first year",
            )


def _of_all(window: Window, entries: Sequence[Row]) -> list[Row]:
    return [e for e in entries if e["window"] == window.name and e["quartile"] is None]


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
        errors="information",
        share=1.0,
        accounting=COMPOSITION,
        note=note,
    )
