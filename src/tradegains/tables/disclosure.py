"""What must be known of a published table before any of it may leave the building.

A number leaves only where it is declared: its class, as output checkers name it, and the sums that
it is a function of. A sum is written `who.amount`: who stands for some establishments of a row
(`release.behind` says which), the amount for what is added up over them. How cells add up is found
from who they are of; what a table's own columns add up to is declared here, so that a table says
how it adds up, or it does not leave.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

FREQUENCIES, LINEAR, POSITION = "Frequencies", "LinearAggregations", "Position"
SHAPE, MODEL, PUBLIC = "Shape", "LinearModels", "Public"
CLASSES = (FREQUENCIES, LINEAR, POSITION, SHAPE, MODEL, PUBLIC)
"""Classes of statistics, as ACRO names them, and what is no statistic of establishments at all."""

AMOUNTS = (
    "establishments",
    "employment",
    "domestic_sales",
    "exports",
    "value_added",
    "jobs_gained",
    "jobs_lost",
    "imports",
)
"""What is added up; imports are exports where they stand for them, else no establishment's."""


@dataclass(frozen=True)
class Statistic:
    """What a column of numbers is to an output checker.

    Attributes:
        kind: one of `CLASSES`.
        sums: what it is a function of, each `who.amount`; none of a public number.
        populations: who it is a statistic of as a whole, where it is no function of the sums: it
            leaves with them, and where no two populations that leave tell of a few.
        weight: the amount that its populations are weighted by; empty where each counts once.
        power: of deviations, of which it is a mean; 1 of what deviates from the median; 0 where
            dominance of weights is all there is.
        at: the share of the population below a quantile.
        sampled: whether it is of some of its populations alone, as many as its table says.
    """

    kind: str
    sums: tuple[str, ...] = ()
    populations: tuple[str, ...] = ()
    weight: str = ""
    power: int = 0
    at: float | None = None
    sampled: bool = False

    def __post_init__(self) -> None:
        if self.kind not in CLASSES:
            raise ValueError(f"no class of statistics is called {self.kind}")
        for each in self.sums:
            if each.partition(".")[2] not in AMOUNTS:
                raise ValueError(f"{each} is not who.amount with one of {', '.join(AMOUNTS)}")


@dataclass(frozen=True)
class Adds:
    """How rows of a table add up: rows that differ by a column alone make the row of the whole.

    Attributes:
        over: the column whose values are the parts.
        into: what they make, in words.
    """

    over: str
    into: str


@dataclass(frozen=True)
class Disclosure:
    """What is declared of a table: its numbers, and how its rows add up.

    Attributes:
        numbers: by column; a number that is not declared is withheld.
        by: the column of words by which a number is a function of other sums than `numbers` says.
        instead: by word of `by`, the columns of which that is so.
        adds: relations between rows; none where none holds, and `why` says so.
        why: why the table has no such relation.
    """

    numbers: Mapping[str, Statistic]
    adds: tuple[Adds, ...] = ()
    why: str = ""
    by: str = ""
    instead: Mapping[str, Mapping[str, Statistic]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if bool(self.adds) == bool(self.why):
            raise ValueError("say how rows add up (adds), or why they do not (why)")

    def of_row(self, row: Mapping[str, object]) -> Mapping[str, Statistic]:
        """The numbers of a row, by column.

        Example:
            >>> gain = {"gain": linear("continuing.domestic_sales", "everyone.domestic_sales")}
            >>> other = {"acr": {"gain": linear("everyone.domestic_sales")}}
            >>> declared = Disclosure(gain, why="one row", by="formula", instead=other)
            >>> declared.of_row({"formula": "acr"})["gain"].sums
            ('everyone.domestic_sales',)
        """
        other = self.instead.get(str(row[self.by])) if self.by else None
        return {**self.numbers, **other} if other else self.numbers


def counts(*sums: str) -> Statistic:
    """A count, or a rate of counts."""
    return Statistic(FREQUENCIES, sums)


def linear(*sums: str) -> Statistic:
    """A sum, or what is made of sums: shares, changes of logarithms, welfare."""
    return Statistic(LINEAR, sums)


def described(
    kind: str, *populations: str, weight: str = "", power: int = 0, at: float | None = None
) -> Statistic:
    """A statistic of whole populations, in which each counts once or by a weight.

    That their weight, or their employment, may leave says that no further population beside them
    tells of a few.

    Example:
        >>> described(SHAPE, "population", power=2).sums
        ('population.employment',)
    """
    sums = tuple(f"{who}.{weight or 'employment'}" for who in populations)
    return Statistic(kind, sums, populations, weight, power, at)


def sampled(kind: str = MODEL, *sums: str, weight: str = "") -> Statistic:
    """A statistic of a sample: of some of those `among` whom it is, each once or by a weight.

    Example:
        >>> sampled(weight="employment").populations
        ('among',)
    """
    told = sums or (f"among.{weight or 'employment'}",)
    return Statistic(kind, told, ("among",), weight, sampled=True)


def public() -> Statistic:
    """A number of the study or of other inputs, which no establishment is behind."""
    return Statistic(PUBLIC)


INDUSTRIES = Adds("industry", "level total, and level industry2 where there is industry4")
"""Industries of a level make those of the level above."""
