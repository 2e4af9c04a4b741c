"""The digest of the code moves with what can change a number, and with nothing else."""

import ast
import io
import re
import subprocess
import sys
import tokenize
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

import tradegains
from small_study import write_small_study
from tradegains.store import code_version as module
from tradegains.store.code_version import (
    bare_code,
    code_digest,
    code_version,
    digest_of,
    reached_modules,
    read_package,
    without_captions,
)

SOURCE = Path(tradegains.__file__).parent
ASK = "from tradegains.store.code_version import code_version; print(code_version())"


@pytest.fixture(scope="module")
def package() -> dict[str, str]:
    """Text of every file of the package, by path."""
    return read_package(SOURCE)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at each text once: the tests change one file of many."""
    monkeypatch.setattr(module, "bare_code", cache(bare_code))


def test_version_reads_well() -> None:
    assert re.fullmatch(re.escape(tradegains.__version__) + r"\+[0-9a-f]{12}", code_version())
    assert code_version().endswith(code_digest()[:12])


# --- from a source tree and from a zip ------------------------------------------------------------


def asked(path: Path) -> str:
    """Version told by a new Python process that imports the package from a path."""
    code = f"import sys; sys.path.insert(0, {str(path)!r}); import tradegains; {ASK}"
    code += "; print(tradegains.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    version, file = done.stdout.split()
    assert file.startswith(str(path))
    return version


def zipped(target: Path, package: Mapping[str, str]) -> Path:
    """The package as a zip."""
    with zipfile.ZipFile(target, "w") as archive:
        for path, text in package.items():
            archive.writestr(f"tradegains/{path}", text)
        archive.writestr("tradegains/__pycache__/stray.pyc", b"")
    return target


def test_zip_and_source_tree_agree_and_a_change_shows(
    package: dict[str, str], tmp_path: Path
) -> None:
    here = asked(SOURCE.parent)
    assert here == code_version()
    assert asked(zipped(tmp_path / "same.zip", package)) == here
    changed = package | {"errors.py": package["errors.py"] + "\nCHANGED = 1\n"}
    assert asked(zipped(tmp_path / "other.zip", changed)) != here


# --- what moves it --------------------------------------------------------------------------------


def changed(package: dict[str, str], path: str, old: str, new: str) -> dict[str, str]:
    """The package with a piece of text replaced that is there."""
    assert old in package[path], f"{path} has no {old!r}"
    return package | {path: package[path].replace(old, new)}


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("formulas/welfare.py", " / ", " * "),
        ("transforms/flagging.py", "F.lit", "F.expr"),
        ("results/coverage.py", "None", "0.0"),
        ("store/census_types.py", '"bigint"', '"int"'),
        ("families/regression_families.py", "import", "import os, "),
        ("literature/hloy_table_b1.csv", ",", ";"),
        ("tables/published/census.py", "nullable=True", "nullable=False"),
        ("tables/published/census.py", '"stop", "quarantine"', '"quarantine", "stop"'),
        ("tables/columns.py", "ABOVE_0)", "AT_LEAST_0)"),
    ],
)
def test_what_can_change_a_number_moves_it(
    package: dict[str, str], path: str, old: str, new: str
) -> None:
    assert digest_of(changed(package, path, old, new)) != code_digest()


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("figures/style.py", "def ", "def _"),
        ("report/page.py", '"""', '"""Of the report. '),
        ("command/arguments.py", "help=", "help='other' or "),
        ("command/check.py", '"""Check a study', '"""Look at a study'),
        ("formulas/welfare.py", "\n    Args:", "\n    In other words:\n\n    Args:"),
        ("formulas/welfare.py", "\n\n", "\n\n\n# a comment\n"),
        ("formulas/melitz_ottaviano.py", "def ", "def _"),
        ("tables/published/census.py", "Rows read, valid", "All rows read, valid"),
        ("tables/published/census.py", '"rows counted")', '(\n"rows that "\n"are counted"\n),)'),
        ("tables/columns.py", '"census year"', '"a year of the census"'),
        ("__init__.py", "__version__ = ", "__version__ = 'later' or "),
    ],
)
def test_what_cannot_leaves_it(package: dict[str, str], path: str, old: str, new: str) -> None:
    assert digest_of(changed(package, path, old, new)) == code_digest()


def test_every_reached_module_moves_it_and_no_other_does(
    package: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = reached_modules(package)
    # Of hundreds of packages that differ in one module, the others are the same texts.
    for each in ("_read", "without_captions"):
        monkeypatch.setattr(module, each, cache(getattr(module, each)))
    moved = {
        path
        for path, text in package.items()
        if path.endswith(".py") and digest_of(package | {path: f"{text}\nX = 1\n"}) != code_digest()
    }
    assert moved == set(reached)
    rooms = {path.split("/")[0] for path in moved}
    assert rooms >= {"formulas", "families", "transforms", "statistics", "results", "pipeline.py"}
    assert rooms.isdisjoint({"command", "report", "figures", "model", "published", "synthetic"})


# --- what is reached, found in two other ways -----------------------------------------------------


def imports_of(tree: ast.AST) -> Iterator[str]:
    """Names that a module imports, for other purposes than annotations, wherever that stands."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        yield from imports_of(node)


