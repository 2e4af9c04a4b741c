"""The intruder who reads folders: what it concludes by hand, and from what the package writes."""

import math
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from intruder.carried import attack_drawn
from intruder.distributions import COLUMNS
from intruder.economies import Economy, Row
from intruder.folders import Reader, attack_errors, attack_folder
from intruder.squares import ErrorRead, Sum, nested_squares, told_of_one
from intruder.unsafe import Thresholds
from tradegains.engines.start import Engine

RULES = Thresholds(3, 1, 75.0, False, 10.0)

# Twenty stay from 1990 to 1991, two go, ten come. They sell at home what they sell.
STAY = {(f"stays {n}", year): Row("1101", None, 10, 100, 0) for n in range(20)
        for year in (1990, 1991)}  # fmt: skip
GO = {(f"goes {n}", 1990): Row("1101", None, 10, 60 + n, 0) for n in range(2)}
COME = {(f"comes {n}", 1991): Row("1101", None, 10, 50, 0) for n in range(10)}
CENSUS = Economy({**STAY, **GO, **COME}, {}, ("both_ends",), (), ("total",), annual=True)


def reader(table: str, *rows: tuple[dict[str, str], dict[str, float]]) -> Reader:
    """Who has read rows of a table: by what they are of, the numbers that left."""
    made = Reader([CENSUS])
    for key, numbers in rows:
        row = key | {name: repr(value) for name, value in numbers.items()} | {"withheld": ""}
        made.read_row(0, table, row, {**dict.fromkeys(EVERY[table]), **numbers})
    return made


EVERY = {
    "demography": [
        *("establishments", "employment", "sales", "exports", "domestic_sales"),
        *("establishment_rate", "employment_rate", "sales_rate"),
    ]
}


def of(status: str, year: int) -> dict[str, str]:
    return {"window": "1990-1991", "kind": "annual", "continuing": "both_ends", "level": "total",
            "industry": "", "status": status, "year": str(year)}  # fmt: skip


def found(made: Reader) -> set[str]:
    return {each.what.split()[0] for each in attack_folder(made, RULES, Random(1))}


def test_a_rate_with_its_base_gives_a_sum() -> None:
    made = reader(
        "demography",
        (of("continuing", 1990), {"domestic_sales": 2000.0}),
        (of("exiter", 1990), {"sales_rate": 121 / 2121}),
    )
    assert "demography.sales_rate" in found(made)


def test_who_continues_is_counted_alike_in_both_years() -> None:
    rate = {"establishment_rate": 20 / 22}
    made = reader("demography", (of("continuing", 1990), rate))
    assert found(made) == set()
    both = (of("continuing", 1991), {"establishments": 20})
    made = reader("demography", (of("continuing", 1990), rate), both)
    assert "demography.establishment_rate" in found(made)


def described(population: str, bin_start: float | None = None, **numbers: float) -> dict[str, str]:
    """A row of `moments`, or of `histograms` where there is a bin."""
    window = "1990-1991" if population == "continuing" else ""
    row = {"year": "1990", "window": window, "population": population, "level": "total",
           "industry": "", "median_base": "same_year", "measure": "relative",
           "weighting": "unweighted", "withheld": "establishments employment share"}  # fmt: skip
    ends = {} if bin_start is None else {"bin_start": bin_start, "bin_end": bin_start + 1}
    empty = dict.fromkeys(("establishments", "employment", "share", *COLUMNS), "")
    if "establishments" in numbers:
        row["withheld"] = "employment share"
    return row | empty | {name: repr(number) for name, number in (ends | numbers).items()}


def test_means_of_nested_populations_give_the_mean_of_the_rest() -> None:
    made = Reader([CENSUS])
    for population, count, of_rest in (("all", 22, math.log(0.6 * 0.61)), ("continuing", 20, 0.0)):
        row = described(population, establishments=count, mean=of_rest / count)
        assert "moments.mean" not in found(made)
        made.read_powers(0, row)
    assert "moments.mean" in found(made)


def test_bins_of_nested_populations_give_the_bin_of_the_rest() -> None:
    made = Reader([CENSUS])
    made.read_row(0, "moments", described("all", establishments=22),
                  {"establishments": 22, "employment": None})  # fmt: skip
    bins = [described("all", -1.0), described("all", 0.0), described("continuing", -1.0)]
    made.read_histograms(0, bins)
    assert found(made) == set()
    made.read_histograms(0, [described("continuing", -1.0), described("all", -1.0),
                             described("all", 0.0, establishments=20)])  # fmt: skip
    assert "histograms.establishments" in found(made)


