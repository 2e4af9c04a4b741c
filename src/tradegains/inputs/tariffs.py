"""Cuts of three kinds of tariff, each row with its kind and its cut, however the tables give them.

A run and a check read the tables through `told_cuts`: later code finds `kind` and `cut` on every
row of `tariff_cuts` and `product_tariffs`, and cuts of inputs among the former. No cut of one kind
ever stands in for another: who would be looked up in another country's tariff is the choice of no
study.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from tradegains.errors import Problem
from tradegains.formulas.tariffs import input_cut, rate_cut
from tradegains.study import Study
from tradegains.study.earlier import not_stated

log = logging.getLogger("tradegains")

HOME, INPUT = "home", "input"
RATES = {"applied": ("before", "after"), "preference": ("mfn", "preferential")}
SHARE_ERROR = 1e-6
"""How far shares of inputs may add up to more than one: by their rounding."""

Row = Mapping[str, Any]
Tables = dict[str, Sequence[Row]]


def told_cuts(study: Study, tables: Tables) -> tuple[Tables, list[Problem]]:
    """The tables with a kind and a cut on every row, and what is wrong with them.

    Args:
        study: whose `[tariffs]` says what a cut is.
        tables: rows of the small tables that could be read, by name.
    """
    problems: list[Problem] = []
    told: Tables = {}
    kinds: set[str | None] = set()
    of_products = study.tariffs.product_kind or (HOME if _uses_home_alone(study) else None)
    for name, default in (("tariff_cuts", HOME), ("product_tariffs", of_products)):
        rows = tables.get(name)
        if not rows:
            continue
        found = [*_kind_problems(study, name, rows), *_rate_problems(study, name, rows)]
        problems += found
        kinds |= {row.get("kind", default) for row in rows}
        told[name] = [] if found else [_told(study, row, default) for row in rows]
    given = {"tariff_cuts", "product_tariffs", "input_output"} & study.inputs.given().keys()
    lacking = given - tables.keys()
    judged = told.get("tariff_cuts") != [] and not lacking & {"tariff_cuts", "input_output"}
    if "input_output" in given and judged:
        problems += _share_problems(study, tables, told)
    # Whose tariffs there are is known of tables that can be read, whatever else is wrong with them.
    if told and not lacking and None not in kinds:
        problems += _lacking(study, kinds | ({INPUT} if "input_output" in given else set()))
    if problems or lacking:
        return tables | told, problems
    if "input_output" in given:
        told["tariff_cuts"] = [*told["tariff_cuts"], *_input_cuts(study, tables, told)]
    return tables | told, []


def kinds_of(rows: Sequence[Row]) -> set[str]:
    """The kinds of tariff that a table has cuts of.

    Example:
        >>> kinds_of([{"kind": "foreign", "cut": 1.0}, {"cut": 2.0}]) == {"foreign", "home"}
        True
    """
    return {row.get("kind", HOME) for row in rows}


def home_cuts(rows: Sequence[Row]) -> list[Row]:
    """The cuts of the country's own tariffs on what its industries make.

    Example:
        >>> home_cuts([{"kind": "foreign", "cut": 1.0}, {"kind": "home", "cut": 2.0}])
        [{'kind': 'home', 'cut': 2.0}]
    """
    return [row for row in rows if row.get("kind", HOME) == HOME]


def _told(study: Study, row: Row, default: str | None) -> Row:
    """A row with its kind and its cut."""
    if "cut" in row:
        return {**row, "kind": row.get("kind", default)}
    before, after = RATES[study.tariffs.change or "applied"]
    in_logs = study.tariffs.measure == "log_points"
    cut = rate_cut(row[before], row[after], in_logs=in_logs)
    return {**row, "kind": row.get("kind", default), "cut": cut}


def _kind_problems(study: Study, name: str, rows: Sequence[Row]) -> Iterator[Problem]:
    stated = study.tariffs.product_kind
    if name != "product_tariffs" or ("kind" in rows[0]) == (stated is None):
        return
    if stated is not None:
        what = "product_kind is stated, and the table has a column kind"
        yield Problem(what, f"input {name}", cure="take one of them out")
    elif _uses_home_alone(study):
        log.warning("%s", not_stated("[tariffs] product_kind", HOME))
    else:
        cure = 'state product_kind in [tariffs]: "home", "foreign" or "input"; or add the column '
        what = "nothing says whose tariffs on what these are"
        yield Problem(what, f"input {name}", cure=f"{cure}kind")


def _uses_home_alone(study: Study) -> bool:
    """Earlier versions knew the country's own tariffs only, and asked for no kind."""
    return study.cut_kinds == (HOME,)


