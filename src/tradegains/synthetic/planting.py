"""Factors that make the census give the published results, from sums of the natural amounts.

Only three years matter: domestic sales are scaled by industry and continuity, exports, employment
and value added by year. Sums are whole numbers, so the factors are the same on any engine.
"""

import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tradegains import literature
from tradegains.errors import Problem, StudyError
from tradegains.synthetic.calibration import (
    DOMESTIC_SHARE_BY_EXPORTS,
    SCALE,
    Markets,
    solve_end,
    solve_start,
)
from tradegains.synthetic.economy import END, INDUSTRIES, MIDDLE, START, expenditure, log_price
from tradegains.synthetic.inputs import input_cut_of
from tradegains.synthetic.plan import Factors
from tradegains.synthetic.premium import LIFTS, MOMENTS, WEIGHTINGS, PremiumSums, lifts
from tradegains.synthetic.rows import LOG_PARTS, WEIGHTED_PARTS
from tradegains.synthetic.selection import FourDigitIndustries, entrants_lift
from tradegains.synthetic.solving import FloatArray, dot, least_norm_solution
from tradegains.synthetic.truths import Truths

WINDOW_OF_YEAR = {START: "pre", END: "post"}
_CONTINUING = {"pre": "continuing_start", "post": "continuing_end"}


SumsOf = Callable[[Factors], "Sums"]


