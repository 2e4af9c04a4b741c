"""Errors and intervals in a release: whose squares they are made of."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np
import pyarrow as pa
import pytest

from tradegains.families.context import ComputedTables
from tradegains.families.evidence import errors_apart
from tradegains.published.published_run import PublishedRun
from tradegains.release.described import POSITION_RULE
from tradegains.release.gate import GatedCell, GatedTable
from tradegains.release.groups import Members
from tradegains.release.holdings import Holding, Holdings, holdings_of
from tradegains.release.judging import Backing, broken_rules
from tradegains.release.memo import REASONS, memo
from tradegains.release.populations import (
    Atoms,
    Populations,
    WeightedPopulation,
    said_of_population,
)
from tradegains.release.profiles import example_rules
from tradegains.release.protection import DIFFERENCE, EARLIER
from tradegains.release.rules import Rules
from tradegains.release.samples import NO_EVIDENCE
from tradegains.release.uncertain import (
    REPLICATES,
    SQUARES,
    AskedNumber,
    Errors,
    SquaredAtoms,
    SquaredHoldings,
    SquaredPopulations,
    backing_of_error,
    is_of_contributors,
    rules_of_squares,
)
from tradegains.results.replicates import told_of
from tradegains.study import Uncertainty
from tradegains.tables import working as w
from tradegains.tables.published import TABLES
from tradegains.tables.row_columns import RowColumns

PLAIN = example_rules("plain")
OF_SQUARES = rules_of_squares(PLAIN)
ONE = replace(OF_SQUARES, dominance=replace(PLAIN.dominance, largest=1, percent=100.0))
"""Where p percent alone binds."""
NOBODY_BESIDE = 10**40
"""Groups, of which the others of one move nothing."""


def squared(held: list[Holding], cells: str) -> SquaredHoldings:
    return SquaredHoldings(**vars(holdings_of(held, list(cells))))


# --- one error ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "broken"), [(1 / 1.21 - 1e-6, ()), (1 / 1.21 + 1e-6, ("prior_posterior",))]
)
def test_nobody_comes_nearer_to_a_unit_than_p_percent(
    first: float, broken: tuple[str, ...]
) -> None:
    found = backing_of_error((first, 0.0), NOBODY_BESIDE, 40)
    assert broken_rules(found, ONE) == broken
    # An error as large as that is p percent more than what the unit alone moves the number by.
    assert (1 / math.sqrt(found.first) >= 1.1) != bool(broken)


@pytest.mark.parametrize(("change", "broken"), [(-1e-6, False), (0.0, False), (1e-6, True)])
def test_two_units_have_at_most_k_percent_of_an_error(change: float, broken: bool) -> None:
    found = backing_of_error((0.25, 0.5 + change), NOBODY_BESIDE, 40)
    of_two = replace(OF_SQUARES, dominance=replace(PLAIN.dominance, largest=2, percent=75.0))
    assert (broken_rules(found, of_two) == ("dominance",)) == broken


def test_a_group_may_hide_who_is_in_it() -> None:
    """A unit of -9 and others of its group of 2 together move a number by 7."""
    rest = [2.0] * 19
    moves = np.array([-9.0 + 2.0, *rest])
    squares = moves**2 / (moves**2).sum()
    found = backing_of_error((float(squares[0]), float(squares[1])), 20, 40)
    assert found.first * (moves**2).sum() > 9**2


# --- what two groups have -------------------------------------------------------------------------


def test_the_two_groups_that_move_a_number_the_most() -> None:
    stated = Uncertainty(groups=20, level=0.95, unit="establishment", salt="", most_undefined=0.5)
    moves = np.array([0.1, -0.4, 0.2, 0.0, math.nan])
    (_, shares), (_, nothing), (_, still) = told_of(
        [3.0, None, 2.0], [3.0 + moves, None, np.full(5, 2.0)], stated
    )
    assert shares == pytest.approx((0.16 / 0.21, 0.04 / 0.21))
    assert nothing == still == (0.0, 0.0)


@pytest.mark.parametrize("as_columns", [False, True])
def test_what_errors_rest_on_is_evidence_and_not_published(as_columns: bool) -> None:
    """Two shares of each number of `decompositions`, in the order in which they are declared."""
    key = dict.fromkeys(TABLES["decompositions"].key, "k")
    rows = [
        {**key, "term": "entry", "value": 1.0, w.MOVED_MOST: (0.4, 0.3, 0.2, 0.1)},
        {**key, "term": "exit", "value": 2.0, w.MOVED_MOST: (0.0, 0.0, 0.0, 0.0)},
    ]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    given = RowColumns(columns) if as_columns else [dict(row) for row in rows]
    found = errors_apart(ComputedTables({"decompositions": given, "annual": [{"year": 1}]}))
    published = list(found.tables["decompositions"])
    assert published == [{k: v for k, v in row.items() if k != w.MOVED_MOST} for row in rows]
    shares = {"first_value": 0.4, "second_value": 0.3, "first_total": 0.2, "second_total": 0.1}
    (name,) = found.evidence.tables
    assert found.evidence.tables[name].to_pylist() == [{**key, "term": "entry", **shares}]


# --- squares of cells -----------------------------------------------------------------------------


def drawn(random: Random) -> tuple[list[Holding], dict[str, dict[str, float]]]:
    held, by_who = [], {}
    for cell in "abcd":
        for number in range(random.choice((1, 2, 3, 12))):
            who = random.choice(("x", "y", f"{cell}{number}", f"{cell}{number}"))
            amount = int(random.paretovariate(0.7) * 10)
            held.append(Holding(cell, who, amount))
            of_who = by_who.setdefault(who, {})
            of_who[cell] = of_who.get(cell, 0) + amount
    return held, by_who


@pytest.mark.parametrize("seed", range(40))
def test_no_square_is_taken_for_smaller_nor_all_for_larger(seed: int) -> None:
    held, by_who = drawn(Random(seed))
    holdings = squared(held, "abcd")
    for chosen in ("a", "ab", "bcd", "abcd"):
        squares = sorted(sum(v for c, v in each.items() if c in chosen) ** 2
                         for each in by_who.values())  # fmt: skip
        found = holdings.backing(np.array(["abcd".index(cell) for cell in chosen]))
        assert found.total <= sum(squares) * (1 + 1e-12)
        assert found.first >= squares[-1] * (1 - 1e-12)
        assert found.first + found.second >= sum(squares[-2:]) * (1 - 1e-12)


@pytest.mark.parametrize("seed", range(200))
def test_what_holds_for_parts_holds_for_all_of_them(seed: int) -> None:
    """Enterprises with establishments in several atoms, whatever each atom's numbers weigh."""
    random = Random(seed)
    held, by_who = drawn(random)
    rules = replace(
        OF_SQUARES,
        contributors=replace(PLAIN.contributors, least=1),
        differences=replace(PLAIN.differences, least=1),
    )
    atoms = SquaredAtoms(squared(held, "abcd"), rules)
    if any(atoms.take(np.array([place])) for place in range(4)):
        return
    weights = {cell: random.uniform(0, 2) for cell in "abcd"}
    squares = sorted(sum(weights[c] * v for c, v in each.items()) ** 2 for each in by_who.values())
    whole = sum(squares)
    assert sum(squares[-2:]) <= rules.dominance.percent / 100 * whole * (1 + 1e-9)
    rest = whole - sum(squares[-2:])
    assert rest >= rules.prior_posterior.percent / 100 * squares[-1] * (1 - 1e-9)


