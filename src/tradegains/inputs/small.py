"""The optional small tables of a study as plain rows, and what is wrong with them.

A check and a run ask the same of them, and neither needs an engine for it.
"""

import logging
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from tradegains.errors import Problem
from tradegains.formulas.successors import SuccessorError, SuccessorLink, resolve_successors
from tradegains.store.census_checks import some_of
from tradegains.store.small_tables import SMALL_TABLES, CodeLength
from tradegains.study import RANKINGS, Study
from tradegains.study.words import TOTALS

SUM_ERROR = 1e-9
"""How far an only weight may be from 1, and a sum of weights from what their rounding explains."""

WEIGHT_ERROR = 0.5e-4
"""How far each of several weights may be from its share: as far as four decimals round it."""

log = logging.getLogger("tradegains")

NO_CHANCE = 3
"""Products and years in which a partner is the sum of the others that are no chance any more.

Of industries: how many others.
"""
ADDED_UP = ("imports", "control_totals")
"""Tables whose industries are added up."""
TOTAL_ERROR = 1e-6
"""How far a total may be from the sum of its parts, of which each is rounded [1]."""

Rows = Sequence[Mapping[str, Any]]
KeepIds = Callable[[Iterable[object]], str]
"""Keeps ids in a file and tells which."""

_WHOLE = re.compile(r"-?[0-9]{1,19}")
_BIGINT = range(-(2**63), 2**63)


class SmallInputs:
    """The small tables of a study as plain rows, each under its name; an absent one is empty.

    There are those of `store.small_tables.SMALL_TABLES`, with the columns declared there.

    Example:
        >>> small = SmallInputs(tariff_cuts=[{"industry": "01", "cut": 5.0}])
        >>> len(small.tariff_cuts), len(small.imports)
        (1, 0)
    """

    def __init__(self, **tables: Rows) -> None:
        if unknown := tables.keys() - SMALL_TABLES.keys():
            raise TypeError(f"no small table is called {', '.join(sorted(unknown))}")
        self._tables = tables

    def __getattr__(self, name: str) -> Rows:
        if name not in SMALL_TABLES:
            raise AttributeError(f"no small table is called {name}")
        return self._tables.get(name, ())

    def by_name(self) -> dict[str, Rows]:
        """All small tables by name, absent ones empty."""
        return {name: self._tables.get(name, ()) for name in SMALL_TABLES}


def small_input_problems(
    study: Study, small: SmallInputs, *, id_type: str | None, keep: KeepIds | None
) -> list[Problem]:
    """What is wrong with small tables that could be read.

    A run and a check ask the same. Arguments are those of `successor_problems`.
    """
    problems = [*code_problems(study, small), *_price_problems(study, small.prices)]
    problems += _ranking_problems(study, small.rankings)
    problems += _control_problems(study, small.industry_controls)
    problems += _year_problems_of(study, small)
    return [*problems, *successor_problems(small.successors, id_type=id_type, keep=keep)]


def _year_problems_of(study: Study, small: SmallInputs) -> Iterator[Problem]:
    """Tables by year of which no row is of a year that the study reads."""
    for name in ("imports", "control_totals", "industry_controls"):
        years = {row["year"] for row in getattr(small, name)}
        if years and years.isdisjoint(study.years):
            has = f"it has {min(years)} to {max(years)}, the study reads {min(study.years)} to "
            cure = f"correct its years, or leave {name} out: {has}{max(study.years)}"
            yield Problem("no row is of a year of the study", f"input {name}", len(years), cure)


def tell_gaps(study: Study, small: SmallInputs) -> None:
    """Say of which industries imports are given in some years of the study and not in others."""
    years = {row["year"] for row in small.imports} & set(study.years)
    known: defaultdict[str, set[int]] = defaultdict(set)
    for row in small.imports:
        known[row["industry"]].add(row["year"])
    if gaps := sorted(code for code, found in known.items() if found & years and years - found):
        told = "input imports: %s of %s industries have a row in some years of the study and none "
        told += "in others, where their imports count as 0 (%s): write 0 where that is meant"
        log.warning(told, f"{len(gaps):,}", f"{len(known):,}", some_of(gaps))


def _price_problems(study: Study, prices: Rows) -> Iterator[Problem]:
    if prices and study.productivity.prices == "economy" and "industry" in prices[0]:
        what = 'prices = "economy" but the table prices has a column industry'
        cure = "give a table with one index for each year and no column industry, or choose "
        yield Problem(what, "input prices", cure=f'{cure}prices = "industry"')
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