@dataclass(frozen=True)
class Sums:
    """Whole-number sums of drawn rows, in the cells of `rows.sum_rows`, in a fixed order."""

    columns: Mapping[str, FloatArray]

    @staticmethod
    def of_cells(cells: pa.Table) -> "Sums":
        """The sums of the collected cells, which come in any order."""
        keys = ("year", "industry", *_CONTINUING.values(), "exporter", "established")
        ordered = cells.sort_by([(key, "ascending") for key in keys])
        columns = {name: ordered[name].to_numpy() for name in ordered.column_names}
        codes = np.array([industry.code for industry in INDUSTRIES])
        place = np.searchsorted(codes, columns["industry_group"].astype(codes.dtype))
        return Sums(columns | {"place": place})

    def of(self, amount: str, year: int, window: str | None = None) -> FloatArray:
        """An amount by industry at a year: of all rows, or of a window's continuing ones."""
        chosen = self.columns["year"] == year
        if window is not None:
            chosen &= self.columns[_CONTINUING[window]]
        totals = np.zeros(len(INDUSTRIES), np.int64)
        for name in ("domestic_sales", "exports") if amount == "sales" else (amount,):
            np.add.at(totals, self.columns["place"][chosen], self.columns[name][chosen])
        return totals.astype(float)

    def share_of_exporters(self, year: int) -> float:
        """Exporters' share of the employment of the measured at a year [0-1]."""
        chosen, exports = self.columns["year"] == year, self.columns["exporter"]
        jobs = self.columns["jobs"]
        return int(jobs[chosen & exports].sum()) / int(jobs[chosen].sum())

    def with_exporters(self, factor: float, year: int) -> "Sums":
        """The sums if the amounts of the exporters of a year had a factor more [log points]."""
        chosen = (self.columns["year"] == year) & self.columns["exporter"]
        amounts = ["domestic_sales", "exports", "value_added", "employment", "jobs"]
        amounts += [f"weighted_{name}" for name in MOMENTS]
        grown = {
            name: np.where(
                chosen, np.rint(self.columns[name] * math.exp(factor)), self.columns[name]
            )
            for name in amounts
        }
        return Sums(
            {**self.columns, **{name: sums.astype(np.int64) for name, sums in grown.items()}}
        )

    @property
    def is_entrant(self) -> NDArray[np.bool_]:
        """Whether a cell is of END and of who is born after MIDDLE."""
        born = ~self.columns[_CONTINUING["post"]].astype(bool)
        found: NDArray[np.bool_] = (self.columns["year"] == END) & born
        return found

    def with_entrants(self, lift: FloatArray) -> "Sums":
        """The sums that the premium is solved from, entrants having a lift by industry."""
        added = np.where(self.is_entrant, lift[self.columns["place"]], 0.0)
        moments = {
            f"{weighting}_{level}": self.columns[f"{weighting}_{level}"]
            + np.rint(added * self.columns[f"{weighting}_{alone}"]).astype(np.int64)
            for weighting in WEIGHTINGS
            for level, alone in (("level", "weight"), ("size_level", "size"))
        }
        return Sums({**self.columns, **moments})

    def four_digit_industries(
        self, relative_prices: Mapping[int, FloatArray]
    ) -> FourDigitIndustries:
        """What the double difference over industries needs of them."""
        codes, place = np.unique(self.columns["industry"].astype(str), return_inverse=True)
        group = np.zeros(len(codes), np.int64)
        group[place] = self.columns["place"]

        def total(amount: str, chosen: NDArray[np.bool_]) -> FloatArray:
            summed = np.zeros(len(codes), np.int64)
            np.add.at(summed, place[chosen], self.columns[amount][chosen])
            return summed.astype(float)

        of_year = {year: self.columns["year"] == year for year in (START, MIDDLE, END)}
        real = {year: np.exp(-relative_prices[year])[group] for year in of_year}
        output = {y: total("value_added", chosen) * real[y] for y, chosen in of_year.items()}
        jobs = {year: total("employment", chosen) for year, chosen in of_year.items()}
        entrants = total("value_added", self.is_entrant) * real[END]
        sales = sum(total(name, of_year[MIDDLE]) for name in ("domestic_sales", "exports"))
        known = np.min([*output.values(), *jobs.values()], axis=0) > 0
        return FourDigitIndustries(
            group[known],
            {year: each[known] for year, each in output.items()},
            entrants[known],
            {year: each[known] for year, each in jobs.items()},
            np.asarray(sales)[known],
        )

    def exit_component(self, year: int) -> float:
        """What exits are expected to add to productivity weighted by employment [log points]."""
        chosen = self.columns["year"] == year
        jobs, exiting, productivity, both = (
            float(self.columns[name][chosen].sum())
            for name in ("jobs", "jobs_exiting", "jobs_productivity", "jobs_productivity_exiting")
        )
        return exiting / jobs * productivity / jobs - both / jobs

    def moments(self, year: int) -> PremiumSums:
        """What the regressions of a year need."""
        chosen = self.columns["year"] == year
        column = {name: values[chosen] for name, values in self.columns.items()}
        parts = {"plain": LOG_PARTS, "weighted": WEIGHTED_PARTS}
        return PremiumSums(
            industry=column["industry"].astype(str),
            exporter=column["exporter"].astype(float),
            established=column["established"].astype(float),
            sums={
                weighting: {
                    name: column[f"{weighting}_{name}"] / parts[weighting] for name in MOMENTS
                }
                for weighting in WEIGHTINGS
            },
        )


@dataclass(frozen=True)
class Planted:
    """What to draw with, and what goes beside it.

    `markets` are in hundredths of the money unit, by year; `relative_prices` are the logarithms of
    an industry's price index over the economy's, by year, zero in the middle year.
    `exit_component` is what exits after the middle year are expected to add to productivity
    weighted by employment [log points]; None where nothing is planted.
    """

    factors: Factors
    markets: dict[int, Markets]
    relative_prices: dict[int, FloatArray]
    exit_component: float | None = None