def test_errors_of_nested_sums_tell_of_what_they_differ_by() -> None:
    """Twelve of whom one is large are enough for their sum, and too few for its square."""
    many = [Holding("a", f"a{n}", 10) for n in range(40)]
    few = [Holding("b", f"b{n}", 10) for n in range(12)] + [Holding("b", "large", 90)]
    plain, of_squares = holdings_of([*many, *few], ["a", "b"]), squared([*many, *few], "ab")
    whole, part = np.array([0, 1]), np.array([0])
    sums, errors = Atoms(plain, PLAIN), SquaredAtoms(of_squares, OF_SQUARES)
    assert (sums.take(part), sums.take(whole)) == ("", "")
    assert (errors.take(part), errors.take(whole)) == ("", DIFFERENCE)
    assert SquaredAtoms(of_squares, OF_SQUARES).take(whole) == ""


def test_an_enterprise_in_two_atoms_has_four_times_its_square_in_both() -> None:
    """100 of an enterprise beside 25 of 10: safe alone (10,000 of 12,500), not in two of these."""
    held = [Holding(cell, f"{cell}{n}", 10) for cell in "ab" for n in range(25)]
    atoms = SquaredAtoms(squared([*held, *both("one")], "ab"), OF_SQUARES)
    assert (atoms.take(np.array([0])), atoms.take(np.array([1]))) == ("", DIFFERENCE)
    atoms = SquaredAtoms(squared([*held, *both("one")[:1]], "ab"), OF_SQUARES)
    assert (atoms.take(np.array([0])), atoms.take(np.array([1]))) == ("", "")