def _control_problems(study: Study, controls: Rows) -> Iterator[Problem]:
    """Variables that the study holds constant and the table lacks."""
    asked = study.tariff_effects.industry_controls if study.tariff_effects else None
    found = sorted({row["variable"] for row in controls})
    for name in asked or () if controls else ():
        if name not in found:
            what = f'industry_controls has "{name}", which is no variable of the table'
            cure = f"correct it: the table has {', '.join(found)}"
            yield Problem(what, "input industry_controls", cure=cure)


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
    loops = sum(row["old"] == row["new"] for row in links)
    if loops:
        yield Problem("links lead from an id to itself", where, loops, "remove them")
    try:
        resolve_successors(SuccessorLink(**row) for row in links if row["old"] != row["new"])
    except SuccessorError as error:
        ids = dict.fromkeys(error.ids)
        told = f"the ids are in {keep(ids)}" if keep else "a run lists the ids in OUTPUT/work/"
        cure = f"remove one of their links; {told}"
        yield Problem(f"{len(ids)} ids succeed one another in a cycle", where, cure=cure)


def _is_whole(identifier: str) -> bool:
    """Whether an id is a whole number of 64 bits with a sign, as the census's are read."""
    return bool(_WHOLE.fullmatch(identifier)) and int(identifier) in _BIGINT


def without_totals(rows: Rows) -> tuple[Rows, tuple[str, ...]]:
    """The rows without those that are the sum of the other industries, and the codes of these.

    A row is such a total by its code, and by its amounts, which are the sums of the others' in
    every year that it has. A code of zeros with amounts of its own is an industry.

    Args:
        rows: of a table with amounts by industry and year.

    Example:
        >>> amounts = {"10": 5.0, "20": 7.0, "00": 12.0}
        >>> found = [{"industry": i, "year": 1988, "value": v} for i, v in amounts.items()]
        >>> [row["industry"] for row in without_totals(found)[0]], without_totals(found)[1]
        (['10', '20'], ('00',))
    """
    codes = sorted({row["industry"] for row in rows if _is_total(row["industry"])})
    totals = tuple(code for code in codes if _adds_up_others(code, rows))
    return [row for row in rows if row["industry"] not in totals], totals


def summing_industries(rows: Rows) -> list[str]:
    """Industries with the sum of all others' amounts in every year that they have.

    They are totals under a code that is none by its name. An industry may be half of all by chance,
    so it is told of such only as have several years, with three others or more in each.

    Args:
        rows: of a table with amounts by industry and year.

    Example:
        >>> amounts = {"10": 5.0, "20": 7.0, "31": 2.0, "99": 14.0}
        >>> found = [
        ...     {"industry": code, "year": year, "value": value}
        ...     for year in (1980, 1988)
        ...     for code, value in amounts.items()
        ... ]
        >>> summing_industries(found), summing_industries(found[:4])
        (['99'], [])
    """
    names = rows[0].keys() - {"industry", "year"} if rows else ()
    wholes: defaultdict[int, list[float]] = defaultdict(lambda: [0.0] * (len(names) + 1))
    for row in rows:
        amounts = [1.0, *(row[name] for name in names)]
        wholes[row["year"]] = [
            one + other for one, other in zip(wholes[row["year"]], amounts, strict=True)
        ]
    years: defaultdict[str, list[bool]] = defaultdict(list)
    for row in rows:
        count, *totals = wholes[row["year"]]
        halves = [row[name] for name in names]
        is_half = all(
            half > 0.0 and abs(2.0 * half - total) <= TOTAL_ERROR * total
            for half, total in zip(halves, totals, strict=True)
        )
        years[row["industry"]].append(bool(names) and count > NO_CHANCE and is_half)
    return sorted(code for code, found in years.items() if len(found) > 1 and all(found))


def _adds_up_others(code: str, rows: Rows) -> bool:
    years = {row["year"] for row in rows if row["industry"] == code}
    amounts = rows[0].keys() - {"industry", "year"}
    return all(
        _is_sum(code, name, [row for row in rows if row["year"] == year])
        for year in years
        for name in amounts
    )


def _is_sum(code: str, name: str, rows: Rows) -> bool:
    total = math.fsum(row[name] for row in rows if row["industry"] == code)
    parts = math.fsum(row[name] for row in rows if row["industry"] != code)
    return total > 0.0 and abs(total - parts) <= TOTAL_ERROR * total


def _is_total(name: str) -> bool:
    """Whether a name or code is one that totals have.

    Example:
        >>> [name for name in ("World", "TOT", "0", "0000", "0101", "US", "") if _is_total(name)]
        ['World', 'TOT', '0', '0000']
    """
    return name.lower() in TOTALS or (name != "" and not name.strip("0"))