def plant(sums_of: SumsOf, establishments: int, truths: Truths) -> Planted:
    """Factors for the published results, in three passes over three years of the draws.

    Entrants' lift moves the premium and the premium's lifts move industries: both are solved in the
    first pass and, by what is left, again in the second; the third leaves a hundredth of that. What
    establishments grow by comes last, of which neither is a part.

    Args:
        sums_of: the sums of the rows drawn with some factors.
        establishments: establishments in the first year.
        truths: what regressions on the rows must find.

    Raises:
        StudyError: too few establishments for every industry to have all kinds of continuity.
    """
    drawn = sums_of(Factors())
    _require_all_kinds(drawn)
    exporter = _exporter_factor(drawn, truths)
    natural = drawn.with_exporters(exporter, END)
    markets = _markets(natural, establishments)
    of_markets = {
        "middle": _middle_factor(natural, markets[MIDDLE]),
        **_outer_factors(natural, markets, START),
        **_outer_factors(natural, markets, END),
    }
    of_trade = {
        "exports": _export_factors(natural, markets),
        "exporter": {MIDDLE: 0.0, END: exporter},
    }

    def with_lift(selected: FloatArray) -> Factors:
        premium = _premium_factors(natural.with_entrants(selected), truths)
        return Factors({**of_markets, "entrants": selected}, {**of_trade, **premium})

    selected = _entrants_lift(natural, truths)
    selected = selected + _entrants_lift(sums_of(with_lift(selected)), truths)
    trade = with_lift(selected)
    traded = sums_of(trade)
    factors = Factors(trade.industries, {**trade.years, **_growth_factors(traded)})
    component = traded.exit_component(MIDDLE)
    return Planted(factors, markets, _relative_prices(traded), component)


def _require_all_kinds(sums: Sums) -> None:
    for year, window in ((START, "pre"), (MIDDLE, "pre"), (MIDDLE, "post"), (END, "post")):
        continuing = sums.of("domestic_sales", year, window)
        rest = sums.of("domestic_sales", year) - continuing
        if min(continuing.min(), rest.min()) <= 0.0:
            raise StudyError(_TOO_FEW)


_TOO_FEW = Problem(
    "too few establishments to plant the published results",
    cure="draw about 5,000 establishments a year or more, or use synth --unplanted",
)


def _markets(natural: Sums, establishments: int) -> dict[int, Markets]:
    shares = np.array([industry.expenditure for industry in INDUSTRIES])
    domestic_shares = np.array([industry.domestic_share for industry in INDUSTRIES])
    total = {year: 100.0 * expenditure(year, establishments) for year in (START, MIDDLE, END)}
    middle = total[MIDDLE] * shares / shares.sum()
    domestic = middle * domestic_shares

    def continuing(window: str) -> FloatArray:
        share = natural.of("domestic_sales", MIDDLE, window) / natural.of("domestic_sales", MIDDLE)
        found: FloatArray = domestic * share
        return found

    pre = Markets(middle, domestic, continuing("pre"))
    post = Markets(middle, domestic, continuing("post"))
    try:
        return {
            START: solve_start(pre, total[START]).in_whole_units(),
            MIDDLE: post,
            END: solve_end(post, total[END]).in_whole_units(),
        }
    except ArithmeticError as error:
        raise StudyError(_TOO_FEW) from error


def _middle_factor(natural: Sums, middle: Markets) -> FloatArray:
    return np.log(middle.domestic_sales / natural.of("domestic_sales", MIDDLE))


def _outer_factors(natural: Sums, markets: dict[int, Markets], year: int) -> dict[str, FloatArray]:
    """Factors beside the middle one for the continuing and the other rows of an outer year."""
    window, target = WINDOW_OF_YEAR[year], markets[year]
    continuing = natural.of("domestic_sales", year, window)
    others = natural.of("domestic_sales", year) - continuing
    middle = _middle_factor(natural, markets[MIDDLE])
    wanted = target.domestic_sales - target.continuing_sales
    name = "start" if year == START else "end"
    return {
        f"{name}_continuing": np.log(target.continuing_sales / continuing) - middle,
        f"{name}_other": np.log(wanted / others) - middle,
    }


def _export_factors(natural: Sums, markets: dict[int, Markets]) -> dict[int, float]:
    """Exports such that imports := exports gives Table C1's change of the domestic share."""
    middle = markets[MIDDLE]
    share = middle.domestic_sales.sum() / middle.expenditure.sum()
    change = {
        window: percent / 100.0 / SCALE[window]
        for window, percent in DOMESTIC_SHARE_BY_EXPORTS.items()
    }
    shares = {
        START: share * math.exp(-change["pre"]),
        MIDDLE: share,
        END: share * math.exp(change["post"]),
    }
    return {
        year: math.log(
            markets[year].domestic_sales.sum()
            * (1.0 / shares[year] - 1.0)
            / natural.of("exports", year).sum()
        )
        for year in shares
    }