def test_who_is_in_a_further_atom_counts_more_in_the_first() -> None:
    """In the second atom it is nobody; in the first its square is then taken twice."""
    held = [Holding(cell, f"{cell}{n}", 10) for cell in "ab" for n in range(25)]
    spread = [Holding("a", "one", 100), Holding("b", "one", 1)]
    atoms = SquaredAtoms(squared([*held, *spread], "ab"), OF_SQUARES)
    assert (atoms.take(np.array([0])), atoms.take(np.array([1]))) == ("", DIFFERENCE)


def both(who: str) -> list[Holding]:
    return [Holding("a", who, 100), Holding("b", who, 100)]


# --- one number alone -----------------------------------------------------------------------------


@dataclass(frozen=True)
class OneYear:
    """Evidence of a year whose cells are in the sets of their names."""

    held: Holdings
    exports: Holdings | None = None

    years = property(lambda self: {1988: self})
    decimals = 2

    def holdings(self, column: str) -> Holdings:
        return self.exports if self.exports and column == w.EXPORTS else self.held

    def knows(self, group: Members) -> bool:
        return True

    def cells_of(self, group: Members) -> np.ndarray:
        return np.array(["ab".index(name) for (name,) in group.inside] or [0, 1])


EVERYBODY = WeightedPopulation(Members(1988), "employment")
SOME = WeightedPopulation(Members(1988, (("a",),)), "employment")


def asked(change: int = 0) -> SquaredPopulations:
    many = [Holding("a", f"a{n}", 10) for n in range(40)]
    few = [Holding("b", f"b{n}", 10) for n in range(12)] + [Holding("b", "large", 90 + change)]
    held = holdings_of([*many, *few], ["a", "b"])
    return SquaredPopulations(OneYear(held), OF_SQUARES, " ".join)  # type: ignore[arg-type]


def test_where_parts_are_unsafe_one_number_leaves_and_no_other() -> None:
    first, second = (AskedNumber(name, (SOME, EVERYBODY)) for name in ("gain", "share"))
    whole = AskedNumber("whole", (EVERYBODY,))
    populations = asked()
    found = [populations.ask(each).reason for each in (first, second, whole, first)]
    assert found == ["", DIFFERENCE, DIFFERENCE, ""]
    assert [each.name for each in populations.alone.values()] == ["gain"]
    assert populations.leaving == []  # the ledger would have the parts cut by others
    # Another order: who is alone comes first, and nothing is left of what stays.
    populations = asked()
    found = [populations.ask(each).reason for each in (whole, first, second)]
    assert found == ["", DIFFERENCE, DIFFERENCE]
    assert populations.leaving == [EVERYBODY]