def files_of(name: str) -> Iterator[str]:
    """The files behind a name of the package, packages on the way included."""
    place = SOURCE
    for part in name.split(".")[1:]:
        place = place / part
        for path in (place / "__init__.py", place.with_suffix(".py")):
            if path.is_file():
                yield path.relative_to(SOURCE).as_posix()


def test_reached_modules_are_those_that_pythons_own_parser_finds(package: dict[str, str]) -> None:
    found: set[str] = set()
    waiting = ["pipeline.py"]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            own = (n for n in imports_of(ast.parse(package[path])) if n.startswith("tradegains."))
            waiting += [file for name in own for file in files_of(name)]
    assert set(reached_modules(package)) == found


def test_nothing_reached_is_imported_by_a_name_made_of_text(package: dict[str, str]) -> None:
    hidden = re.compile(r"import_module|__import__|runpy|exec\(|__doc__")
    found = [path for path, code in reached_modules(package).items() if hidden.search(code)]
    assert found == []


def test_captions_of_tables_are_left_out_whatever_their_length() -> None:
    short = 'X = Column("ratio", NUMBER, "log points", "a over b", nullable=True)\n'
    long = """
X = Column(
    "ratio",
    NUMBER,
    "percent of it",
    (
        "a over b, "
        f"where {THIS}"
    ),
    nullable=True,
)
"""
    assert without_captions(short) == without_captions(long)
    assert without_captions(short) != without_captions(short.replace("ratio", "rate"))


def test_data_beside_what_is_reached_count(package: dict[str, str]) -> None:
    beside = {path for path in SOURCE.rglob("*") if path.suffix not in (".py", ".pyc")}
    folders = {SOURCE / Path(path).parent for path in reached_modules(package)}
    uncounted = {path.name for path in beside if path.parent in folders and path.is_file()} - {
        Path(path).name for path in package
    }
    # The jars for S3 that a user has fetched compute nothing.
    told = "a run may read these, and their changes move no run_id"
    assert uncounted == {"py.typed", "s3_jars.txt"}, told


@pytest.mark.only("embedded")
def test_a_run_loads_nothing_that_is_not_reached(package: dict[str, str], tmp_path: Path) -> None:
    study = write_small_study(tmp_path)
    code = f"""
import sys
from tradegains.engines.start import start_engine
from tradegains.pipeline import run
from tradegains.progress import Progress
from tradegains.study import read_study
with start_engine("embedded", threads=1) as engine:
    study, output = read_study({str(study)!r}), {str(tmp_path / "out")!r}
    run(engine, study, output=output, progress=Progress(None))
print(*(name for name in sys.modules if name.startswith("tradegains.")))
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {file for name in ended.stdout.split() for file in files_of(name)}
    assert "families/measuring.py" in loaded
    assert loaded <= set(reached_modules(package))


# --- bare code ------------------------------------------------------------------------------------


def words(source: str) -> list[str]:
    """What Python's own tokenizer finds, without comments and strings that are statements."""
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    layout = (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
    told = [token for token in tokens if token.type not in (tokenize.COMMENT, tokenize.NL)]
    kept = []
    for place, token in enumerate(told):
        starts = place == 0 or told[place - 1].type in layout
        ends = told[place + 1 :][:1] and told[place + 1].type == tokenize.NEWLINE
        if token.type == tokenize.STRING and starts and ends and "f" not in token.string[:2]:
            continue
        if token.type not in layout:
            kept.append(token.string)
    return kept


SOURCES = sorted(SOURCE.rglob("*.py"))
# Code of many hands, with strings of every kind.
LIBRARY = [
    Path(sys.modules[name].__file__) for name in ("argparse", "ast", "dataclasses", "tokenize")
]


@pytest.mark.parametrize("path", [*SOURCES, *LIBRARY], ids=lambda path: path.name)
def test_bare_code_has_the_words_of_the_source(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert words(bare_code(source)) == words(source)


@pytest.mark.parametrize(
    ("source", "bare"),
    [
        ('x = "# no comment"  # one\n', 'x = "# no comment"\n'),
        ('x = (\n    "kept"\n    "too"\n)\n', 'x = (\n    "kept"\n    "too"\n)\n'),
        ('x = \\\n    "kept"\n', 'x = \\\n    "kept"\n'),
        ('X = 1\n"""What X is."""\nY = 2\n', "X = 1\nY = 2\n"),
        ('x = """a\n\n# kept\n"""\n', 'x = """a\n\n# kept\n"""\n'),
        (
            'def f():\n    r"""\\d "quoted"\n\n    end."""\n    return 1\n',
            "def f():\n    return 1\n",
        ),
        ('def f():\n    f"{launch()}"\n', 'def f():\n    f"{launch()}"\n'),
        (
            "x = {\n    # why\n    1: '#',\n\n    2: 'b',\n}\n",
            "x = {\n    1: '#',\n    2: 'b',\n}\n",
        ),
        ('x = "a\\"b # c"\n', 'x = "a\\"b # c"\n'),
    ],
)
def test_bare_code_by_hand(source: str, bare: str) -> None:
    assert bare_code(source) == bare
