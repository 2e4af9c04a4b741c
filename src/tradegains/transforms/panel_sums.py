"""Matched rows into the sums over panels from which every productivity decomposition follows.

Decision: products of weight and log productivity are added in two whole-number parts, because one
BIGINT cannot serve an industry of giants and one of single jobs at once: the coarse part is the
floor of product * 2**coarse, the fine part what the floor left, times 2**fine. Both splits are
exact in doubles, so the only rounding is half a unit of 2**-(coarse + fine) per row.

Windows that share a first year are in different layers: a row tells of one later year per layer.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tradegains.formulas.fixed_point import SplitBits
from tradegains.tables import working as w
from tradegains.transforms.bits import bigint


@dataclass(frozen=True)
class PanelPlan:
    """What is summed: `layers` of window names, `weights` (columns) with the bits of each sum.

    `bits` has a further entry UNIT for sums in which every establishment counts 1; `mask` keeps
    the membership bits that tell who continues; `industries` are the industry columns. Rows are
    told apart by group of units, too, where they have a column for it and `by_group` asks.
    `unknown` has the flags of rows whose weight is unknown, of weights that some row lacks.
    """

    years: tuple[int, ...]
    layers: tuple[tuple[str, ...], ...]
    weights: tuple[str, ...]
    industries: tuple[str, ...]
    mask: int
    bits: Mapping[str, SplitBits]
    by_group: bool = False
    unknown: Mapping[str, int] = field(default_factory=dict)

    @property
    def groups(self) -> tuple[str, ...]:
        """The column of groups, the last of the keys, if any."""
        return (w.REPLICATE_GROUP,) if self.by_group else ()


def sum_panels(matched: DataFrame, plan: PanelPlan) -> DataFrame:
    """One row per year, industries, membership and, by layer, later industry and measuredness.

    Reads year, the plan's industries and weights, membership, log_productivity and their later
    columns. A row without log productivity in its own year and in every later year is left out.
    """
    rows = matched.filter(F.col(w.YEAR).isin(*plan.years)).select(*_columns(plan))
    phis = [w.PHI, *(w.layer_column(w.PHI, layer) for layer in range(len(plan.layers)))]
    rows = rows.filter(F.coalesce(*phis).isNotNull())
    measured = [F.col(phi).isNotNull().alias(w.measured_column(phi)) for phi in phis]
    keys = [
        w.YEAR,
        w.MEMBERSHIP,
        *plan.industries,
        *(w.layer_column(w.INDUSTRY, layer) for layer in range(len(plan.layers))),
        *map(w.lacking_column, plan.unknown),
    ]
    return rows.groupBy(*keys, *measured, *plan.groups).agg(
        F.count(F.lit(1)).alias(w.ESTABLISHMENTS), *_sums(plan)
    )


def _columns(plan: PanelPlan) -> Iterable[Column]:
    yield F.col(w.YEAR)
    yield F.col(w.MEMBERSHIP).bitwiseAND(bigint(plan.mask)).alias(w.MEMBERSHIP)
    yield from (F.col(name) for name in (*plan.industries, *plan.groups))
    yield F.col(w.LOG_PRODUCTIVITY).alias(w.PHI)
    yield from (F.col(weight) for weight in plan.weights)
    for weight, flags in plan.unknown.items():
        lacks = F.col(w.FLAGS).bitwiseAND(bigint(flags)) != 0
        yield lacks.alias(w.lacking_column(weight))
    for layer, windows in enumerate(plan.layers):
        for column, name in _later_columns(plan.weights):
            later = [F.col(w.later_column(column, window)) for window in windows]
            yield F.coalesce(*later).alias(w.layer_column(name, layer))


def _later_columns(weights: Sequence[str]) -> Iterable[tuple[str, str]]:
    yield w.LOG_PRODUCTIVITY, w.PHI
    yield w.INDUSTRY, w.INDUSTRY
    yield from ((weight, weight) for weight in weights)


def _sums(plan: PanelPlan) -> Iterable[Column]:
    """Of the row's own year, then of each layer, with the two products across the years."""
    yield from _products(w.UNIT, w.PHI, plan.bits[w.UNIT])
    for weight in plan.weights:
        yield F.sum(weight).alias(weight)
        yield from _products(weight, w.PHI, plan.bits[weight])
    for layer in range(len(plan.layers)):
        phi = w.layer_column(w.PHI, layer)
        yield from _products(w.UNIT, phi, plan.bits[w.UNIT])
        for weight in plan.weights:
            later = w.layer_column(weight, layer)
            yield F.sum(later).alias(later)
            for pair in ((later, phi), (weight, phi), (later, w.PHI)):
                yield from _products(*pair, plan.bits[weight])


def _products(weight: str, phi: str, bits: SplitBits) -> Iterable[Column]:
    value = F.col(phi) if weight == w.UNIT else F.col(weight).cast("double") * F.col(phi)
    scaled = value * 2.0**bits.coarse
    whole = F.floor(scaled).cast("bigint")
    rest = F.floor((scaled - whole.cast("double")) * 2.0**bits.fine + 0.5).cast("bigint")
    yield F.sum(whole).alias(w.panel_product(weight, phi, w.COARSE))
    yield F.sum(rest).alias(w.panel_product(weight, phi, w.FINE))