def with_exports(exports: Sequence[int]) -> SquaredPopulations:
    """All have 10 jobs, 40 of some and 13 of the others, of whom the last has 90; and exports."""
    names = [*(("a", f"a{n}") for n in range(40)), *(("b", f"b{n}") for n in range(13))]
    jobs = [*[10] * 52, 90]
    held, sold = (
        holdings_of([Holding(*each, v) for each, v in zip(names, values, strict=True)], ["a", "b"])
        for values in (jobs, exports)
    )
    return SquaredPopulations(OneYear(held, sold), OF_SQUARES, " ".join)  # type: ignore[arg-type]


JOBS_AND_EXPORTS = AskedNumber("both", (SOME, EVERYBODY, EVERYBODY._replace(weight="exports")))


def test_errors_of_jobs_and_of_exports_are_apart() -> None:
    populations = with_exports([10] * 53)
    exports = AskedNumber("exports", (EVERYBODY._replace(weight="exports"),))
    jobs = AskedNumber("jobs", (SOME,))
    assert [populations.ask(each).reason for each in (exports, jobs)] == ["", ""]
    populations = with_exports([*[10] * 52, 9000])
    assert [populations.ask(each).reason for each in (exports, jobs)] == [SQUARES, ""]


def test_of_a_number_whose_error_stays_nothing_is_kept() -> None:
    """Its jobs could leave alone, its exports cannot: the error of all jobs leaves as if alone."""
    populations = with_exports([*[10] * 52, 9000])
    assert populations.ask(JOBS_AND_EXPORTS).reason == SQUARES
    assert (populations.alone, populations.leaving) == ({}, [])
    several = [AskedNumber(name, (EVERYBODY,)) for name in ("whole", "again")]
    assert [populations.ask(each).reason for each in several] == ["", ""]
    # What was cut by the first of its sums is as it was.
    populations = with_exports([*[10] * 52, 9000])
    cut = AskedNumber("cut", (SOME, EVERYBODY._replace(weight="exports")))
    assert [populations.ask(each).reason for each in (cut, several[0])] == [SQUARES, ""]


def test_alone_as_well_an_error_is_of_no_single_establishment() -> None:
    populations = with_exports([*[10] * 52, 9000])
    exports = AskedNumber("exports", (EVERYBODY._replace(weight="exports"),))
    assert populations.ask(exports).reason == SQUARES
    assert populations.alone == {}


def test_numbers_are_of_all_years_of_their_sums() -> None:
    later = SOME._replace(members=replace(SOME.members, year=1990))
    assert AskedNumber("gain", (later, SOME)).years == (1988, 1990)


def test_what_was_alone_leaves_again_while_it_is_as_it_was() -> None:
    gain, share = (AskedNumber(name, (SOME, EVERYBODY)) for name in ("gain", "share"))
    before = asked()
    before.ask(gain)
    said = {"populations": [], "alone": before.said_alone()}
    for change, told in ((0, ["", DIFFERENCE]), (1, [EARLIER, EARLIER])):
        later = asked(change)
        later.know([said])
        assert [later.ask(each).reason for each in (gain, share)] == told
    whole = AskedNumber("whole", (EVERYBODY,))
    before = asked()
    before.ask(whole)
    said = {"populations": [said_of_population(EVERYBODY, before)], "alone": []}
    for change, told in ((0, ["", DIFFERENCE]), (1, [EARLIER, EARLIER])):
        later = asked(change)
        later.know([said])
        assert [later.ask(each).reason for each in (whole, gain)] == told


def of_nine_and_three(rules: Rules, kind: type[Populations] = Populations) -> Populations:
    held = [Holding("a", f"a{n}", 10) for n in range(9)]
    held += [Holding("b", f"b{n}", 10) for n in range(3)]
    return kind(OneYear(holdings_of(held, ["a", "b"])), rules, " ".join)  # type: ignore[arg-type]


MILDER = replace(
    OF_SQUARES,
    contributors=replace(PLAIN.contributors, least=5),
    differences=replace(PLAIN.differences, least=5),
)


