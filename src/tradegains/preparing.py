"""From census rows to rows ready to be matched, as the study's choices say."""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tradegains.errors import Problem
from tradegains.formulas.concordance import main_industry, parts_numbers
from tradegains.formulas.matching import SuccessorError, SuccessorLink, resolve_successors
from tradegains.predicates import check_predicates
from tradegains.study import RANKINGS, Study
from tradegains.tables import working as w
from tradegains.transforms.flagging import (
    add_derived_columns,
    add_log_productivity,
    convert_industries,
    fix_amounts,
    flag_rows,
    standardise_industry,
)
from tradegains.transforms.lookups import CODE, COUNTERPART, look_up

LAST_ID = "last_id"
SUM_ERROR = 1e-9
"""How far the weights of an old industry may be from 1 together."""

LOG_PRICE = "log_price"
TARIFF_CUT = "tariff_cut"
WORLD = "world"

Rows = Sequence[Mapping[str, Any]]
KeepIds = Callable[[Iterable[object]], str]
"""Keeps ids in a file and tells which."""

_WHOLE = re.compile(r"-?[0-9]{1,18}")


@dataclass(frozen=True)
class SmallInputs:
    """Optional small tables as plain rows; an absent one is empty.

    imports: industry, year, value. tariff_cuts: industry, cut. prices: year, index and, by
    industry, industry. elasticities: industry, sigma. product_trade: product, year, partner,
    exports, imports and, of several countries, reporter. product_tariffs: product, cut.
    control_totals: industry, year and any of establishments, employment, sales, exports,
    value_added. successors: old, new, year. concordance: old, new and, if stated, weight.
    rankings: industry, variable, value.
    """

    imports: Rows = field(default_factory=tuple)
    tariff_cuts: Rows = field(default_factory=tuple)
    prices: Rows = field(default_factory=tuple)
    elasticities: Rows = field(default_factory=tuple)
    product_trade: Rows = field(default_factory=tuple)
    product_tariffs: Rows = field(default_factory=tuple)
    control_totals: Rows = field(default_factory=tuple)
    successors: Rows = field(default_factory=tuple)
    concordance: Rows = field(default_factory=tuple)
    rankings: Rows = field(default_factory=tuple)


def flag_census(study: Study, census: DataFrame, small: SmallInputs) -> DataFrame:
    """One row per census row, flagged, with every column a rule or predicate reads."""
    digits = study.census.industry_digits
    productivity = study.productivity
    check_predicates(census.sparkSession, study, dict(census.dtypes))
    rows = standardise_industry(
        census, digits=digits, group_digits=study.census.industry_group_digits
    )
    if small.concordance:
        rows = _convert_industries(rows, study, small.concordance)
    rows = add_derived_columns(rows)
    if productivity.prices != "none":
        rows = _look_up_prices(rows, small.prices)
    if small.tariff_cuts:
        rows = _look_up_cuts(rows, small.tariff_cuts)
    return flag_rows(
        rows,
        rules=study.census.rules,
        industry_digits=digits,
        measure=(productivity.numerator, productivity.denominator),
    )


def measure_rows(study: Study, flagged: DataFrame) -> DataFrame:
    """One row per flagged row, with its whole-number amounts, productivity and predicates."""
    rows = add_log_productivity(
        fix_amounts(flagged),
        numerator=study.productivity.numerator,
        denominator=study.productivity.denominator,
        log_price=None if study.productivity.prices == "none" else LOG_PRICE,
    )
    predicates = {"domestic": F.col(w.SALES) > F.col(w.EXPORTS)}
    for position, population in enumerate(study.populations):
        predicates[w.population_column(position)] = F.expr(population.where)
    for restriction in study.restrictions:
        predicates[w.restriction_column(restriction.name)] = F.expr(restriction.where)
    return rows.withColumns({name: _if_valid(test) for name, test in predicates.items()})


def _if_valid(test: Column) -> Column:
    """A predicate that is null, as with a missing column value, does not hold."""
    return F.col(w.VALID) & F.coalesce(test.cast("boolean"), F.lit(False))


def _convert_industries(rows: DataFrame, study: Study, concordance: Rows) -> DataFrame:
    splits = split_industries(concordance)
    new_codes = {row["old"]: row["new"] for row in concordance}
    new_codes |= {old: main_industry(shares) for old, shares in splits.items()}
    known = {row["new"]: row["new"] for row in concordance} | new_codes
    columns = {
        w.INDUSTRY: pa.array(list(known), pa.string()),
        COUNTERPART: pa.array(list(known.values()), pa.string()),
    }
    if splits:
        numbers = parts_numbers(splits, digits=study.census.industry_digits)
        parts = pa.array([numbers.get(old) for old in known], pa.int64())
        columns[w.parts_column(w.INDUSTRY)] = parts
    small = pa.table(columns)
    return convert_industries(
        rows,
        rows.sparkSession.createDataFrame(small),
        group_digits=study.census.industry_group_digits,
    )


