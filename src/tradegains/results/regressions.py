"""Estimates as rows of the tables `regressions` and `export_entry`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tradegains.formulas.cluster_errors import infer
from tradegains.formulas.export_entry import starter_rate, top_to_bottom_ratio
from tradegains.formulas.least_squares import Fit, premium_percent
from tradegains.formulas.outcomes import joined_notes, rate
from tradegains.study import RegressionErrors

Row = dict[str, Any]
QUARTILES = (1, 2, 3, 4)


@dataclass(frozen=True)
class Labels:
    """What a regression is of: the columns that its rows share.

    `stated`: what tests and intervals the study asks for; None for none.
    """

    window: str | None
    years: str
    model: str
    outcome: str
    sample: str
    effects: str
    errors: str
    weighting: str = "unweighted"
    stated: RegressionErrors | None = None


@dataclass(frozen=True)
class ErrorBasis:
    """What errors rest on: clusters if any, degrees of freedom of t, and the estimator's name."""

    clusters: int | None = None
    degrees: int | None = None
    variance: str | None = None

    def columns(self, stated: RegressionErrors | None, value: Any, error: Any) -> Row:
        """The test that a coefficient is 0 and its interval; nothing where none is stated."""
        if stated is None:
            return {}
        found = infer(value, error, self.degrees, level=stated.level)
        return {
            "variance": self.variance if error is not None else None,
            "degrees_of_freedom": self.degrees if error is not None else None,
            "p_value": found.p_value,
            "ci_low": found.low,
            "ci_high": found.high,
        }

    def note(self, stated: RegressionErrors | None) -> str:
        """What is told of few clusters."""
        if stated is None or self.clusters is None or self.clusters >= stated.few_clusters:
            return ""
        if self.clusters < 2:
            return "one cluster: nothing tells how far clusters differ"
        few = f"fewer than {stated.few_clusters}"
        return f"{self.clusters} clusters, {few}: with so few errors tend to be too small"


@dataclass(frozen=True)
class Linear:
    """A linear model's numbers: `terms` as asked, `dropped` those that could not be told."""

    terms: Sequence[str]
    fit: Fit | None
    standard_errors: Sequence[float | None]
    observations: int
    groups: int
    singletons: int
    clusters: int | None
    dropped: Mapping[str, str]
    problem: str
    degrees: int | None = None
    variance: str | None = None
    shocks: Mapping[str, int] = field(default_factory=dict)

    def basis(self, term: str) -> ErrorBasis:
        """What the error of a term rests on."""
        if term in self.shocks:
            return ErrorBasis(self.shocks[term], None, "akm")
        return ErrorBasis(self.clusters, self.degrees, self.variance)

    def errors(self, term: str, choice: str) -> str:
        """What the error of a term is called; what is no sum of shares has a robust one."""
        if choice != "shift_share":
            return choice
        return choice if term in self.shocks else "robust"

    def estimate(self, term: str) -> tuple[float | None, float | None]:
        """Coefficient and standard error of a term; None where either is missing."""
        if self.fit is None or term not in self.fit.regressors:
            return None, None
        place = self.fit.regressors.index(term)
        error = self.standard_errors[place] if self.standard_errors else None
        return self.fit.coefficients[place], error

    def t(self, term: str) -> float | None:
        """Coefficient over standard error of a term; None where either is missing."""
        if self.fit is None or term not in self.fit.regressors or not self.standard_errors:
            return None
        place = self.fit.regressors.index(term)
        return rate(self.fit.coefficients[place], self.standard_errors[place])


