"""A planted census, and what the project's own study of it publishes: estimates with errors."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from drawn_census import Drawn, read_drawn

from tradegains.command.demo import shipped_study
from tradegains.engines.start import Engine
from tradegains.formulas.accounting import Component
from tradegains.pipeline import run
from tradegains.progress import Progress
from tradegains.store.output import locate_output
from tradegains.store.runs import read_published
from tradegains.study import Study, read_study
from tradegains.synthetic import SyntheticCensus, write_synthetic_census
from tradegains.synthetic.truths import Truths

TABLES = ("regressions", "export_entry", "tariff_effects", "decompositions", "moments")
TABLES += ("intra_industry_trade",)
QUARTILES = (1, 2, 3, 4)
GROWTH, ADOPTION = "log_productivity_growth", "adopted_technology"
EXITS = ("relative_productivity", "log_employment", "exporter", "home_cut", "foreign_cut")


@dataclass(frozen=True)
class Estimate:
    """A published number with its standard error."""

    value: float
    error: float

    def misses(self, truth: float) -> float:
        """How many standard errors it is from a truth."""
        return (self.value - truth) / self.error


@dataclass(frozen=True)
class Planted:
    """A census planted with truths, and the tables of the shipped study of it."""

    truths: Truths
    drawn: Drawn
    tables: dict[str, list[dict[str, Any]]]

    def row(self, table: str, **named: Any) -> dict[str, Any]:
        """The one row of a table with these values."""
        (row,) = (
            row
            for row in self.tables[table]
            if all(row[name] == value for name, value in named.items())
        )
        return row

    def coefficient(self, model: str, term: str, **named: Any) -> Estimate:
        """Of a regression; unweighted and over all unless named otherwise."""
        named = {"sample": "all", "weighting": "unweighted"} | named
        row = self.row("regressions", model=model, term=term, **named)
        return Estimate(row["coefficient"], row["standard_error"])

    def slope_on_cut(self, result: str, kind: str, unit: str = "establishment") -> Estimate:
        """Of growth on a tariff cut."""
        row = self.row("tariff_effects", result=result, kind=kind, unit=unit)
        return Estimate(row["slope"], row["slope_standard_error"])

    def effect_over_industries(self, kind: str) -> Estimate:
        """Of a cut, at its mean, on productivity of four-digit industries [log points]."""
        row = self.row("tariff_effects", result="double_difference", kind=kind, unit="industry")
        return Estimate(row["effect"] / 100.0, row["standard_error"] / 100.0)

    def due_to_cut(self, quartile: int) -> Estimate:
        """Mean probability of starting to export that the cut adds."""
        row = self.row("export_entry", quartile=quartile)
        return Estimate(row["probability_due_to_cut"], row["probability_standard_error"])

    def starter_rate(self, quartile: int | None) -> Estimate:
        """Share of starters, and the error of a share of so many."""
        row = self.row("export_entry", quartile=quartile)
        rate, count = row["starter_rate"], row["establishments"]
        return Estimate(rate, math.sqrt(rate * (1.0 - rate) / count))

    def top_to_bottom(self) -> Estimate:
        """The top quartile's probability due to the cut over the bottom's."""
        ratio = self.row("export_entry", quartile=4)["ratio_to_bottom"]
        ends = self.due_to_cut(1), self.due_to_cut(4)
        return Estimate(ratio, ratio * math.hypot(*(one.error / one.value for one in ends)))

    def export_composition(self) -> Estimate:
        """The premium times the rise of exporters' share of employment 1988-1996."""
        premium, rise = self.coefficient("exporter_premium", "exporter"), self.rise_of_exporters()
        value = Component("export composition", premium.value, rise).contribution
        return Estimate(value, premium.error * rise)

    def rise_of_exporters(self) -> float:
        """Of the share of employment of establishments with productivity."""
        return self._share_of_exporters(1996) - self._share_of_exporters(1988)

    def _share_of_exporters(self, year: int) -> float:
        exporters, everybody = (
            self.row(
                "moments",
                year=year,
                window=None,
                population=population,
                level="total",
                median_base="same_year",
                measure="relative",
                weighting="employment",
            )
            for population in ("exporters", "all")
        )
        return exporters["employment"] / everybody["employment"]

    def exit_component(self) -> float:
        """What exits 1988-1996 add to productivity weighted by employment."""
        row = self.row(
            "decompositions",
            window="post",
            share="employment",
            method="fhk",
            level="total",
            term="exit",
        )
        return Component("exit", row["value"]).contribution

    def expected_exit_component(self) -> float:
        """Its truth, as written beside the census."""
        return json.loads(self.drawn.paths.truths.read_text())["exit_component"]

    def grubel_lloyd(self, partner: str, year: int, digits: int) -> float:
        """The index of trade with a partner."""
        row = self.row(
            "intra_industry_trade",
            partner=partner,
            year=year,
            product_digits=digits,
            matched="by_partner",
        )
        return row["grubel_lloyd"]