def code_problems(study: Study, small: SmallInputs) -> list[Problem]:
    """What is wrong with the small tables' industry codes: lengths, signs and totals among them.

    Codes are matched by their first digits, so those of one table must have one length, one of
    those that `SMALL_TABLES` declares for it; and codes of the census are digits.
    """
    problems = []
    for name, lengths in _declared_lengths(study).items():
        rows = [row for row in getattr(small, name) if "industry" in row]
        if totals := sorted({row["industry"] for row in rows if row["industry"].lower() in TOTALS}):
            count = sum(row["industry"] in totals for row in rows)
            what = f"the industry {' and '.join(totals)} is a total, and no industry"
            problems.append(Problem(what, f"input {name}", count, "take those rows out"))
            continue
        if name in ADDED_UP and (totals := summing_industries(rows)):
            what = f"the industry {' and '.join(totals)} is the sum of all others in every year"
            cure = "take its rows out: it is a total, which would count twice"
            problems.append(Problem(what, f"input {name}", len(totals), cure))
            continue
        if odd := sum(_has_signs(row, "industry", "input_industry") for row in rows):
            cure = "write them as the census's are, without letters, dots and X (C10.1 as 101): "
            cure += "codes of the census, or the new ones of its concordance, are digits"
            what = "industry codes are not digits alone, and match nothing"
            problems.append(Problem(what, f"input {name}", odd, cure))
            continue
        by_kind: defaultdict[str | None, set[int]] = defaultdict(set)
        for row in rows:
            by_kind[row.get("kind")].add(len(row["industry"]))
        # Cuts of inputs are of the industries that buy: their codes may be finer than of others.
        for found in map(sorted, by_kind.values()):
            if len(found) > 1 or found[0] not in lengths:
                problems.append(_length_problem(name, found, lengths))
    problems += _concordance_problems(study, small.concordance)
    return [*problems, *_product_trade_problems(study, small.product_trade)]


def _has_signs(row: Mapping[str, Any], *columns: str) -> bool:
    """Whether a code of a row has anything but digits."""
    return any(not re.fullmatch("[0-9]+", row[name]) for name in columns if name in row)


def _length_problem(name: str, found: Sequence[int], lengths: range) -> Problem:
    wanted = f"{lengths[0]}" if len(lengths) == 1 else f"{lengths[0]} to {lengths[-1]}"
    return Problem(
        f"industry codes of {' and '.join(map(str, found))} characters",
        f"input {name}",
        cure=f"give every code the same length, {wanted} digits, with leading zeros",
    )


def _declared_lengths(study: Study) -> dict[str, range]:
    """The lengths that a table's industry codes may have, by table."""
    digits: dict[CodeLength, int] = {
        "one": 1,
        "group": study.census.industry_group_digits,
        "finest": study.census.industry_digits,
    }
    return {
        table.name: range(digits[column.lengths[0]], digits[column.lengths[1]] + 1)
        for table in SMALL_TABLES.values()
        for column in table.columns
        if column.name == "industry" and column.lengths
    }


def _concordance_problems(study: Study, concordance: Rows) -> Iterator[Problem]:
    """What is wrong with the concordance: weights that do not add up, codes of another length."""
    where = "input concordance"
    weights: defaultdict[str, list[float]] = defaultdict(list)
    for row in concordance:
        weights[row["old"]].append(row.get("weight", 1.0))
    odd_sums = [total for total in map(_sum_that_is_not_1, weights.values()) if total is not None]
    if odd_sums:
        farthest = max(odd_sums, key=lambda total: abs(total - 1.0))
        cure = "give each new industry its share in the column weight, 1 to an only one; shares "
        cure += "rounded to four decimals or more are taken as parts of their sum"
        what = f"weights of old industries do not add up to 1; the farthest to {farthest:.6g}"
        yield Problem(what, where, len(odd_sums), cure)
    yield from _year_problems(concordance, where)
    digits = study.census.industry_digits
    odd = [row for row in concordance if not re.fullmatch(f"[0-9]{{{digits}}}", row["new"])]
    if odd:
        cure = f"give every new code {digits} digits, with leading zeros"
        yield Problem("new codes are not codes of the census", where, len(odd), cure)


def _year_problems(concordance: Rows, where: str) -> Iterator[Problem]:
    """Old codes whose rows hold in no year, or in others than the rest of the same code."""
    years: defaultdict[str, set[tuple[int, int]]] = defaultdict(set)
    for row in concordance:
        years[row["old"]].add((row.get("from_year", 0), row.get("to_year", 9_999)))
    if backward := sum(first > last for found in years.values() for first, last in found):
        cure = "give from_year the first year of the old code, and to_year the last"
        yield Problem("from_year is after to_year", where, backward, cure)
    if several := sum(len(found) > 1 for found in years.values()):
        cure = "give every row of an old code the same years"
        yield Problem("old codes have rows of other years", where, several, cure)