def test_what_left_by_milder_rules_is_known_to_stricter_ones() -> None:
    """Nine leave by the milder rules; they and three more are enough by the stricter ones."""
    before, later, alone = (of_nine_and_three(each) for each in (MILDER, OF_SQUARES, OF_SQUARES))
    before.decide([SOME])
    later.decide([EVERYBODY], [before.known(SOME)])
    alone.decide([EVERYBODY])
    assert (before.reason(SOME), later.reason(EVERYBODY)) == ("", DIFFERENCE)
    assert alone.reason(EVERYBODY) == ""


def test_errors_that_left_by_milder_rules_are_known_to_stricter_ones() -> None:
    before, later, alone = (
        of_nine_and_three(each, SquaredPopulations) for each in (MILDER, OF_SQUARES, OF_SQUARES)
    )
    assert isinstance(before, SquaredPopulations)
    assert isinstance(later, SquaredPopulations)
    assert isinstance(alone, SquaredPopulations)
    part, whole = AskedNumber("part", (SOME,)), AskedNumber("whole", (EVERYBODY,))
    assert before.ask(part).reason == ""
    later.know([{"populations": [said_of_population(SOME, before)], "alone": []}])
    assert later.ask(whole).reason == DIFFERENCE
    assert alone.ask(whole).reason == ""


# --- tables ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TwoWindows:
    """Choices of a study; its headline is HLOY's gain of the second window."""

    windows = ("before", "after")

    def is_headline(self, row: dict[str, object]) -> bool:
        return (row.get("formula", "hloy"), row["window"]) == ("hloy", "after")

    told = staticmethod(" ".join)


HEADLINE = {"window": "after", "level": "total", "formula": "hloy", "welfare_change": 0.05,
            "standard_error": 0.01, "ci_low": 0.03, "ci_high": 0.07,
            "replicate_groups": 100}  # fmt: skip
SAFE = (0.1, 0.1)


def gated(
    *rows: dict[str, object],
    shares: tuple[float, float] | None = SAFE,
    number: str = "",
    populations: tuple[WeightedPopulation, ...] = (SOME, EVERYBODY),
) -> list[dict[str, str]]:
    """By row and column of `welfare`, why each stays; `number` is why the gains do."""
    full = [{"run_id": "r", "industry": None, **row} for row in rows]
    columns = ("welfare_change", "standard_error", "ci_low", "ci_high", "replicate_groups")
    cells = tuple(
        {
            name: GatedCell(number, Backing(40, 1.0, 0.1, 0.1))
            for name in columns
            if row.get(name) is not None
        }
        for row in full
    )
    table = GatedTable("welfare", pa.Table.from_pylist(full), cells)
    known = {} if shares is None else {
        tuple(row.get(name) for name in TABLES["welfare"].key): {"welfare_change": shares}
        for row in full
    }  # fmt: skip
    errors = Errors(OF_SQUARES, {"welfare": known}, 100, asked)
    behind = [{"welfare_change": tuple((one.members, one.weight) for one in populations)}] * len(
        full
    )
    found = errors.gate({"welfare": table}, {"welfare": behind}, TwoWindows())  # type: ignore[arg-type]
    return [
        {name: cell.reason for name, cell in of_row.items()} for of_row in found["welfare"].cells
    ]


OF_GAIN = ("standard_error", "ci_low", "ci_high", "replicate_groups")


def alike(reason: str) -> dict[str, str]:
    return dict.fromkeys(OF_GAIN, reason)


def test_the_interval_and_the_groups_stay_with_the_error() -> None:
    assert gated(HEADLINE) == [{"welfare_change": "", **alike("")}]
    assert gated(HEADLINE, number="dominance") == [
        dict.fromkeys(("welfare_change", *OF_GAIN), "dominance")
    ]
    assert gated(HEADLINE, shares=(0.9, 0.05)) == [{"welfare_change": "", **alike(SQUARES)}]
    assert gated(HEADLINE, shares=None) == [{"welfare_change": "", **alike(NO_EVIDENCE)}]
    # No group moves it.
    assert gated(HEADLINE | {"standard_error": 0.0}) == [
        {"welfare_change": "", **alike(REPLICATES)}
    ]