def _rate_problems(study: Study, name: str, rows: Sequence[Row]) -> Iterator[Problem]:
    """What is wrong with how a table gives its cuts."""
    where, has_cut = f"input {name}", "cut" in rows[0]
    rates = [column for pair in RATES.values() for column in pair if column in rows[0]]
    if has_cut and rates:
        cure = "take out the column cut, or the rates"
        yield Problem(f"cuts are given, and rates too ({', '.join(rates)})", where, cure=cure)
    if has_cut:
        return
    change, measure = study.tariffs.change, study.tariffs.measure
    if change is None or measure is None:
        cure = "state measure and change in [tariffs], or give a column cut"
        yield Problem("nothing says how cuts follow from rates", where, cure=cure)
        return
    if missing := [column for column in RATES[change] if column not in rows[0]]:
        what = f'change = "{change}" but there is no column {" and no column ".join(missing)}'
        yield Problem(what, where, cure="add it, or a column cut, or choose the other change")


def _share_problems(study: Study, tables: Tables, told: Tables) -> Iterator[Problem]:
    """What is wrong with the table of inputs beside the cuts that it is to be weighted with."""
    rows, where = tables["input_output"], "input input_output"
    cuts = told.get("tariff_cuts", ())
    if INPUT in kinds_of(cuts):
        cure = "take them out of tariff_cuts, or remove input_output"
        yield Problem("tariff_cuts has cuts of inputs already", where, cure=cure)
    if HOME not in kinds_of(cuts):
        cure = "give the home cuts of the industries that inputs are bought from"
        yield Problem("tariff_cuts has no home cuts", where, cure=cure)
    if study.tariffs.input_sources == "partner" and "partner_share" not in rows[0]:
        cure = 'add the column, or choose input_sources = "all"'
        what = 'input_sources = "partner" but there is no column partner_share'
        yield Problem(what, where, cure=cure)
    home = tuple(row["industry"] for row in home_cuts(cuts))
    if home and not any(row["input_industry"].startswith(home) for row in rows):
        what = "no industry that inputs are bought from has a home cut, so that all cuts are 0"
        cure = "write input_industry in the codes of tariff_cuts, as long or longer"
        yield Problem(what, where, len(rows), cure)
    totals: dict[str, float] = {}
    for row in rows:
        totals[row["industry"]] = totals.get(row["industry"], 0.0) + row["share"]
    if above := sum(total > 1.0 + SHARE_ERROR for total in totals.values()):
        cure = "give each input as a share of all that the industry buys"
        yield Problem("industries whose shares add up to more than 1", where, above, cure)


def _input_cuts(study: Study, tables: Tables, told: Tables) -> Iterator[Row]:
    """A cut of inputs for every industry that buys, from the home cuts of what it buys."""
    cuts = {row["industry"]: row["cut"] for row in home_cuts(told["tariff_cuts"])}
    of_partner = study.tariffs.input_sources == "partner"
    bought: dict[str, list[tuple[str, float]]] = {}
    for row in tables["input_output"]:
        share = row["share"] * (row["partner_share"] if of_partner else 1.0)
        bought.setdefault(row["industry"], []).append((row["input_industry"], share))
    without = 0
    for industry, shares in bought.items():
        found = input_cut(shares, cuts)
        without += found.without_cut
        yield {"industry": industry, "kind": INPUT, "cut": found.cut}
    if without:
        told_so = "input input_output: %s of %s rows buy where no home cut is known; it counts as 0"
        log.warning(told_so, f"{without:,}", f"{len(tables['input_output']):,}")


def _lacking(study: Study, known: Set[str | None]) -> Iterator[Problem]:
    """Kinds of tariff that regressions use and no table has."""
    for kind in study.cut_kinds:
        if kind not in known:
            cure = f'add rows of the kind "{kind}", or take it out of the kinds of [regressions]'
            what = f'a regression uses cuts of the kind "{kind}", and there are none'
            yield Problem(what, "input tariff_cuts", cure=cure)
