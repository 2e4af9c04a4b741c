"""The conditions of a study ([[populations]] and [[restrictions]]), judged before any row is read.

No engine is started for it: what a condition may say stands in the grammar and in `meaning.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tradegains.conditions.expressions import Expression
from tradegains.conditions.foreign import ConditionError
from tradegains.conditions.meaning import read_condition
from tradegains.errors import Problem, StudyError
from tradegains.study import Population, Restriction, Study


@dataclass(frozen=True)
class Conditions:
    """The meaning of a study's conditions, by the names of populations and restrictions."""

    populations: Mapping[str, Expression]
    restrictions: Mapping[str, Expression]

    @property
    def dividing(self) -> tuple[tuple[str, Expression], ...]:
        """Those that divide, each with its name."""
        every = (*self.populations.items(), *self.restrictions.items())
        return tuple((name, each) for name, each in every if each.divides)

    def reads(self, column: str) -> bool:
        """Whether any of them reads a column."""
        every = (*self.populations.values(), *self.restrictions.values())
        parts = (part for each in every for part in each)
        return any(part.operation == "column" and part.value == column for part in parts)


def read_conditions(study: Study, types: Mapping[str, str]) -> Conditions:
    """The meaning of every condition of a study.

    Args:
        study: the study.
        types: Spark type of every column that the census has, by contract name.

    Raises:
        StudyError: every condition that cannot be used, and why.
    """
    found: dict[str, dict[str, Expression]] = {"populations": {}, "restrictions": {}}
    problems = []
    usable = usable_columns(study, types)
    for section, entry in _entries(study):
        try:
            found[section][entry.name] = read_condition(entry.where, usable)
        except ConditionError as refused:
            where = f"[[{section}]] {entry.name}, where"
            problems.append(Problem(refused.what, where, cure=refused.cure))
    if problems:
        raise StudyError(problems)
    return Conditions(**found)


def usable_columns(study: Study, types: Mapping[str, str]) -> dict[str, str]:
    """Spark type of every column that a condition may use, by name."""
    declared = {*study.census.columns, *study.census.extra_columns}
    usable = {name: type_ for name, type_ in types.items() if name in declared}
    usable |= {"industry": "string", "industry_group": "string", "domestic_sales": "double"}
    if "exports" in usable:
        usable["exporter"] = "boolean"
    if study.inputs.tariff_cuts is not None:
        usable["tariff_cut"] = "double"
    return usable


def _entries(study: Study) -> Iterator[tuple[str, Population | Restriction]]:
    for population in study.populations:
        yield "populations", population
    for restriction in study.restrictions:
        yield "restrictions", restriction
