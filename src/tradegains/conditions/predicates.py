"""The conditions of a study ([[populations]] and [[restrictions]]), tried before any row is read.

A condition is one SQL expression that is true, false or null for a single establishment-year. It
is tried on two rows of nulls with the census's columns and types: an aggregate gives one row for
two, and what the engine cannot analyse is refused here, by name, instead of in the middle of a run.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from tradegains.errors import Problem, StudyError
from tradegains.study import Population, Restriction, Study
from tradegains.study.fields import nearest

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_CHANGING = re.compile(
    r"\b(rand|randn|random|uuid|shuffle|now|current_date|current_timestamp|curdate|localtimestamp|"
    r"monotonically_increasing_id|spark_partition_id|input_file_name)\s*\(",
    re.IGNORECASE,
)
_OTHER_ROWS = re.compile(r"\b(select|over)\b", re.IGNORECASE)
_TEXT = re.compile(r"'[^']*'|\"[^\"]*\"")
_UNKNOWN_COLUMN = (
    re.compile(r'Identifier\("([^"]+)"\)\]\) is missing'),
    re.compile(r"with name `([^`]+)` cannot be resolved"),
)
_UNKNOWN_FUNCTION = (
    re.compile(r"unknown function: (\w+)"),
    re.compile(r"Cannot resolve routine `(\w+)`"),
)
_EXAMPLE = "write a Spark SQL condition such as employment >= 200 and industry_group = '32'"


def check_predicates(spark: "SparkSession", study: Study, types: Mapping[str, str]) -> None:
    """Refuse conditions that the engine cannot apply to single rows.

    Args:
        spark: Session of either engine.
        study: The study.
        types: Spark type of every column the census has, by contract name.

    Raises:
        StudyError: Every such condition, with the nearest column where one is misspelt.
    """
    if problems := list(predicate_problems(spark, study, types)):
        raise StudyError(problems)


def predicate_problems(
    spark: "SparkSession", study: Study, types: Mapping[str, str]
) -> Iterator[Problem]:
    """One problem per condition that cannot be used; arguments as `check_predicates`."""
    entries: list[tuple[str, Population | Restriction]] = [
        *(("populations", entry) for entry in study.populations),
        *(("restrictions", entry) for entry in study.restrictions),
    ]
    rows = _null_rows(spark, study, types) if entries else None
    for section, entry in entries:
        fault = _fault_of_text(entry) or (rows and _fault_on_rows(rows, entry))
        if fault:
            what, cure = fault
            yield Problem(what, f"[[{section}]] {entry.name}, where", cure=cure)


def _null_rows(spark: "SparkSession", study: Study, types: Mapping[str, str]) -> "DataFrame":
    """Two rows of nulls with the columns a condition may use."""
    from pyspark.sql import functions as F

    from tradegains.transforms.flagging import add_derived_columns, standardise_industry

    types = dict(types)
    if study.inputs.tariff_cuts is not None:
        types["tariff_cut"] = "double"
    columns = [F.lit(None).cast(type_).alias(name) for name, type_ in types.items()]
    rows = spark.range(2).select(*columns)
    census = study.census
    coded = standardise_industry(
        rows, digits=census.industry_digits, group_digits=census.industry_group_digits
    )
    return add_derived_columns(coded)


def _fault_of_text(entry: Population | Restriction) -> tuple[str, str] | None:
    text = _TEXT.sub("''", entry.where)
    if changing := _CHANGING.search(text):
        what = f"{changing[1]}() gives another answer at every run"
        return what, "use the columns of the census only"
    if _OTHER_ROWS.search(text):
        return "the condition looks at other rows", "use the columns of one row only"
    return None


def _fault_on_rows(rows: "DataFrame", entry: Population | Restriction) -> tuple[str, str] | None:
    from pyspark.errors import PySparkException
    from pyspark.sql import functions as F

    try:
        answers = rows.select(F.expr(entry.where).alias("answer"))
        type_ = answers.schema["answer"].dataType.simpleString()
        if type_ not in ("boolean", "void"):
            return f"the condition is a {type_}, neither true nor false", _EXAMPLE
        if len(answers.collect()) != 2:
            return "the condition looks at other rows", "use the columns of one row only"
    except PySparkException as error:
        return _explain(str(error), rows.columns)
    return None


def _explain(message: str, columns: list[str]) -> tuple[str, str]:
    """The engine's message in a reader's words; the engines word it differently."""
    if column := _first_match(_UNKNOWN_COLUMN, message):
        guess = nearest(column, columns)
        cure = f"did you mean {guess}? " if guess else ""
        cure += f"columns are {', '.join(columns)}; list others under extra_columns"
        return f"no column is called {column}", cure
    if function := _first_match(_UNKNOWN_FUNCTION, message):
        return f"the engine has no function {function}", "use functions of Spark SQL"
    reason = " ".join(message.split())[:120]
    return f"the condition cannot be applied: {reason}", _EXAMPLE


def _first_match(patterns: tuple[re.Pattern[str], ...], message: str) -> str | None:
    found = (pattern.search(message) for pattern in patterns)
    return next((match[1] for match in found if match), None)