def _exporter_factor(drawn: Sums, truths: Truths) -> float:
    """What exporters' amounts in END need for the stated rise of their share of employment."""
    wanted = drawn.share_of_exporters(MIDDLE) + truths.rise_of_exporters
    if not 0.0 < wanted < 1.0:
        cure = "draw more establishments, or another seed"
        raise StudyError(Problem("the truth export_composition is out of reach", cure=cure))
    natural = drawn.share_of_exporters(END)
    return math.log(wanted / (1.0 - wanted)) - math.log(natural / (1.0 - natural))


def _entrants_lift(sums: Sums, truths: Truths) -> FloatArray:
    try:
        return entrants_lift(sums.four_digit_industries(_relative_prices(sums)), truths)
    except ArithmeticError as error:
        raise StudyError(_TOO_FEW) from error


def _premium_factors(natural: Sums, truths: Truths) -> dict[str, dict[int, float]]:
    """Lifts of value added with which the exporter premium is as stated, by year."""
    found = {year: lifts(natural.moments(year), truths) for year in (START, MIDDLE, END)}
    return {name: {year: lift[name] for year, lift in found.items()} for name in LIFTS}


def _growth_factors(traded: Sums) -> dict[str, dict[int, float]]:
    """Employment and value added such that continuing establishments grow as section 3.3 says."""
    employment, value_added = {MIDDLE: 0.0}, {MIDDLE: 0.0}
    for year, window in WINDOW_OF_YEAR.items():
        revenue_miss = _outward_growth(traded, "sales", year) - _wanted("revenue", window)
        employment[year] = revenue_miss
        added_miss = _outward_growth(traded, "value_added", year) - _wanted("value_added", window)
        value_added[year] = revenue_miss - added_miss
    return {"employment": employment, "value_added": value_added}


def _wanted(numerator: str, window: str) -> float:
    """Published real growth per worker from the middle year outward, in the window's own length."""
    name = f"{numerator}_per_worker_growth_{window}"
    growth = literature.quoted(literature.HLOY, name).value / 100.0 / SCALE[window]
    return growth if window == "post" else -growth


def _outward_growth(sums: Sums, amount: str, year: int) -> float:
    """Δln of real amount per job of the continuing rows, from the middle year to an outer one."""
    window = WINDOW_OF_YEAR[year]
    outer, middle = (
        sums.of(amount, at, window).sum() / sums.of("employment", at, window).sum()
        for at in (year, MIDDLE)
    )
    return math.log(outer / middle) - log_price(year)


def _relative_prices(traded: Sums) -> dict[int, FloatArray]:
    """Relative prices of industries that leave the continuing rows' real growth as planted.

    The deflated sums Σ R/P and Σ VA/P are the same with these as with the economy's index, so that
    either choice of prices gives the published growth. Nor are they correlated with tariff cuts of
    any kind over the continuing rows, so that deflating does not make a cut a cause of growth.
    """
    kinds = [(one.tariff_cut, one.foreign_cut, input_cut_of(one.code)) for one in INDUSTRIES]
    relative = {MIDDLE: np.zeros(len(INDUSTRIES))}
    for year, window in WINDOW_OF_YEAR.items():
        counts = traded.of("establishments", year, window)
        leaning = [counts * (cuts - dot(counts, cuts) / counts.sum()) for cuts in np.array(kinds).T]
        amounts = [traded.of(amount, year, window) for amount in ("sales", "value_added")]
        kept = np.stack([row / np.abs(row).sum() for row in (*amounts, *leaning)])
        drawn = np.array([_drift(industry.code) for industry in INDUSTRIES]) * (year - MIDDLE)
        told = np.array([dot(row, drawn) for row in kept])
        relative[year] = -np.log1p(drawn - least_norm_solution(kept, told))
    return relative


def _drift(code: str) -> float:
    """Assumed drift of an industry's deflator [log points a year], within 0.01 of zero."""
    return 0.02 * (zlib.crc32(f"price {code}".encode()) / 2**32 - 0.5)