def test_the_headlines_error_is_asked_for_before_all_others() -> None:
    others = [
        HEADLINE | {"formula": "acr"},
        HEADLINE | {"window": "before"},
        HEADLINE | {"level": "industry2", "industry": "11"},
    ]
    found = gated(*others, HEADLINE)
    assert [row["standard_error"] for row in found] == [DIFFERENCE] * 3 + [""]


def test_hloy_is_asked_for_before_other_formulas() -> None:
    other = HEADLINE | {"window": "before"}
    found = gated(other | {"formula": "acr"}, other)
    assert [row["standard_error"] for row in found] == [DIFFERENCE, ""]


def test_a_gain_is_asked_for_before_the_shares_that_it_is_made_of() -> None:
    numbers = {name: TABLES[name].uncertain[0] for name in ("market_shares", "welfare")}
    row = {"window": "after", "level": "total", "standard_error": 0.01}
    tables, known, behind = {}, {}, {}
    for name, number in numbers.items():
        rows = pa.Table.from_pylist([row | {number: 0.5}])
        backing = Backing(40, 1.0, 0.1, 0.1)
        cells = {each: GatedCell("", backing) for each in (number, "standard_error")}
        tables[name] = GatedTable(name, rows, (cells,))
        key = tuple(row.get(each) for each in TABLES[name].key)
        known[name] = {key: {number: SAFE}}
        sums = tuple((one.members, one.weight) for one in (SOME, EVERYBODY))
        behind[name] = [{number: sums}]
    found = Errors(OF_SQUARES, known, 100, asked).gate(tables, behind, TwoWindows())  # type: ignore[arg-type]
    told = {name: table.cells[0]["standard_error"].reason for name, table in found.items()}
    assert told == {"market_shares": DIFFERENCE, "welfare": ""}


def test_ends_of_an_interval_stay_where_they_tell_of_how_many_groups_it_is() -> None:
    """Half of the interval over the error is Student's t, of one degree fewer than groups."""
    (found,) = gated(HEADLINE | {"replicate_groups": 99})
    stays = dict.fromkeys(("ci_low", "ci_high", "replicate_groups"), REPLICATES)
    assert found == {"welfare_change": "", "standard_error": "", **stays}
    # Without a gain there are groups alone.
    (found,) = gated(
        HEADLINE | dict.fromkeys(("welfare_change", *OF_GAIN)) | {"replicate_groups": 0}
    )
    assert found == {"replicate_groups": REPLICATES}
    # Why the error stays is told of its interval as well.
    assert gated(HEADLINE | {"replicate_groups": 99}, shares=(0.9, 0.05))[0] == (
        {"welfare_change": "", **alike(SQUARES)}
    )


def test_ends_of_quantiles_intervals_stay() -> None:
    """They are values of single establishments."""
    cells = {"p50": GatedCell(""), "p50_ci_low": GatedCell(""), "p50_ci_high": GatedCell("")}
    table = GatedTable("moments", pa.table({"p50": [1.0]}), (cells,))
    errors = Errors(OF_SQUARES, {}, 100, asked)
    told = errors.gate({"moments": table}, {"moments": [{}]}, TwoWindows())  # type: ignore[arg-type]
    reasons = {name: cell.reason for name, cell in told["moments"].cells[0].items()}
    assert reasons == {"p50": "", "p50_ci_low": POSITION_RULE, "p50_ci_high": POSITION_RULE}


