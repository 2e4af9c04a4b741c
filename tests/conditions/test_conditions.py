"""What a condition may say, and what it is told where it may not."""

import subprocess
import sys
from datetime import date

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tradegains.conditions import grammar
from tradegains.conditions.columns import column_of, divides_by_zero
from tradegains.conditions.expressions import Expression
from tradegains.conditions.foreign import ConditionError
from tradegains.conditions.meaning import MOST_LEVELS, MOST_PARTS, read_condition
from tradegains.errors import EngineError

TYPES = {
    "employment": "double", "sales": "double", "flag": "bigint", "region": "string",
    "exporter": "boolean", "born": "date", "seen": "timestamp", "raw": "binary",
    "Plant Size": "double", "wages": "decimal(18,2)",
}  # fmt: skip


def read(text: str) -> Expression:
    return read_condition(text, TYPES)


def refusal(text: str) -> tuple[str, str]:
    with pytest.raises(ConditionError) as raised:
        read(text)
    return raised.value.what, raised.value.cure


@pytest.mark.parametrize(
    ("text", "what", "cure"),
    [
        ("region = 5", "region is text and 5 a whole number", "region = '5', with the zeros"),
        ("5.5 < region", "5.5 is a number and region text", "region = '5.5'"),
        ("employment = '200'", "employment is a number and '200' text", "employment = 200"),
        ("employment = region", "employment is a number and region text", "such as employment"),
        ("flag = true", "flag is a whole number and true true or false", "x = 1 where"),
        ("exporter = 1", "exporter is true or false and 1 a whole", "write exporter or not"),
        ("born > '2014'", "'2014' is no date", "'2014-01-31'"),
        ("born > '2014-02-30'", "'2014-02-30' is no date", "year(born)"),
        ("born > date 'x'", "'x' is no date", "year(born)"),
        ("born > 2014", "born is a date and 2014 a whole number", "year(born) = 2014"),
        ("seen > '2014-01-01'", "seen is a time and '2014-01-01' text", "year(born) = 2014"),
        ("seen = seen", "seen and seen are times", "compare year(x)"),
        ("raw is null", "raw is binary", "another type in the files"),
        ("exporter > true", "exporter > true asks which", "a <> b"),
        ("exporter between false and true", "exporter between false and true asks", "a <> b"),
        ("employment", "the condition is a number, neither true nor false", "employment >= 200"),
        ("employment and exporter", "employment beside `and` is a number", "compare it"),
        ("not region", "region beside `not` is text", "compare it"),
        ("region + 1 > 2", "region beside `+` is text, not a number", "correct its type"),
        ("ln(region) > 1", "region beside `ln` is text, not a number", "correct its type"),
        ("lower(sales) = 'a'", "sales beside `lower` is a number, not text", "correct its type"),
        ("sales like 'a%'", "sales is a number, not text", "correct its type"),
        ("year(sales) = 1", "sales beside `year` is a number, not a date", "correct its type"),
        ("region like 'a\\%'", "the pattern of like has a backslash", "substr(name, 1, 1)"),
        ("sales in (1, sales)", "sales in a list is no constant", "x = a or x = b"),
        ("ln() > 1", "ln has 0 arguments", "write ln(x)"),
        ("abs(sales, 1) > 1", "abs has 2 arguments", "write abs(x)"),
        ("round(sales, flag) = 1", "flag in round is no whole number", "round(x, 2)"),
        ("round(sales, 10) = 1", "10 in round is not from 0 to 9", "round(x, 2)"),
        ("substr(region, 0) = ''", "0 in substr is not from 1 to", "substr(name, 1, 2)"),
        ("9223372036854775808 > flag", "9223372036854775808 is beyond", "9223372036854775808.0"),
        ("sales < 1e400", "1e400 is beyond all doubles", "smaller"),
        ("empoyment > 1", "no column is called empoyment", "did you mean employment? "),
        ("flags > 1", "no column is called flags", "did you mean flag? "),
        ("`sales > 1", "from character 1 on: a quote is not closed", "it''s"),
        ("region = 'a", "from character 10 on: a quote is not closed", "it''s"),
        ("sales > 1 # or so", "a condition has no #", "outside of the quotes"),
        ("sales > 1 \\ 2", "a condition has no \\", "twice"),
        ("sales > 1 $ 2", "from character 11 on", "such as"),
        ("sales \u2265 1", "character 7 on: a sign there (U+2265)", "write >="),
        ("sales \u2013 1 > 2", "(U+2013) is none of a keyboard", "as on the keyboard"),
        ("region = \u2019a\u2019", "character 10 on: a sign there (U+2019)", "straight quotes"),
        ("sales\u00a0> 1", "character 6 on: a sign there (U+00A0)", "plain blank"),
        ("celi(sales) > 1", "no function celi", "did you mean ceil? "),
        ("log(sales) > 1", "a condition has no log", "ln(x)"),
        ("java_method('java.lang.Math', 'random') = '1'", "more than the columns", "one row only"),
        ("reflect('a', 'b') = ''", "more than the columns", "one row only"),
        ("_metadata.file_name = 'x'", "a condition has no .", "backquotes"),
        ("UUID() = 'x'", "UUID() gives another answer", "columns of the census only"),
        ("born < current_date", "current_date() gives another", "columns of the census only"),
        ("sales between 1", "the condition ends too early", "such as"),
        ("", "the condition ends too early", "such as"),
        ("sales > 1 -- or so", "a condition has no --", "comments"),
        ("sales > 1; drop", "a condition has no ;", "one condition"),
        ("sales >> 1", "from character 8 on, at >", "cannot be chained"),
        ("sales > 5L", "from character 10 on, at L", "such as"),
        ("sales is true", "from character 10 on, at true", "not x"),
        ("sales in ()", "from character 11 on, at )", "such as"),
        ("exists(select 1)", "looks at other rows (select)", "one row only"),
        ("sales > interval '1' day", "a condition has no interval", "year(born)"),
        ("timestamp '2014-01-01' > seen", "a condition has no timestamp", "year(born)"),
        ("x'00' = region", "a text cannot follow x", "such as"),
    ],
)  # fmt: skip
def test_what_is_refused_is_named_with_its_cure(text: str, what: str, cure: str) -> None:
    told = refusal(text)
    assert what in told[0]
    assert cure in told[1]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("EMPLOYMENT >= 200 AND Not Exporter", "employment >= 200 and not exporter"),
        ("sales!=1", "sales <> 1"),
        ("sales==1", "sales = 1"),
        ("((sales) > ((1)))", "sales > 1"),
        ("born >= '2014-01-01'", "born >= date '2014-01-01'"),
        ("'2014-01-01' <= born", "date '2014-01-01' <= born"),
        ("`plant size` > .5", "`Plant Size` > 0.5"),
        ("sales between 1 and 2 and exporter", "(sales between 1 and 2) and exporter"),
        ("not sales = 1 and exporter", "(not sales = 1) and exporter"),
        ("exporter or exporter and exporter", "exporter or (exporter and exporter)"),
        ("sales - 1 - 1 > 0", "(sales - 1) - 1 > 0"),
        ("1 + 2 * sales > 0", "1 + (2 * sales) > 0"),
        ("-sales * 2 > 0", "(-sales) * 2 > 0"),
        ("flag not in (1)", "not flag in (1)"),
        ("\n sales\t> 1 ", "sales > 1"),
    ],
)
def test_two_ways_to_write_the_same(text: str, same: str) -> None:
    assert read(text) == read(same)


