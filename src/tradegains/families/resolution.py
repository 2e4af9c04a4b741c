"""How finely a run counts money: as the study states, or as the amounts of its census need.

Decision: hundredths of the money unit, and the rows are matched once, where no amount loses a digit
by them. Where one does (money in billions, amounts that were deflated or weighted), units are made
as small as 64 bits allow and the rows are matched again, so that another money unit changes no
result; where amounts or their sums are too large for hundredths, units are made larger. What is
chosen follows from the largest amount and the sums of the rows, never from their order.

Where a sample of the files shows such an amount, or a missing one, a pass over the rows foresees
what the first match would tell, and one match is enough. What it does not foresee is found by the
match as before: the choice is the same either way.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial, reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tradegains.families.context import MatchedCensus, RunContext
from tradegains.families.matching import match_census
from tradegains.families.preparing import flag_census, measure_rows
from tradegains.formulas.fixed_point import (
    LARGEST_ROUNDING,
    USUAL_DECIMALS,
    decimals_for,
    largest_money,
)
from tradegains.results.market_cells import MarketCells, SumTooLargeError
from tradegains.results.quality import bits_of_unknown
from tradegains.results.rounding import MONEY, rounding_of, size_of_money
from tradegains.results.sets import study_sets
from tradegains.statistics.collecting import collect
from tradegains.study import Study
from tradegains.tables import working as w
from tradegains.tables.flags import FLAG_BITS
from tradegains.transforms.bits import bigint
from tradegains.transforms.flagging import largest_amounts

log = logging.getLogger("tradegains")

INVALID_MONEY = sum(
    FLAG_BITS[rule] for rule in ("invalid_sales", "invalid_exports", "invalid_value_added")
)
ROUNDED = FLAG_BITS["money_rounded"]
LARGEST_SUM = 2**62
"""Sums of money up to here, in units, leave room for what is added up from them."""

MOST_ROUNDS = 4
COARSE_JOBS = 1e-3
"""Share of a sum of jobs from which rounding is not of part-time jobs but of another unit."""


def match_as_finely(context: RunContext, census: DataFrame) -> tuple[RunContext, MatchedCensus]:
    """The matched rows, and the context with the decimals that their money counts to.

    Where rows lack an amount they are matched once more, to tell whose is unknown at either end of
    a window.

    Raises:
        InputError: a sum of money does not fit 64 bits in the units that the study states.
    """
    context, matched = _match(context, census)
    lacking = lacking_measures(context.study, _flags_of_rows(matched.cells))
    if lacking == context.unknown:
        return context, matched
    again = _lacking(context, lacking)
    largest = again.largest_money
    flagged = flag_census(again.study, census, again.small, largest_money=largest)
    return again, match_census(again, flagged)


def _lacking(context: RunContext, measures: tuple[str, ...]) -> RunContext:
    """The context in which establishments may lack these measures."""
    return replace(context, unknown=measures, sets=study_sets(context.study, measures))


def lacking_measures(study: Study, flags: int) -> tuple[str, ...]:
    """Measures that some row of the study lacks: they are missing in it, or no number.

    `flags` are those of any row. Without its weight a row lacks all.
    """
    return tuple(measure for measure, bits in bits_of_unknown(study).items() if flags & bits)


def _flags_of_rows(cells: MarketCells) -> int:
    """Flags of any row that is in the cells."""
    return reduce(or_, set(cells[w.FLAGS].tolist()), 0)


@dataclass(frozen=True)
class _Seen:
    """What all rows tell of money.

    Attributes:
        flags: of any row, also those that leave the study.
        sums: the largest sum of an amount of any cell, or of all rows [units].
        size: the largest sum over rows of an amount, each row's without its sign [units].
    """

    flags: int
    sums: int
    size: Callable[[], int]

    @staticmethod
    def in_match(matched: MatchedCensus) -> "_Seen":
        """By rows that are matched."""
        rows = matched.cells.rows_by_flags.items()
        flags = reduce(or_, (flags for (_, flags), count in rows if count), 0)
        return _Seen(flags, size_of_money(matched.cells), partial(_size, matched.rows))


def _foreseen(context: RunContext, census: DataFrame) -> tuple[RunContext, int]:
    """The context with the measures that establishments lack, and the decimals that money needs."""
    counting, flagged = _flag(context, census, USUAL_DECIMALS, is_stated=False)
    counting, seen = _foresee(counting, flagged)
    decimals = USUAL_DECIMALS if seen is None else _needed(counting, flagged, seen)
    if decimals < USUAL_DECIMALS:  # what was too large is an amount now
        counting, _ = _foresee(*_flag(context, census, decimals, is_stated=False))
    return replace(context, unknown=counting.unknown, sets=counting.sets), decimals


def _foresee(context: RunContext, flagged: DataFrame) -> tuple[RunContext, _Seen | None]:
    """What a match would tell of the rows, by a pass before it; nothing where sums may not fit.

    And the context in which establishments may lack the measures that some row lacks.
    """
    study, largest = context.study, context.largest_money
    rows = measure_rows(study, flagged, largest_money=largest)
    is_kept = F.col(w.FLAGS).bitwiseAND(bigint(context.removing)) == 0
    found = collect(
        rows.agg(
            F.bit_or(w.FLAGS).alias("flags"),
            F.bit_or(F.when(is_kept, F.col(w.FLAGS))).alias("kept"),
            *_sizes(),
        )
    ).to_pylist()[0]
    size = max(int(found[name] or 0) for name in MONEY)
    context = _lacking(context, lacking_measures(study, found["kept"] or 0))
    seen = _Seen(found["flags"] or 0, size, lambda: size)
    return context, seen if size <= LARGEST_SUM else None


def _match(context: RunContext, census: DataFrame) -> tuple[RunContext, MatchedCensus]:
    """The rows matched with the decimals that the study states, or that the amounts need."""
    stated = context.study.census.money_decimals
    if stated is not None:
        counting, flagged = _flag(context, census, stated, is_stated=True)
        if context.foresees:
            counting, _ = _foresee(counting, flagged)
        return _told(counting, match_census(counting, flagged))
    decimals = USUAL_DECIMALS
    if context.foresees:
        context, decimals = _foreseen(context, census)
    for rounds_left in reversed(range(MOST_ROUNDS)):
        counting, flagged = _flag(context, census, decimals, is_stated=False)
        try:
            matched = match_census(counting, flagged)
        except SumTooLargeError:
            if not rounds_left:
                raise
            decimals = _needed(counting, flagged, None)
            continue
        needed = _needed(counting, flagged, _Seen.in_match(matched))
        if needed == decimals or not rounds_left:
            break
        decimals = needed
    if decimals != USUAL_DECIMALS:
        told = "money counts to 1e%d of the money unit, as its amounts need: money_decimals = %d "
        told += "under [census] matches rows once, to the same numbers"
        log.warning(told, -decimals, decimals)
    return _told(counting, matched)


def _flag(
    context: RunContext, census: DataFrame, decimals: int, *, is_stated: bool
) -> tuple[RunContext, DataFrame]:
    """The context with so many decimals of money, and the rows flagged under it."""
    counting = _counting(context, decimals, is_stated=is_stated)
    largest = counting.largest_money
    return counting, flag_census(counting.study, census, counting.small, largest_money=largest)


def _told(context: RunContext, matched: MatchedCensus) -> tuple[RunContext, MatchedCensus]:
    tell_rounding(matched.cells)
    return context, matched


def _counting(context: RunContext, decimals: int, *, is_stated: bool) -> RunContext:
    """The context with so many decimals of money.

    What is too large for hundredths is not refused for units that were made smaller.
    """
    study = context.study
    census = replace(study.census, money_decimals=decimals)
    largest = largest_money(decimals if is_stated else min(decimals, USUAL_DECIMALS))
    return replace(context, study=replace(study, census=census), largest_money=largest)


def _needed(context: RunContext, flagged: DataFrame, seen: _Seen | None) -> int:
    """The decimals that the amounts need; those at hand where they will do.

    `seen` is None where sums do not fit.
    """
    decimals = context.study.census.decimals
    has_rounded = seen is not None and bool(seen.flags & ROUNDED)
    is_large = seen is None or seen.sums > LARGEST_SUM
    may_be_refused = seen is None or bool(seen.flags & INVALID_MONEY)
    if not (has_rounded or is_large or may_be_refused):
        return decimals
    found = collect(largest_amounts(flagged, largest_money=context.largest_money)).to_pylist()[0]
    if found["refused"] is not None:
        return min(decimals, _holding(found["refused"]))
    largest, rows = Fraction(found["counted"] or 0.0), found["rows"]
    if not largest or not (has_rounded or is_large):
        return decimals
    bound = rows * largest
    if seen is not None and not is_large:
        bound = min(bound, (seen.size() + rows * len(MONEY)) * Fraction(10) ** -decimals)
    wanted = decimals_for(largest, bound)
    return wanted if is_large else max(decimals, wanted)


def _holding(amount: float) -> int:
    """The most decimals at which an amount that hundredths cannot hold is one."""
    decimals = USUAL_DECIMALS
    while amount > largest_money(decimals):
        decimals -= 1
    return decimals


def _size(rows: DataFrame) -> int:
    """The largest sum over matched rows of an amount of money, each row's without its sign."""
    (found,) = collect(rows.agg(*_sizes())).to_pylist()
    return max(int(each or 0) for each in found.values())


def _sizes() -> list[Column]:
    # As decimals, whose sums of any size are exact.
    return [F.sum(F.abs(F.col(name)).cast("decimal(20,0)")).alias(name) for name in MONEY]


def tell_rounding(cells: MarketCells) -> None:
    """Say how many sums rounding may have moved by more than LARGEST_ROUNDING, money's or jobs'."""
    found = rounding_of(cells)
    if found.groups:
        told = "rounding money may move sums of %s groups of establishments by more than %g of "
        told += "themselves, at most by %.2g: more money_decimals under [census] lose less"
        log.warning(told, f"{found.groups:,}", LARGEST_ROUNDING, found.most)
    jobs = rounding_of(cells, [w.EMPLOYMENT], "employment_rounded")
    if jobs.groups:
        told = "employment counts to thousandths of a job, which may move sums of %s groups of "
        told += "establishments by more than %g of themselves, at most by %.2g"
        told += "; is it in thousands of jobs? `tradegains convert` scales it" * (
            jobs.most > COARSE_JOBS
        )
        log.warning(told, f"{jobs.groups:,}", LARGEST_ROUNDING, jobs.most)