def run_planted(engine: Engine, folder: Path, truths: Truths, **drawn: int) -> Planted:
    """Draw a census with these truths and run the shipped study's regressions on it."""
    census = write_synthetic_census(engine.spark, folder / "input", truths=truths, **drawn)
    study = _study(census)
    output = str(folder / "output")
    run(engine, study, output=output, only=TABLES, progress=Progress(stream=None))
    store = locate_output(output).open_tables()
    tables = {name: read_published(store, name).to_pylist() for name in TABLES}
    return Planted(truths, read_drawn(census), tables)


def _study(census: SyntheticCensus) -> Study:
    """The shipped study of this census, its regressions as they are, of the rest what is read."""
    shipped = read_study(shipped_study("cusfta.toml"))
    assert shipped.decomposition is not None
    return replace(
        shipped,
        inputs=replace(shipped.inputs, **_inputs(census)),
        productivity=replace(shipped.productivity, levels=("total",), median_base=("same_year",)),
        populations=(),
        decomposition=replace(
            shipped.decomposition,
            windows=("post",),
            shares=("employment",),
            methods=("fhk",),
            levels=("total",),
        ),
    )


def _inputs(census: SyntheticCensus) -> dict[str, str]:
    named = ("census", "imports", "tariff_cuts", "input_output", "elasticities", "control_totals")
    named += ("plant_products", "product_tariffs", "product_trade")
    return {name: str(getattr(census, name)) for name in named} | {
        "prices": str(census.prices_by_industry)
    }


Pair = tuple[Callable[[Planted], Estimate], Callable[[Truths], float]]


def pairs() -> dict[str, Pair]:
    """Every estimate with a standard error, and the truth it must cover, by a name."""
    found: dict[str, Pair] = {
        "top over bottom": (
            Planted.top_to_bottom,
            lambda t: t.starter_rate_top / t.starter_rate_bottom,
        ),
        "export composition": (Planted.export_composition, lambda t: t.export_composition),
        "growth of exporters, foreign_cut": (
            lambda p: p.slope_on_cut("existing_exporters", "foreign"),
            lambda t: t.growth_of_exporters,
        ),
        "growth, input_cut": (
            lambda p: p.slope_on_cut("intermediate_inputs", "input"),
            lambda t: t.growth_by_inputs,
        ),
        **over_industries(),
    }
    for weighting in ("unweighted", "employment"):
        found |= _premia(weighting)
    for name in EXITS:
        found |= _exits(name)
    for quartile in QUARTILES:
        found |= _entries(quartile)
    for outcome, effect, selection in (
        (GROWTH, "effect_of_exporting", "selection_of_starters"),
        (ADOPTION, "effect_on_adoption", "selection_of_adopters"),
    ):
        found |= _effects(outcome, effect, selection)
    return found


def over_industries() -> dict[str, Pair]:
    """Those of the double difference over industries, which are solved from sums."""
    return {
        "effect over industries, home_cut": (
            lambda p: p.effect_over_industries("home"),
            lambda t: t.selection_between_industries or 0.0,
        ),
        "effect over industries, both cuts": (
            lambda p: p.effect_over_industries("home_and_foreign"),
            lambda t: t.productivity_by_cuts,
        ),
    }


def _premia(weighting: str) -> dict[str, Pair]:
    return {
        f"premium, {weighting}": (
            lambda p: p.coefficient("exporter_premium", "exporter", weighting=weighting),
            lambda t: t.exporter_premium,
        ),
        f"size slope, {weighting}": (
            lambda p: p.coefficient(
                "exporter_premium_with_size", "log_employment", weighting=weighting
            ),
            lambda t: t.size_slope,
        ),
    }


def _exits(name: str) -> dict[str, Pair]:
    return {
        f"exit after, {name}": (
            lambda p: p.coefficient("exit_linear", name, window="post"),
            lambda t: getattr(t.exit_post, name),
        ),
        f"exit before, {name}": (
            lambda p: p.coefficient("exit_probit", name, window="pre"),
            lambda t: getattr(t.exit_pre, name),
        ),
    }


def _entries(quartile: int) -> dict[str, Pair]:
    return {
        f"starter rate, {quartile}": (
            lambda p: p.starter_rate(quartile),
            lambda t: t.starter_rates[quartile - 1],
        ),
        f"due to the cut, {quartile}": (
            lambda p: p.due_to_cut(quartile),
            lambda t: t.starter_rates_due_to_cut[quartile - 1],
        ),
    }


def _effects(outcome: str, effect: str, selection: str) -> dict[str, Pair]:
    def of(model: str, sample: str) -> Callable[[Planted], Estimate]:
        return lambda p: p.coefficient(model, "export_start", outcome=outcome, sample=sample)

    found: dict[str, Pair] = {
        f"raw difference of {outcome}": (
            of("raw_difference", "all"),
            lambda t: getattr(t, effect) + getattr(t, selection),
        )
    }
    for sample in ("all", *(f"quartile_{quartile}" for quartile in QUARTILES)):
        found[f"effect on {outcome}, {sample}"] = (
            of("two_stage", sample),
            lambda t: getattr(t, effect),
        )
    return found