def split_industries(concordance: Rows) -> dict[str, dict[str, float]]:
    """Weights of the new industries of each old one that has several."""
    found: dict[str, dict[str, float]] = {}
    for row in concordance:
        found.setdefault(row["old"], {})[row["new"]] = row.get("weight", 1.0)
    return {old: shares for old, shares in found.items() if len(shares) > 1}


def repair_ids(flagged: DataFrame, last_ids: Mapping[str, str]) -> DataFrame:
    """One row per flagged row, a replaced id now the last of its chain of successors.

    Reads establishment_id. Establishments that merge get one id, and keep their rows.
    """
    is_text = dict(flagged.dtypes)[w.ESTABLISHMENT_ID] == "string"
    kind = pa.string() if is_text else pa.int64()
    columns = {w.ESTABLISHMENT_ID: list(last_ids), LAST_ID: list(last_ids.values())}
    typed = {
        name: pa.array(ids if is_text else list(map(int, ids)), kind)
        for name, ids in columns.items()
    }
    links = flagged.sparkSession.createDataFrame(pa.table(typed))
    joined = flagged.join(F.broadcast(links), on=w.ESTABLISHMENT_ID, how="left")
    last_id = F.coalesce(F.col(LAST_ID), F.col(w.ESTABLISHMENT_ID))
    return joined.withColumn(w.ESTABLISHMENT_ID, last_id).drop(LAST_ID)


def small_input_problems(
    study: Study, small: SmallInputs, *, id_type: str | None, keep: KeepIds | None
) -> list[Problem]:
    """What is wrong with small tables that could be read.

    A run and a check ask the same. Arguments are those of `successor_problems`.
    """
    problems = [*code_problems(study, small), *_price_problems(study, small.prices)]
    problems += _ranking_problems(study, small.rankings)
    return [*problems, *successor_problems(small.successors, id_type=id_type, keep=keep)]


def _price_problems(study: Study, prices: Rows) -> Iterator[Problem]:
    if prices and study.productivity.prices == "industry" and "industry" not in prices[0]:
        what = 'prices = "industry" but the table prices has no column industry'
        cure = 'add the column, or choose prices = "economy"'
        yield Problem(what, "input prices", cure=cure)


def _ranking_problems(study: Study, rankings: Rows) -> Iterator[Problem]:
    """Variables that the study ranks by and the table lacks, and such as have another table."""
    curves, where = study.welfare.curves, "input rankings"
    if curves is None or not rankings:
        return
    found = sorted({row["variable"] for row in rankings})
    for name in curves.rank_by:
        if name not in RANKINGS and name not in found:
            what = f'rank_by has "{name}", which is no variable of the table'
            cure = f"correct it: the table has {', '.join(found)}"
            yield Problem(what, where, cure=cure)
    for name in sorted(RANKINGS.keys() & found):
        cure = f"give it another name, or take it out: {name} is read from {RANKINGS[name]}"
        yield Problem(f"the variable {name} has a table of its own", where, cure=cure)


def successor_problems(
    links: Rows, *, id_type: str | None, keep: KeepIds | None
) -> Iterator[Problem]:
    """What is wrong with the successor links.

    Args:
        links: old, new and year.
        id_type: Spark type of the census's ids; None where the census cannot be read.
        keep: keeps ids in the run's work folder and tells the file: a message names no ids. None
            where nothing may be written.
    """
    where = "input successors"
    if id_type not in (None, "string"):
        odd = [row for row in links if not all(_is_whole(row[end]) for end in ("old", "new"))]
        if odd:
            what = "ids are not whole numbers, as those of the census are"
            yield Problem(what, where, len(odd), "correct the ids, or leave the links out")
    try:
        resolve_successors(SuccessorLink(**row) for row in links)
    except SuccessorError as error:
        ids = dict.fromkeys(error.ids)
        told = f"the ids are in {keep(ids)}" if keep else "a run lists the ids in OUTPUT/work/"
        cure = f"remove one of their links; {told}"
        yield Problem(f"{len(ids)} ids succeed one another in a cycle", where, cure=cure)


def _is_whole(identifier: str) -> bool:
    return bool(_WHOLE.fullmatch(identifier))