@dataclass(frozen=True)
class CutCounts:
    """Establishments of a sample: how many there are, have all cuts, and whose cuts these are.

    Attributes:
        establishments: all of them.
        complete: those with a cut of every kind that the regression uses; the others are left out.
        own: by kind, those of the complete whose cut is the mean over their products.
        sums: by kind, the sum of the complete ones' cuts [percentage points].
        sales: of all of them [units of money].
    """

    establishments: int
    complete: int
    own: Mapping[str, int]
    sums: Mapping[str, float]
    sales: int = 0

    @staticmethod
    def sum_of(kinds: Sequence[str], parts: Iterable["CutCounts"]) -> "CutCounts":
        """Several samples of the same kinds together."""
        found = list(parts)
        return CutCounts(
            sum(each.establishments for each in found),
            sum(each.complete for each in found),
            {kind: sum(each.own[kind] for each in found) for kind in kinds},
            {kind: sum(each.sums[kind] for each in found) for kind in kinds},
            sum(each.sales for each in found),
        )

    def columns(self, term: str = "") -> Row:
        """Counts of a term's kind; of the first kind for terms that are no cut."""
        kinds = list(self.own)
        kind = term.removesuffix("_cut") if term.removesuffix("_cut") in kinds else kinds[0]
        return {
            "own_cuts": self.own[kind],
            "industry_cuts": self.complete - self.own[kind],
            "without_cut": self.establishments - self.complete,
        }


NO_COUNTS: Row = {"own_cuts": None, "industry_cuts": None, "without_cut": None}


@dataclass(frozen=True)
class EntryCounts:
    """Never-exporters of a quartile, or of all: who starts, and their cuts, where there are any."""

    establishments: int
    starters: int
    sales: int = 0
    starters_sales: int = 0
    cuts: CutCounts | None = None

    def plus(self, other: "EntryCounts") -> "EntryCounts":
        """Both together."""
        both = (self.cuts, other.cuts)
        cuts = [each for each in both if each is not None]
        return EntryCounts(
            self.establishments + other.establishments,
            self.starters + other.starters,
            self.sales + other.sales,
            self.starters_sales + other.starters_sales,
            CutCounts.sum_of(list(cuts[0].own), cuts) if cuts else None,
        )


@dataclass(frozen=True)
class EntryProbit:
    """The probit of a quartile, or of all: its coefficient on the cut and what the cut adds."""

    establishments: int
    coefficient: float | None
    standard_error: float | None
    probability: float | None
    probability_error: float | None
    note: str


def linear_rows(
    labels: Labels,
    linear: Linear,
    *,
    premium: str = "",
    first_stage_f: float | None = None,
    is_instrumented: bool = False,
    note: str = "",
    cuts: CutCounts | None = None,
) -> list[Row]:
    """One row per term.

    Args:
        labels: what the regression is of.
        linear: its numbers.
        premium: the term whose coefficient is also a percentage premium.
        first_stage_f: of an instrumented model.
        is_instrumented: such a model has no R squared.
        note: said on every row.
        cuts: of the sample, where the model uses any.
    """
    fit = linear.fit
    estimates = dict(zip(fit.regressors, fit.coefficients, strict=True)) if fit else {}
    errors = dict(zip(fit.regressors, linear.standard_errors, strict=False)) if fit else {}
    alone = f"{linear.singletons} in an effect of their own left out" if linear.singletons else ""
    rows = []
    for term in linear.terms:
        value, basis = estimates.get(term), linear.basis(term)
        rows.append(
            {
                **_shared(labels, term),
                "errors": linear.errors(term, labels.errors),
                "coefficient": value,
                "standard_error": errors.get(term),
                "t": rate(value, errors.get(term)),
                "premium_percent": premium_percent(value) if term == premium else None,
                "observations": linear.observations,
                "groups": linear.groups,
                "clusters": basis.clusters,
                "r2": None if fit is None or is_instrumented else fit.r2,
                "log_likelihood": None,
                "first_stage_f": first_stage_f,
                **(cuts.columns(term) if cuts else NO_COUNTS),
                **basis.columns(labels.stated, value, errors.get(term)),
                "note": joined(
                    linear.problem,
                    linear.dropped.get(term, ""),
                    basis.note(labels.stated),
                    alone,
                    note,
                ),
            }
        )
    return rows