def test_sales_per_worker_with_jobs_give_sales() -> None:
    later = {
        (name, 1992 if year == 1991 else year): row for (name, year), row in CENSUS.rows.items()
    }
    made = Reader([replace(CENSUS, rows=later)])
    early = of("continuing", 1990) | {"window": "early", "withheld": ""}
    for status, column, number in (("continuing", "employment", 200.0),
                                   ("exiter", "sales_rate", 121 / 2121)):  # fmt: skip
        row = early | {"status": status, column: repr(number)}
        made.read_row(0, "demography", row, {**dict.fromkeys(EVERY["demography"]), column: number})
    assert found(made) == set()
    made.has_growth = True
    growth = {"measure": "sales_per_worker", "start": "10.0"}
    columns = dict.fromkeys(("end", "delta_ln", "establishments"))
    made.read_row(0, "productivity_growth", early | growth, {**columns, "start": 10.0})
    assert "demography.sales_rate" in found(made)


def test_a_number_read_wrongly_ends_the_attack() -> None:
    with pytest.raises(AssertionError, match="exiter"):
        reader("demography", (of("exiter", 1990), {"establishments": 3}))


@pytest.mark.only("embedded")
@pytest.mark.parametrize("seed", [8])
def test_nothing_unsafe_follows_from_folders(engine: Engine, tmp_path: Path, seed: int) -> None:
    made, breaches = attack_drawn(engine, seed, tmp_path)
    assert breaches == []
    assert made.numbers > 100
    assert made.withheld > 100


def share_error(largest: float) -> ErrorRead:
    """Of the share of 30 in what they sell with 12 others, each in a group of its own."""
    held = {f"kept {n}": 10.0 for n in range(30)}
    others = {f"other {n}": 10.0 for n in range(11)} | {"largest": largest}
    everybody = held | others
    kept, whole = sum(held.values()), sum(everybody.values())
    sums = (Sum(kept, held, 1.0), Sum(whole, everybody, -1.0))
    without = [(kept - held.get(who, 0.0)) / (whole - everybody[who]) for who in everybody]
    squares = sum((each - kept / whole) ** 2 for each in without)
    return ErrorRead("share", math.sqrt(41 / 42 * squares), 42, kept / whole, sums)


def test_an_error_that_is_one_units_tells_it() -> None:
    assert told_of_one(share_error(100.0), RULES)
    assert not told_of_one(share_error(10.0), RULES)


def test_squares_of_nested_sums_tell_of_what_they_differ_by() -> None:
    held = {f"{n}": 10.0 for n in range(40)} | {"large": 90.0} | {f"b{n}": 10.0 for n in range(9)}
    part, whole = frozenset(f"{n}" for n in range(40)), frozenset(held)
    found = nested_squares(
        {part: "part", whole: "whole"}, lambda of: {who: held[who] for who in of}, RULES
    )
    assert [what for what, _ in found] == ["whole without part"]


def read_exiters(error: float, *withheld: str) -> Reader:
    """Who has read what part of sales goes: two of 60 and 61 of 2,121, with an error."""
    made = Reader([replace(CENSUS, groups=50)])
    rate = {"sales_rate": 121 / 2121}
    row = of("exiter", 1990) | {"withheld": " ".join(withheld)}
    row |= {name: repr(value) for name, value in {**rate, ERROR: error}.items()}
    made.read_row(0, "demography", row, {**dict.fromkeys(EVERY["demography"]), **rate})
    return made


ERROR = "sales_rate_standard_error"


def test_an_error_that_left_is_read_and_one_that_stays_is_not() -> None:
    (read,) = read_exiters(1.0).errors
    of_two = sum(each**2 for each in read.moves()[:2])
    error = math.sqrt(of_two * 49 / 50)
    assert "demography.sales_rate" in found(read_exiters(error))
    assert found(read_exiters(2 * error)) == set()
    assert found(read_exiters(error, ERROR)) == set()


def test_one_number_is_no_equation_beside_itself() -> None:
    """Twenty who stay beside all 22, of one number and of two."""
    part, whole = (
        frozenset((((name, year, "jobs"), 0), 1) for name, year in of_all if year == 1990)
        for of_all in (STAY, STAY | GO)
    )
    for names, breaches in ((("one", "one"), 0), (("one", "other"), 1)):
        made = Reader([CENSUS])
        made.squares[(1990,), 1990, "jobs"] = {part: {names[0]}, whole: {names[1]}}
        assert len(list(attack_errors(made, RULES))) == breaches
