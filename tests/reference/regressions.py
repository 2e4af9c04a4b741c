"""Regressions of Melitz and Trefler from rows: who is in them, and the rows of their tables.

A note here holds only the reasons for what is missing; `comparison` looks for them in the words of
the published one.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

from reference.distributions import Productivity, quartile_cuts
from reference.estimates import Linear, Probit, linear_model, probit
from reference.matching import present
from reference.rows import Row, fixed, is_amount, is_rounded

GROWTH, START = "log_productivity_growth", "export_start"
HOME = "home"
RELATIVE, SIZE = "relative_productivity", "log_employment"

Labels = dict[str, Any]
Sample = list[dict[str, Any]]


class Cuts:
    """Tariff cuts of each kind: an establishment's own, its industry's where that may stand in."""

    def __init__(self, study: Any, small: Any) -> None:
        self.study = study
        self.industry: dict[str, dict[str, float]] = defaultdict(dict)
        self.bought = small.input_output or ()
        self.own: dict[str, dict[tuple[str, int | None], float]] = {}
        self.shares: dict[str, dict[tuple[str, int | None], dict[str, Fraction]]] = {}
        for row in small.tariff_cuts or ():
            self.industry[row.get("kind", HOME)][row["industry"]] = self.size(row)
        for row in small.input_output or ():
            length = len(next(iter(self.industry[HOME])))
            share = row["share"] * row.get("partner_share", 1.0) ** (
                study.tariffs.input_sources == "partner"
            )
            known = self.industry["input"].get(row["industry"], 0.0)
            cut = self.industry[HOME].get(row["input_industry"][:length], 0.0)
            self.industry["input"][row["industry"]] = known + share * cut
        tariffs: dict[str, dict[str, float]] = defaultdict(dict)
        for row in small.product_tariffs or ():
            kind = row.get("kind", study.tariffs.product_kind)
            tariffs[kind][row["product"]] = self.size(row)
        for kind, cuts in tariffs.items():
            self.shares[kind] = self.of_products(cuts, small.plant_products or ())
            self.own[kind] = {
                whose: float(sum(Fraction(cuts[name]) * part for name, part in parts.items()))
                for whose, parts in self.shares[kind].items()
            }
        self.known = bool(tariffs or self.industry)

    def size(self, row: Mapping[str, Any]) -> float:
        """The cut of a row: given, or the fall from one rate to another."""
        if "cut" in row:
            return row["cut"]
        is_applied = self.study.tariffs.change == "applied"
        high, low = ("before", "after") if is_applied else ("mfn", "preferential")
        if self.study.tariffs.measure == "points":
            return row[high] - row[low]
        return 100.0 * math.log((100.0 + row[high]) / (100.0 + row[low]))

    def of_products(
        self, cuts: Mapping[str, float], products: Iterable[Any]
    ) -> dict[tuple[str, int | None], dict[str, Fraction]]:
        """Shares of each establishment's products with a cut, by id and, if any, year."""
        made: dict[Any, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        choices, found = self.study.regressions, {}
        is_weighted = choices.plant_cuts == "value_weighted"
        products = list(products)
        scale = scale_of([row["value"] for row in products]) if is_weighted else 1.0
        for row in products:
            year = row.get("year")
            if row["product"] in cuts and choices.products_year in (year, "start"):
                worth = fixed(row["value"] * scale, 100.0) if is_weighted else 0
                whose = (
                    row["establishment_id"],
                    year if choices.products_year == "start" else None,
                )
                made[whose][row["product"]] += worth
        for identifier, values in made.items():
            worth = values if is_weighted else dict.fromkeys(values, 1)
            total = sum(worth.values())
            if total:
                found[identifier] = {name: Fraction(each) / total for name, each in worth.items()}
        return found

    def exposure(self, row: Row, kind: str) -> dict[str, float]:
        """Shares of products or industries whose cuts make an establishment's."""
        own = self.shares_of(row, kind)
        if own is not None:
            return {f"product {name}": float(share) for name, share in own.items()}
        cuts = self.industry[kind]
        code = next(row.industry[:n] for n in range(1, len(row.industry) + 1)
                    if row.industry[:n] in cuts)  # fmt: skip
        if kind != "input" or not self.bought:
            return {code: 1.0}
        found: dict[str, float] = defaultdict(float)
        length = len(next(iter(self.industry[HOME])))
        for bought in self.bought:
            whom, is_partner = (
                bought["input_industry"][:length],
                (self.study.tariffs.input_sources == "partner"),
            )
            share = bought["share"] * bought.get("partner_share", 1.0) ** is_partner
            if bought["industry"] == code and whom in self.industry[HOME] and share:
                found[whom] += share
        return found

    def shares_of(self, row: Row, kind: str) -> dict[str, Fraction] | None:
        """The shares of an establishment's products; None where it has no cut of its own."""
        year = row.year if self.study.regressions.products_year == "start" else None
        return self.shares.get(kind, {}).get((row.establishment_id, year))

    def of(self, row: Row, kind: str) -> tuple[float | None, bool]:
        """The cut over the window, and whether it is the establishment's own."""
        own = self.own.get(kind)
        year = row.year if self.study.regressions.products_year == "start" else None
        if own and (row.establishment_id, year) in own:
            return own[row.establishment_id, year], True
        if own is not None and self.study.regressions.without_products == "leave_out":
            return None, False
        cuts = self.industry[kind]
        codes = (row.industry[:digits] for digits in range(1, len(row.industry) + 1))
        return next((cuts[code] for code in codes if code in cuts), None), False


def scale_of(values: list[float]) -> float:
    """What weights are multiplied by that hundredths would round: as much as leaves them 10**12."""
    largest = max(values, default=0.0)
    if largest <= 1e12 and not any(is_rounded(value, 2) for value in values):
        return 1.0
    return next(
        float(f"1e{power}") for power in range(30, -30, -1) if largest * float(f"1e{power}") <= 1e12
    )


@dataclass(frozen=True)
class Regressing:
    """Rows, choices and small tables that every family reads."""

    rows: list[Row]
    study: Any
    productivity: Productivity
    cuts: Cuts
    controls: Sequence[Any] = ()

    @property
    def choices(self) -> Any:
        return self.study.regressions

    def measured(self, years: Iterable[int]) -> list[Row]:
        """Rows of these years with productivity, and employment both reported and counted."""
        return [
            row
            for row in self.rows
            if row.year in years
            and row in self.productivity.of_row
            and row.weight > 0
            and is_amount(row.columns["employment"])
        ]

    def described(self, row: Row, medians: Mapping[str, float]) -> dict[str, Any]:
        """What may explain an outcome, of one row."""
        level = self.productivity.of_row[row]
        return {
            "row": row,
            "log_productivity": level,
            RELATIVE: level - medians[row.industry],
            SIZE: math.log(row.columns["employment"]),
            "exporter": float(row.exporter),
        }

    def sample(self, rows: Iterable[Row], year: int) -> Sample:
        """The rows of one year, described."""
        medians = self.productivity.medians({year})
        return [self.described(row, medians) for row in rows]

    def with_trend(self, sample: Sample, *controls: str) -> Sample:
        """Those with growth over the trend window beside them, where it is a control."""
        if "earlier_growth" not in controls:
            return sample
        window = self.study.window(self.choices.trend_window)
        levels = {
            (row.establishment_id, row.year): value
            for row, value in self.productivity.of_row.items()
        }
        found = []
        for each in sample:
            name = each["row"].establishment_id
            ends = [levels.get((name, year)) for year in (window.start, window.end)]
            if None not in ends:
                found.append({**each, "earlier_growth": ends[1] - ends[0]})
        return found

    def kinds(self, asked: Sequence[str] | None) -> tuple[str, ...]:
        """The kinds of tariff that a regression uses."""
        return tuple(asked or ()) if self.cuts.known else ()

    def add_cuts(self, sample: Sample, window: Any, *asked: Sequence[str] | None) -> None:
        """Put the cuts of these kinds, and whose they are, beside what may explain an outcome."""
        years = window.end - window.start if self.study.tariffs.per == "year" else 1
        for each in sample:
            for kind in {kind for kinds in asked for kind in self.kinds(kinds)}:
                cut, is_own = self.cuts.of(each["row"], kind)
                each[f"{kind}_cut"] = None if cut is None else cut / years
                each[f"own {kind}"] = is_own

    def clusters(self, sample: Sample, choice: str, kinds: Sequence[str] = ()) -> Any:
        """What each row of a sample is clustered by; None where each is its own."""
        if choice in ("robust", "information", "shift_share"):
            return None
        return [self.cluster(each["row"], choice, kinds) for each in sample]

    def cluster(self, row: Row, choice: str, kinds: Sequence[str]) -> str:
        """The establishment, enterprise, industry or main product of a row."""
        if choice == "establishment":
            return row.establishment_id
        if choice == "enterprise":
            known = row.columns["enterprise_id"]
            return f"alone {row.establishment_id}" if known is None else f"of {known}"
        if choice == "product":
            shares = self.cuts.shares_of(row, kinds[0]) if kinds else None
            if shares is None:
                return f"industry {row.industry}"
            return f"product {min(shares, key=lambda name: (-shares[name], name))}"
        return self.group(row, choice)

    def shares(self, sample: Sample, choice: str, kinds: Sequence[str]) -> Any:
        """Of each cut the shares behind it, by row; None where errors are others."""
        if choice != "shift_share":
            return None
        return {
            cut_of(kind): [self.cuts.exposure(each["row"], kind) for each in sample]
            for kind in kinds
        }

    def is_nested(self, effects: str, choice: str) -> bool:
        """Whether effects lie within clusters."""
        order = ("none", "industry2", "industry4")
        return choice in order[1:] and order.index(effects) >= order.index(choice)

    def leaves_out(self, choice: str) -> bool:
        """Whether errors are by the jackknife."""
        is_few = choice in ("industry2", "industry4", "product")
        return is_few and self.choices.chosen_errors.variance == "cv3"

    def group(self, row: Row, effects: str) -> str:
        """The effect that a row belongs to."""
        digits = {"none": 0, "industry2": self.study.census.industry_group_digits, "industry4": 99}
        return row.industry[: digits[effects]]


def regressing(
    rows: list[Row], study: Any, productivity: Productivity, small: Any
) -> Regressing | None:
    """What the families read; None where the study has no regressions."""
    if study.regressions is None:
        return None
    controls = small.industry_controls or ()
    return Regressing(rows, study, productivity, Cuts(study, small), controls)


def list_regressions(
    rows: list[Row], study: Any, productivity: Productivity, small: Any
) -> dict[str, list[dict[str, Any]]]:
    """Rows of `regressions` and `export_entry`."""
    run = regressing(rows, study, productivity, small)
    if run is None:
        return {"regressions": [], "export_entry": [], "adoption_rates": []}
    has_exports = study.census.has("exports")
    found, entries, adoptions = premium(run) if has_exports else [], [], []
    for name in study.regressions.exit_windows:
        found += exits(run, study.window(name))
    for name in study.regressions.entry_windows if has_exports else ():
        window = study.window(name)
        everyone = never_exporters(run, window)
        kinds = run.kinds(run.choices.entry_cuts)
        samples = by_quartile(everyone)
        probits = entry_probits(run, with_cuts(everyone, kinds))
        for quartile, fit in probits.items():
            labels = {**of_window(window, "entry_probit", START), "sample": sample_name(quartile)}
            errors = run.choices.chosen_errors.entry_probit
            labels |= {"effects": run.choices.entry_effects, "errors": errors}
            terms = (*map(cut_of, kinds), *run.choices.entry_controls)
            found += probit_rows(run, labels, terms, fit, CutCounts(samples[quartile], kinds))
        found += effects_of_starting(run, window, everyone)
        adoptions += list_adoptions(run, window, everyone)
        total = sum(row.sales for row in rows if row.year == window.start)
        entries += export_entry(window, everyone, probits, (kinds, total))
    return {"regressions": found, "export_entry": entries, "adoption_rates": adoptions}


def list_adoptions(run: Regressing, window: Any, everyone: Sample) -> list[dict[str, Any]]:
    """Rates of each adoption, of who starts to export and of the others."""
    found = []
    for outcome in run.choices.adoptions:
        allowed = [each for each in everyone if each[outcome] in (0, 1)]
        for quartile, inside in by_quartile(allowed).items():
            row = {"window": window.name, "outcome": outcome, "sample": sample_name(quartile)}
            rates = []
            for name, starts in (("starter", 1), ("other", 0)):
                values = [each[outcome] for each in inside if each[START] == starts]
                rates.append(Fraction(sum(values), len(values)) if values else None)
                row |= {f"{name}s": len(values), f"{name}s_adopting": sum(values)}
                row[f"{name}_rate"] = None if not values else float(rates[-1])
            row["difference"] = None if None in rates else float(rates[0] - rates[1])
            found.append(row)
    return found


def list_starters(
    rows: list[Row], study: Any, productivity: Productivity, small: Any, left: Iterable[Row]
) -> list[dict[str, Any]]:
    """Rates of `export_entry` over the rows that are left, in the quartiles of all."""
    run, there, found = regressing(rows, study, productivity, small), set(left), []
    if run is None or not study.census.has("exports"):
        return []
    for window in map(study.window, study.regressions.entry_windows):
        everyone = [each for each in never_exporters(run, window) if each["row"] in there]
        total = sum(row.sales for row in there if row.year == window.start)
        found += export_entry(window, everyone, {}, ((), total))
    return found


def cut_of(kind: str) -> str:
    return f"{kind}_cut"


def with_cuts(sample: Sample, kinds: Sequence[str]) -> Sample:
    """Those with a cut of every kind."""
    return [each for each in sample if all(each[cut_of(kind)] is not None for kind in kinds)]


class CutCounts:
    """Whose cuts a sample has, by the term that they stand beside."""

    def __init__(self, sample: Sample, kinds: Sequence[str]) -> None:
        self.kinds, self.complete = kinds, with_cuts(sample, kinds)
        self.without = len(sample) - len(self.complete)

    def beside(self, term: str) -> dict[str, int | None]:
        """Of the term's kind, or of the first."""
        if not self.kinds:
            return dict.fromkeys(("own_cuts", "industry_cuts", "without_cut"))
        kind = next((kind for kind in self.kinds if cut_of(kind) == term), self.kinds[0])
        own = sum(each[f"own {kind}"] for each in self.complete)
        industry = len(self.complete) - own
        return {"own_cuts": own, "industry_cuts": industry, "without_cut": self.without}


def of_window(window: Any, model: str, outcome: str) -> Labels:
    """Labels of an unweighted regression over all of a window's sample."""
    return {
        "window": window.name,
        "years": f"{window.start}-{window.end}",
        "model": model,
        "outcome": outcome,
        "sample": "all",
        "weighting": "unweighted",
    }


def sample_name(quartile: int | None) -> str:
    return f"quartile_{quartile}" if quartile else "all"


def arrays(sample: Sample, names: Iterable[str]) -> dict[str, Any]:
    """Columns of a sample."""
    return {name: np.array([each[name] for each in sample], dtype=float) for name in names}


def premium(run: Regressing) -> list[dict[str, Any]]:
    """Log productivity on exporting, with and without size, plain and weighted by employment."""
    years = run.choices.premium_years
    sample = [each for year in years for each in run.sample(run.measured([year]), year)]
    if not sample:
        return []
    rows = [each["row"] for each in sample]
    outcome, found, choice = "log_productivity", [], run.choices.chosen_errors.premium
    columns = arrays(sample, (outcome, "exporter", SIZE))
    for weighting in ("unweighted", "employment"):
        for model, terms in (
            ("exporter_premium", ("exporter",)),
            ("exporter_premium_with_size", ("exporter", SIZE)),
        ):
            labels = {
                "window": None,
                "years": ", ".join(map(str, years)),
                "model": model,
                "outcome": outcome,
                "sample": "all",
                "weighting": weighting,
                "effects": "year_industry4",
                "errors": choice,
            }
            jobs = np.array([row.weight for row in rows], dtype=float)
            fit = linear_model(
                columns,
                outcome,
                terms,
                [(row.year, row.industry) for row in rows],
                weights=jobs if weighting == "employment" else None,
                clusters=run.clusters(sample, choice),
                is_nested=run.is_nested("industry4", choice),
                leaves_out=run.leaves_out(choice),
            )
            found += linear_rows(run, labels, terms, fit)
    return found


def exits(run: Regressing, window: Any) -> list[dict[str, Any]]:
    """Who of the first year is not there in the last: a linear probability and a probit."""
    staying = present(run.rows, window.end)
    sample = run.sample(run.measured([window.start]), window.start)
    for each in sample:
        each["exit"] = float(each["row"].establishment_id not in staying)
    terms = [RELATIVE, SIZE, *(["exporter"] if run.study.census.has("exports") else [])]
    terms += run.choices.exit_controls or ()
    sample = run.with_trend(sample, *terms)
    kinds = run.kinds(run.choices.exit_cuts)
    run.add_cuts(sample, window, kinds)
    terms += map(cut_of, kinds)
    counts = CutCounts(sample, kinds)
    sample = with_cuts(sample, kinds)
    if not sample:
        return []
    columns = arrays(sample, ("exit", *terms))
    rows = [each["row"] for each in sample]
    labels = {**of_window(window, "exit_linear", "exit"), "effects": "industry4"}
    stated = run.choices.chosen_errors
    linear = linear_model(
        columns,
        "exit",
        terms,
        [row.industry for row in rows],
        clusters=run.clusters(sample, stated.exit_linear, kinds),
        is_nested=run.is_nested("industry4", stated.exit_linear),
        leaves_out=run.leaves_out(stated.exit_linear),
        shares=run.shares(sample, stated.exit_linear, kinds),
    )
    found = linear_rows(run, {**labels, "errors": stated.exit_linear}, terms, linear, counts)
    effects, errors = run.choices.exit_effects, stated.exit_probit
    fit = probit(
        columns,
        "exit",
        terms,
        [run.group(row, effects) for row in rows],
        errors=errors,
        clusters=run.clusters(sample, errors, kinds),
    )
    labels |= {"model": "exit_probit", "effects": effects, "errors": errors}
    return [*found, *probit_rows(run, labels, terms, fit, counts)]


def never_exporters(run: Regressing, window: Any) -> Sample:
    """Who exported in no year of the history up to the window's first and is there in its last."""
    history = run.study.regressions.history_from or run.study.years
    earlier = {
        row.establishment_id
        for row in run.rows
        if row.year <= window.start and row.year in history and row.exporter
    }
    at_end = {row.establishment_id: row for row in run.rows if row.year == window.end}
    rows = [
        row
        for row in run.measured([window.start])
        if row.establishment_id not in earlier and row.establishment_id in at_end
    ]
    sample = run.sample(rows, window.start)
    levels = defaultdict(list)
    for each in sample:
        levels[each["row"].industry].append(each["log_productivity"])
    for each in sample:
        row, last = each["row"], at_end[each["row"].establishment_id]
        cuts = quartile_cuts(levels[row.industry])
        each["quartile"] = 1 + sum(each["log_productivity"] > cut for cut in cuts)
        each[START] = float(last.exporter)
        later = run.productivity.of_row.get(last)
        each[GROWTH] = None if later is None else later - each["log_productivity"]
        each |= {name: last.columns[name] for name in run.choices.adoptions}
    run.add_cuts(sample, window, run.choices.entry_cuts, run.choices.growth_cuts)
    return sample


def by_quartile(sample: Sample) -> dict[int | None, Sample]:
    """All, and those of each quartile that has any."""
    found: dict[int | None, Sample] = {None: sample} if sample else {}
    for quartile in (1, 2, 3, 4):
        inside = [each for each in sample if each["quartile"] == quartile]
        found |= {quartile: inside} if inside else {}
    return found


def entry_probits(run: Regressing, sample: Sample) -> dict[int | None, Probit]:
    """Starting to export on the tariff cuts, by quartile; none without tariff cuts."""
    kinds = run.kinds(run.choices.entry_cuts)
    terms = (*map(cut_of, kinds), *run.choices.entry_controls)
    errors = run.choices.chosen_errors.entry_probit
    sample = run.with_trend(sample, *terms)
    return {
        quartile: probit(
            arrays(inside, (START, *terms)),
            START,
            terms,
            [run.group(each["row"], run.choices.entry_effects) for each in inside],
            cut=cut_of(kinds[0]),
            errors=errors,
            clusters=run.clusters(inside, errors, kinds),
        )
        for quartile, inside in (by_quartile(sample) if kinds else {}).items()
    }


def effects_of_starting(run: Regressing, window: Any, everyone: Sample) -> list[dict[str, Any]]:
    """Growth, and every adoption, on starting to export: raw, by least squares, instrumented."""
    found = []
    for outcome in (GROWTH, *run.choices.adoptions):
        allowed = [each for each in everyone if each[outcome] is not None]
        if outcome != GROWTH:
            allowed = [each for each in allowed if each[outcome] in (0, 1)]
        for quartile, inside in by_quartile(allowed).items():
            labels = {**of_window(window, "", outcome), "sample": sample_name(quartile)}
            found += effects_in_sample(run, labels, inside)
    return found


def effects_in_sample(run: Regressing, labels: Labels, sample: Sample) -> list[dict[str, Any]]:
    """The two or four models of one outcome in one sample."""
    kinds, choice = run.kinds(run.choices.growth_cuts), run.choices.growth_clusters
    choice = "robust" if choice == "establishment" else choice
    of_rows = run.kinds((*(run.choices.entry_cuts or ()), *kinds))
    cut, others = tuple(map(cut_of, kinds[:1])), tuple(map(cut_of, kinds[1:]))
    controls = (*others, *run.choices.growth_controls)
    outcome = labels["outcome"]
    counts = CutCounts(run.with_trend(sample, *controls), kinds)
    found = []
    raw = arrays(sample, (outcome, START))
    fit = linear_model(
        raw,
        outcome,
        (START,),
        [run.group(each["row"], "none") for each in sample],
        clusters=run.clusters(sample, choice, of_rows),
        leaves_out=run.leaves_out(choice),
    )
    named = {**labels, "model": "raw_difference", "effects": "none", "errors": choice}
    found += linear_rows(run, named, (START,), fit, CutCounts(sample, ()))
    sample = counts.complete
    if not sample:
        return found
    models = [("least_squares", (START, *controls), None)]
    if kinds:
        models.append(("first_stage", (*cut, *controls), None))
        models.append(("two_stage", (START, *controls), cut[0]))
    columns = arrays(sample, (outcome, START, *controls, *cut))
    rows = [each["row"] for each in sample]
    fits = {}
    for model, terms, instrument in models:
        effects = run.choices.growth_effects
        fits[model] = linear_model(
            columns,
            START if model == "first_stage" else outcome,
            terms,
            [run.group(row, effects) for row in rows],
            instrument=instrument,
            clusters=run.clusters(sample, choice, of_rows),
            is_nested=run.is_nested(effects, choice),
            leaves_out=run.leaves_out(choice),
            shares=run.shares(sample, choice, kinds),
        )
    t = fits["first_stage"].t(cut[0]) if "first_stage" in fits else None
    strength = None if t is None else t * t
    for model, terms, _ in models:
        labels |= {
            "model": model,
            "effects": run.choices.growth_effects,
            "errors": choice,
        }
        named = strength if model in ("first_stage", "two_stage") else None
        found += linear_rows(run, labels, terms, fits[model], counts, first_stage_f=named)
    return found


class Blurred(float):
    """A number with what rounding may add to it in the engine."""

    blur = 0.0


def blurred(value: float | None, blur: float) -> float | None:
    """The number with its blur."""
    if value is None:
        return None
    found = Blurred(value)
    found.blur = blur
    return found


def inferred(
    run: Regressing, term: str, value: Any, error: Any, fit: Linear | Probit
) -> dict[str, Any]:
    """The test that a coefficient is 0 and its interval, where the study states errors."""
    stated = run.choices.errors
    if stated is None:
        return {}
    found = dict.fromkeys(("variance", "degrees_of_freedom", "p_value", "ci_low", "ci_high"))
    if None not in (value, error):
        degrees, variance = fit.degrees, fit.variance
        if term in getattr(fit, "shocks", ()):
            degrees, variance = None, "akm"
        law = norm() if degrees is None else student(degrees)
        reach = law.ppf(0.5 + stated.level / 2) * error
        found |= {"variance": variance, "degrees_of_freedom": degrees}
        found |= {"ci_low": float(value - reach), "ci_high": float(value + reach)}
        found |= {"p_value": float(2 * law.sf(abs(value / error))) if error else None}
    return found


def few(run: Regressing, clusters: int | None) -> str:
    """What is told of few clusters."""
    stated = run.choices.errors
    if stated is None or clusters is None or clusters >= stated.few_clusters:
        return ""
    told = f"{clusters} clusters, fewer than {stated.few_clusters}"
    return told if clusters > 1 else "one cluster"


def linear_rows(
    run: Regressing,
    labels: Labels,
    terms: Sequence[str],
    fit: Linear,
    counts: CutCounts | None = None,
    *,
    first_stage_f: float | None = None,
) -> list[dict[str, Any]]:
    """One row per term."""
    alone = f"{fit.alone} in an effect of their own left out" if fit.alone else ""
    found = []
    for term in terms:
        value, error = fit.estimates.get(term, (None, None))
        clusters = fit.shocks.get(term, fit.clusters)
        errors = labels["errors"]
        if errors == "shift_share" and term not in fit.shocks:
            errors = "robust"
        is_premium = term == "exporter" and labels["model"].startswith("exporter_premium")
        found.append(
            {
                **labels,
                "term": term,
                "coefficient": value,
                "standard_error": error,
                "t": fit.t(term),
                "premium_percent": 100 * math.expm1(value)
                if is_premium and value is not None
                else None,
                "observations": fit.rows,
                "groups": fit.groups,
                "errors": errors,
                "clusters": clusters,
                "r2": fit.r2,
                "log_likelihood": None,
                "first_stage_f": first_stage_f,
                **(counts or CutCounts([], ())).beside(term),
                **inferred(run, term, value, error, fit),
                "note": "; ".join(
                    (fit.problem, fit.told, fit.why.get(term, ""), few(run, clusters), alone)
                ),
            }
        )
    numbers = ["coefficient", "standard_error", "t", "premium_percent", "r2"]
    numbers += ["p_value", "ci_low", "ci_high"] if run.choices.errors else []
    return [{**row, **{name: blurred(row[name], fit.blur) for name in numbers}} for row in found]


def probit_rows(
    run: Regressing, labels: Labels, terms: Sequence[str], fit: Probit, counts: CutCounts
) -> list[dict[str, Any]]:
    """One row per term."""
    alike = f"{fit.alike} in effects with one outcome left out" if fit.alike else ""
    found = []
    for term in terms:
        value, error = fit.estimates.get(term, (None, None))
        found.append(
            {
                **labels,
                "term": term,
                "coefficient": value,
                "standard_error": error,
                "t": None if value is None or error is None else value / error,
                "premium_percent": None,
                "observations": fit.rows,
                "groups": fit.groups,
                "clusters": fit.clusters,
                "r2": None,
                "log_likelihood": fit.log_likelihood,
                "first_stage_f": None,
                **counts.beside(term),
                **inferred(run, term, value, error, fit),
                "note": "; ".join(
                    (fit.problem, fit.told, fit.why.get(term, ""), few(run, fit.clusters), alike)
                ),
            }
        )
    return found


def export_entry(
    window: Any,
    everyone: Sample,
    probits: Mapping[int | None, Probit],
    choices: tuple[Sequence[str], int],
) -> list[dict[str, Any]]:
    """A row for all never-exporters and one per quartile, with what the cut did to them."""
    found = []
    bottom = probits[1].due[0] if 1 in probits and probits[1].due else None
    for quartile in (None, 1, 2, 3, 4):
        inside = [each for each in everyone if quartile in (None, each["quartile"])]
        (kinds, total), sales = choices, sum(each["row"].sales for each in inside)
        starting = sum(each["row"].sales for each in inside if each[START])
        counts, cut = CutCounts(inside, kinds), cut_of(kinds[0]) if kinds else None
        cuts = [each[cut] for each in counts.complete] if kinds else []
        starters = int(sum(each[START] for each in inside))
        fit = probits.get(quartile, Probit())
        value, error = fit.estimates.get(cut, (None, None))
        due, due_error = fit.due or (None, None)
        found.append(
            {
                "window": window.name,
                "quartile": quartile,
                "establishments": len(inside),
                "starters": starters,
                "starter_rate": starters / len(inside) if inside else None,
                "mean_tariff_cut": math.fsum(cuts) / len(cuts) if cuts else None,
                "output_share": sales / total if total else None,
                "starter_output_share": starting / total if total else None,
                "cut": kinds[0] if kinds and inside else None,
                **{name: n or 0 for name, n in counts.beside("").items()},
                "probit_establishments": fit.rows,
                "cut_coefficient": value,
                "cut_standard_error": error,
                "probability_due_to_cut": due,
                "probability_standard_error": due_error,
                "ratio_to_bottom": due / bottom
                if quartile and due is not None and bottom
                else None,
                "note": "; ".join((fit.problem, fit.why.get(cut, ""))),
            }
        )
    return found