def test_what_the_ledger_keeps_is_known_to_the_next_release() -> None:
    """By the years of its number; of parts that left, and of who was alone."""
    families = {"alone": (SOME, EVERYBODY), "whole": (EVERYBODY,)}
    for name, of in families.items():
        before = Errors(OF_SQUARES, {}, 100, asked)
        assert before.ask(AskedNumber(name, of)).reason == ""
        (entry,) = said = before.said()
        assert entry["years"] == [1988]
        later = Errors(OF_SQUARES, {}, 100, asked, {(1988,): said})
        assert later.ask(AskedNumber("part", (SOME,))).reason == DIFFERENCE
        assert later.ask(AskedNumber(name, of)).reason == ""


@pytest.mark.parametrize(
    ("amount", "column"),
    [
        ("exports", w.EXPORTS),
        ("domestic_sales", w.DOMESTIC_SALES),
        ("jobs_gained_in_3", w.jobs_gained("3")),
        ("jobs_lost_in_3", w.jobs_lost("3")),
        ("", w.ESTABLISHMENTS),
    ],
)
def test_squares_are_of_the_amount_that_was_summed(amount: str, column: str) -> None:
    looked_at = []

    class Seen(OneYear):
        def holdings(self, column: str) -> Holdings:
            looked_at.append(column)
            return self.held

    held = holdings_of([Holding("a", f"a{n}", 10) for n in range(40)], ["a", "b"])
    populations = SquaredPopulations(Seen(held), OF_SQUARES, " ".join)  # type: ignore[arg-type]
    populations.holdings(SOME._replace(weight=amount))
    assert looked_at == [column]


@pytest.mark.parametrize(
    ("unit", "named", "expected"),
    [
        ("enterprise", True, True),
        ("establishment", True, False),
        ("establishment", False, True),
        ("industry2", True, False),
        ("industry4", False, False),
    ],
)
def test_errors_leave_of_groups_of_who_is_judged(unit: str, named: bool, expected: bool) -> None:
    assert is_of_contributors(run_with(unit, is_named=named)) == expected


def run_with(unit: str, *, is_named: bool = True) -> PublishedRun:
    columns = {"establishment_id": "id", **({"enterprise_id": "firm"} if is_named else {})}
    stated = {"unit": unit, "groups": 50, "salt": "a"}
    sections = {"census": {"columns": columns}, "uncertainty": stated}

    class Run:
        section = staticmethod(sections.__getitem__)

    return Run()  # type: ignore[return-value]


def test_errors_know_what_left_before_and_how_groups_were_drawn() -> None:
    class Cells:
        errors = {}  # noqa: RUF012 - never changed

    entries = [{"errors": [{"years": [1988, 1996], "alone": [], "populations": []}]}, {}]
    made = Errors.of(run_with("enterprise"), Cells(), TwoWindows(), PLAIN, ledger=entries)  # type: ignore[arg-type]
    assert made.earlier == {(1988, 1996): entries[0]["errors"]}
    assert made.none_yet().choices == "enterprise 50 a"
    assert made.groups == 50


def test_plants_of_enterprises_hide_less_than_these() -> None:
    """Twenty enterprises of ten plants of 10 hide one of a single plant of 400; plants do not."""
    firms = [Holding("a", f"firm {n // 10}", 10) for n in range(200)]
    plants = [Holding("a", f"plant {n}", 10) for n in range(200)]
    one = Holding("a", "giant", 400)
    of_firms, of_plants = squared([*firms, one], "a"), squared([*plants, one], "a")
    place = np.array([0])
    assert broken_rules(of_firms.backing(place), OF_SQUARES) == ()
    assert "dominance" in broken_rules(of_plants.backing(place), OF_SQUARES)


def test_memo_and_plan_fit_a_terminal() -> None:
    cells = tuple({str(n): GatedCell(reason) for n in range(1234)} for reason in REASONS)
    table = GatedTable("welfare", pa.table({"a": [0] * len(cells)}), cells)
    told = memo({"welfare": table}, PLAIN, run="f" * 16, changed=12, number=3)
    assert max(map(len, told.splitlines())) <= 80
    assert {SQUARES, REPLICATES, DIFFERENCE, EARLIER, POSITION_RULE, NO_EVIDENCE} <= set(REASONS)