def code_problems(study: Study, small: SmallInputs) -> list[Problem]:
    """What is wrong with the lengths of the small tables' industry codes.

    Codes are matched by their first digits, so those of one table must have one length, and
    imports and elasticities must tell the industry groups apart.
    """
    group, finest = study.census.industry_group_digits, study.census.industry_digits
    allowed = {
        "imports": range(group, finest + 1),
        "tariff_cuts": range(1, finest + 1),
        "prices": range(finest + 1),
        "elasticities": range(group, group + 1),
        "control_totals": range(1, finest + 1),
        "rankings": range(1, finest + 1),
    }
    problems = []
    for name, lengths in allowed.items():
        found = sorted({len(row.get("industry") or "") for row in getattr(small, name)})
        if len(found) > 1 or any(length not in lengths for length in found):
            wanted = f"{lengths[0]}" if len(lengths) == 1 else f"{lengths[0]} to {lengths[-1]}"
            problems.append(
                Problem(
                    f"industry codes of {' and '.join(map(str, found))} characters",
                    f"input {name}",
                    cure=f"give every code the same length, {wanted} digits, with leading zeros",
                )
            )
    problems += _concordance_problems(study, small.concordance)
    return [*problems, *_product_trade_problems(study, small.product_trade)]


def _concordance_problems(study: Study, concordance: Rows) -> Iterator[Problem]:
    """What is wrong with the concordance: weights that do not add up, codes of another length."""
    where = "input concordance"
    weights: defaultdict[str, list[float]] = defaultdict(list)
    for row in concordance:
        weights[row["old"]].append(row.get("weight", 1.0))
    odd_sums = [old for old, found in weights.items() if abs(math.fsum(found) - 1.0) > SUM_ERROR]
    if odd_sums:
        cure = "give each new industry its share in the column weight, 1 to an only one"
        what = "weights of old industries do not add up to 1"
        yield Problem(what, where, len(odd_sums), cure)
    digits = study.census.industry_digits
    odd = [row for row in concordance if not re.fullmatch(f"[0-9]{{{digits}}}", row["new"])]
    if odd:
        cure = f"give every new code {digits} digits, with leading zeros"
        yield Problem("new codes are not codes of the census", where, len(odd), cure)


def _product_trade_problems(study: Study, flows: Rows) -> Iterator[Problem]:
    """What is wrong with product flows: lengths of codes, and totals beside their parts."""
    choices, where = study.intra_industry_trade, "input product_trade"
    if not flows or choices is None:
        return
    lengths = sorted({len(row["product"]) for row in flows})
    if len(lengths) > 1 or lengths[0] < max(choices.levels):
        yield Problem(
            f"product codes of {' and '.join(map(str, lengths))} characters",
            where,
            cure="give every code the same length, with leading zeros, and at least "
            f"{max(choices.levels)} digits, the finest of intra_industry_trade.levels",
        )
    for column in ("partner", "reporter"):
        names = {row.get(column) or "" for row in flows}
        totals = sum((row.get(column) or "").lower() == WORLD for row in flows)
        if totals and len(names) > 1:
            what = f"the {column} {WORLD} stands beside single {column}s: flows would count twice"
            yield Problem(what, where, totals, "take those rows out, or the others")
    if choices.reporter is not None and "reporter" in flows[0]:
        cure = "take reporter out of [intra_industry_trade]; the column reporter counts"
        yield Problem("the study names a reporter, and so does the table", where, cure=cure)


def _look_up_prices(rows: DataFrame, prices: Rows) -> DataFrame:
    digits = _code_length(prices)
    small = pa.table(
        {
            CODE: pa.array([row.get("industry") or "" for row in prices], pa.string()),
            w.YEAR: pa.array([row["year"] for row in prices], pa.int32()),
            LOG_PRICE: pa.array([math.log(row["index"]) for row in prices], pa.float64()),
        }
    )
    return look_up(rows, rows.sparkSession.createDataFrame(small), digits=digits, on=(w.YEAR,))


def _look_up_cuts(rows: DataFrame, cuts: Rows) -> DataFrame:
    small = pa.table(
        {
            CODE: pa.array([row["industry"] for row in cuts], pa.string()),
            TARIFF_CUT: pa.array([row["cut"] for row in cuts], pa.float64()),
        }
    )
    digits = _code_length(cuts)
    return look_up(rows, rows.sparkSession.createDataFrame(small), digits=digits)


def _code_length(rows: Rows) -> int:
    """Digits of a small table's industry codes; 0 when it has no industries."""
    return max((len(row.get("industry") or "") for row in rows), default=0)