def probit_rows(
    labels: Labels,
    terms: Sequence[str],
    estimates: Mapping[str, tuple[float, float | None]],
    *,
    observations: int,
    groups: int,
    log_likelihood: float | None,
    notes: Mapping[str, str],
    cuts: CutCounts | None = None,
    basis: ErrorBasis = ErrorBasis(),
) -> list[Row]:
    """One row per term; `estimates` are coefficients and errors, `notes` by term and under ""."""
    return [
        {
            **_shared(labels, term),
            "coefficient": (found := estimates.get(term, (None, None)))[0],
            "standard_error": found[1],
            "t": rate(*found),
            "premium_percent": None,
            "observations": observations,
            "groups": groups,
            "clusters": basis.clusters,
            "r2": None,
            "log_likelihood": log_likelihood,
            "first_stage_f": None,
            **(cuts.columns(term) if cuts else NO_COUNTS),
            **basis.columns(labels.stated, *found),
            "note": joined(notes.get("", ""), basis.note(labels.stated), notes.get(term, "")),
        }
        for term in terms
    ]


def _shared(labels: Labels, term: str) -> Row:
    return {
        "window": labels.window,
        "years": labels.years,
        "model": labels.model,
        "outcome": labels.outcome,
        "sample": labels.sample,
        "weighting": labels.weighting,
        "effects": labels.effects,
        "errors": labels.errors,
        "term": term,
    }


def joined(*notes: str) -> str | None:
    """Notes in one text; None where there is none."""
    return joined_notes(*notes) or None


def sample_name(quartile: int | None) -> str:
    """A sample as the table names it.

    Example:
        >>> sample_name(None), sample_name(4)
        ('all', 'quartile_4')
    """
    return "all" if quartile is None else f"quartile_{quartile}"


def export_entry_rows(
    window: str,
    counts: Mapping[int, EntryCounts],
    probits: Mapping[int | None, EntryProbit],
    note: str,
    *,
    sales: int,
) -> list[Row]:
    """One row per quartile and one for all.

    Args:
        window: name.
        counts: by quartile; one without establishments may be missing.
        probits: by quartile and None for all; a missing one was not asked for.
        note: said on every row.
        sales: of all establishments of the window's first year [units of money].
    """
    none = EntryCounts(0, 0)
    total = none
    for each in counts.values():
        total = total.plus(each)
    bottom = probits[1].probability if 1 in probits else None
    return [
        _entry_row(window, quartile, counted, probits.get(quartile), (bottom, note, sales))
        for quartile, counted in ((None, total), *((q, counts.get(q, none)) for q in QUARTILES))
    ]


def _cut_columns(cuts: CutCounts | None) -> Row:
    """Of the first kind that the probit uses; no cut of a sample without tariffs counts as 0."""
    if cuts is None:
        return {"cut": None, "mean_tariff_cut": None, **dict.fromkeys(NO_COUNTS, 0)}
    kind = next(iter(cuts.own))
    mean = rate(cuts.sums[kind], cuts.complete)
    return {"cut": kind, "mean_tariff_cut": mean, **cuts.columns()}


def _entry_row(
    window: str,
    quartile: int | None,
    counted: EntryCounts,
    probit: EntryProbit | None,
    shared: tuple[float | None, str, int],
) -> Row:
    bottom, note, sales = shared
    probability = probit.probability if probit else None
    return {
        "window": window,
        "quartile": quartile,
        "establishments": counted.establishments,
        "starters": counted.starters,
        "starter_rate": starter_rate(counted.starters, counted.establishments),
        "output_share": rate(counted.sales, sales),
        "starter_output_share": rate(counted.starters_sales, sales),
        **_cut_columns(counted.cuts),
        "probit_establishments": probit.establishments if probit else 0,
        "cut_coefficient": probit.coefficient if probit else None,
        "cut_standard_error": probit.standard_error if probit else None,
        "probability_due_to_cut": probability,
        "probability_standard_error": probit.probability_error if probit else None,
        "ratio_to_bottom": None if quartile is None else top_to_bottom_ratio(probability, bottom),
        "note": joined(note, probit.note if probit else ""),
    }