def test_constants_are_what_is_written() -> None:
    assert read("region = 'l''Oise\\'").parts[1].value == "l'Oise\\"
    assert read("flag = -9223372036854775808").parts[1].value == -(2**63)
    assert read("sales = 1e3").parts[1] == Expression("constant", "number", value=1000.0)
    assert read("born = '0999-12-31'").parts[1].value == date(999, 12, 31)


# --- bounds: harmless conditions at the bound, and just above it ----------------------------------


def nested(text: str, times: int) -> str:
    return "abs(" * times + text + ")" * times + " > 0"


AT_BOUND = {
    "levels": nested("sales", (MOST_LEVELS - 4) // 2),
    "levels of sums": "sales" + " + sales" * (MOST_LEVELS - 4) + " > 0",
    "levels of divisions": "sales" + " / sales" * ((MOST_LEVELS - 4) // 3) + " > 0",
    "parts": " or ".join(["sales = 1"] * ((MOST_PARTS - 3) // 9)),
    "list": f"sales in ({', '.join(['1'] * ((MOST_PARTS - 6) // 3))})",
    "parentheses": "(" * 1000 + "sales > 1" + ")" * 1000,
}


@pytest.mark.parametrize("name", AT_BOUND)
def test_engine_takes_a_condition_at_the_bound(spark: SparkSession, name: str) -> None:
    condition = read(AT_BOUND[name])
    rows = spark.range(3).select(F.col("id").cast("double").alias("sales"))
    tests = [F.coalesce(column_of(condition), F.lit(False)).alias("holds")]
    if (divides := divides_by_zero(condition)) is not None:
        tests.append(F.coalesce(divides, F.lit(False)).alias("divides"))
    held = rows.select(*tests).toArrow().to_pylist()
    assert sum(row["holds"] for row in held) in (1, 2)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (nested("sales", (MOST_LEVELS - 4) // 2 + 1), "levels of operations"),
        ("sales" + " + sales" * (MOST_LEVELS - 3) + " > 0", "levels of operations"),
        ("-(" * 2 * MOST_LEVELS + "sales" + ")" * 2 * MOST_LEVELS + " > 0", "levels of operations"),
        (" or ".join(["sales = 1"] * (MOST_PARTS // 9 + 1)), "parts"),
        ("not " * 100 + "exporter", "levels of operations"),
        (" " * grammar.LONGEST + "sales > 1", "characters; at most 10,000"),
    ],
)
def test_beyond_the_bound_is_refused_before_an_engine_sees_it(text: str, what: str) -> None:
    assert what in refusal(text)[0]


def test_the_longest_condition_is_read() -> None:
    text = "sales > 1"
    assert read(text + " " * (grammar.LONGEST - len(text))) == read(text)


# --- the parser -----------------------------------------------------------------------------------


def test_without_the_parser_the_cure_says_how_a_cluster_gets_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "lark", None)
    grammar._parser.cache_clear()
    with pytest.raises(EngineError) as raised:
        read("sales > 1")
    grammar._parser.cache_clear()
    (problem,) = raised.value.problems
    assert problem.what.startswith("the package lark is missing")
    assert "--py-files" in problem.cure


def test_the_parser_is_loaded_for_a_condition_only() -> None:
    code = "import sys, tradegains.pipeline, tradegains.command.check; print('lark' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "False\n"