def codes_of_two_meanings(concordance: Rows) -> list[str]:
    """Codes that are old and new ones, of different industries, with nothing to say when.

    Example:
        >>> glass = {"old": "2610", "new": "2310"}
        >>> codes_of_two_meanings([glass, {"old": "3230", "new": "2610"}])
        ['2610']
    """
    undated = [row for row in concordance if not {"from_year", "to_year"} & row.keys()]
    moved = {row["old"] for row in undated if row["old"] != row["new"]}
    return sorted(moved & {row["new"] for row in concordance if row["old"] != row["new"]})


def _sum_that_is_not_1(weights: Sequence[float]) -> float | None:
    """What the weights of an old industry add up to; None where that is 1, but for rounding.

    Example:
        >>> _sum_that_is_not_1([0.3333, 0.3333, 0.3333]), _sum_that_is_not_1([0.33, 0.33, 0.33])
        (None, 0.99)
    """
    total = math.fsum(weights)
    rounded = len(weights) * WEIGHT_ERROR if len(weights) > 1 else 0.0
    return None if abs(total - 1.0) <= rounded + SUM_ERROR else total


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
    if signed := sum(bool(re.search(r"[\s.\-/]", row["product"])) for row in flows):
        cure = "leave them out: groups of products are the first digits of a code"
        yield Problem("product codes have dots, dashes or blanks", where, signed, cure)
    for column in ("product", "partner", "reporter"):
        yield from _total_problems(flows, column, where)
    for column in ("partner", "reporter"):
        yield from _ways_problems(flows, column, where)
    if called := [name for name in summing_partners(flows) if not _is_total(name)]:
        what = f"flows of the partner {' and '.join(called)} are the sum of all others', in every "
        cure = "take its rows out: it is a total, whose flows would count twice"
        yield Problem(f"{what}product and year", where, len(called), cure)
    if choices.reporter is not None and "reporter" in flows[0]:
        cure = "take reporter out of [intra_industry_trade]; the column reporter counts"
        yield Problem("the study names a reporter, and so does the table", where, cure=cure)


def _total_problems(flows: Rows, column: str, where: str) -> Iterator[Problem]:
    """Products, partners or reporters that are totals by name."""
    names = {row.get(column) or "" for row in flows}
    called = sorted(filter(_is_total, names))
    if called and len(names) > 1:
        totals = sum((row.get(column) or "") in called for row in flows)
        what = f"the {column} {' and '.join(called)} stands beside single {column}s"
        cure = "take those rows out, or the others: they are totals"
        yield Problem(f"{what}: flows would count twice", where, totals, cure)


def _ways_problems(flows: Rows, column: str, where: str) -> Iterator[Problem]:
    """Partners or reporters that are written in two ways."""
    names = {row.get(column) or "" for row in flows}
    by_plain: defaultdict[str, set[str]] = defaultdict(set)
    for name in names:
        by_plain[name.lower().lstrip("0")].add(name)
    if twice := sum(len(each) for each in by_plain.values() if len(each) > 1):
        what = f"{column}s differ in case or zeros in front only, and count as several"
        yield Problem(what, where, twice, f"write each {column} in one way")


def summing_partners(flows: Rows) -> list[str]:
    """Partners whose flows are the sum of all others', for every product and year they have.

    They are totals under a name that nobody knows, of which single flows may be by chance: only of
    several products or years, with three partners or more in each, is it told.

    Example:
        >>> amounts = {"DEU": 4.0, "USA": 6.0, "EXT": 10.0}
        >>> flows = [
        ...     {"product": "01", "year": year, "partner": name, "exports": value, "imports": value}
        ...     for year in (1999, 2000, 2001)
        ...     for name, value in amounts.items()
        ... ]
        >>> summing_partners(flows), summing_partners(flows[:3])
        (['EXT'], [])
    """
    sums: defaultdict[tuple[Any, ...], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for row in flows:
        whole = sums[row.get("reporter"), row["product"], row["year"]]
        for place, amount in enumerate((row["exports"], row["imports"], 1.0)):
            whole[place] += amount
    may_be = {row["partner"] for row in flows}
    for row in flows:
        *whole, count = sums[row.get("reporter"), row["product"], row["year"]]
        halves = (row["exports"], row["imports"])
        is_half = all(
            abs(2.0 * half - total) <= TOTAL_ERROR * total
            for half, total in zip(halves, whole, strict=True)
        )
        if count < 3 or not is_half or not sum(halves):
            may_be.discard(row["partner"])
    held = Counter(row["partner"] for row in flows)
    return sorted(partner for partner in may_be if held[partner] >= NO_CHANCE)
