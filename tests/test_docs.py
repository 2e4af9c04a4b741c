"""The documentation does what it says: commands run, examples hold, tables and keys are all there.

Marks in the pages, each on the line before a fenced block:

    <!-- run -->            the test runs the block, in order with the others of its page
    <!-- edit FILE -->      sections of FILE that the reader replaces
    <!-- output -->         what the last command printed
    <!-- columns of T -->   generated from the declared tables; `python tests/test_docs.py` rewrites
"""

import argparse
import contextlib
import doctest
import io
import re
import shlex
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd
import pytest
from deltalake import DeltaTable

from tradegains import literature
from tradegains.command import cli
from tradegains.command.arguments import add_what_to_run, build_parser
from tradegains.engines.start import Engine
from tradegains.errors import StudyError
from tradegains.store.small_tables import SMALL_TABLES
from tradegains.study import model, read_study
from tradegains.tables.published import TABLES
from tradegains.tables.published.runs import PUBLISHED_TABLE

ROOT = Path(__file__).parents[1]
README, METHOD = ROOT / "README.md", ROOT / "docs" / "method.md"
MELITZ_TREFLER = ROOT / "docs" / "melitz_trefler.md"
CONVERT, FIRST_STUDY = ROOT / "docs" / "convert.md", ROOT / "docs" / "first_study.md"
STUDY_PAGE, TABLES_PAGE = ROOT / "docs" / "study.md", ROOT / "docs" / "tables.md"
PAGES = sorted({README, ROOT / "DEVELOPING.md", *(ROOT / "docs").glob("*.md")})

WIDTH = 80  # of the terminal that the printed outputs show
RUN_ID = re.compile(r"\b[0-9a-f]{16}\b")
PRINTED = 0.01  # published percentages are printed with two decimals
PAGE_NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]
SECTIONS = {
    "study": model.Study,
    "inputs": model.Inputs,
    "census": model.Census,
    "windows": model.Window,
    "matching": model.Matching,
    "productivity": model.Productivity,
    "populations": model.Population,
    "trade": model.Trade,
    "tariffs": model.Tariffs,
    "welfare": model.Welfare,
    "welfare.melitz_redding": model.MelitzRedding,
    "welfare.curves": model.Curves,
    "welfare.comparisons": model.Comparisons,
    "size_fits": model.SizeFits,
    "restrictions": model.Restriction,
    "decomposition": model.Decomposition,
    "dispersion": model.Dispersion,
    "joint_distribution": model.JointDistribution,
    "regressions": model.Regressions,
    "regressions.errors": model.RegressionErrors,
    "tariff_effects": model.TariffEffects,
    "intra_industry_trade": model.IntraIndustryTrade,
    "job_flows": model.JobFlows,
    "accounting": model.AccountingComponent,
    "uncertainty": model.Uncertainty,
    "uncertainty.measurement_error": model.MeasurementError,
    "report": model.Report,
}


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text and the mark before it."""

    language: str
    text: str
    mark: str


def blocks(page: Path) -> list[Block]:
    """Fenced blocks of a page."""
    fence = re.compile(r"(?:^<!-- ([^\n]*?) -->\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    found = fence.findall(page.read_text(encoding="utf-8"))
    return [Block(language, text, mark) for mark, language, text in found]


def commands(text: str) -> list[list[str]]:
    """Words of each command line of a shell block; optional parts in brackets count."""
    lines = text.replace("\\\n", " ").replace("[--", "--").replace("]", "").splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def columns_table(name: str) -> str:
    """What a published table is declared to be, in Markdown: rows, condition and columns."""
    table = TABLES[name]
    lines = [*folded(f"One row per: {named(dict.fromkeys(('run_id', *table.key)))}."), ""]
    needs = [f"the section `[{table.section}]`"] if table.section else []
    needs += [f"the input `{each}`" for each in table.inputs]
    if needs:
        lines += [f"Only with {' and '.join(needs)} of the study.", ""]
    lines += ["| column | type | unit | values | meaning |", "|---|---|---|---|---|"]
    for column in table.columns:
        is_list = column.type == PUBLISHED_TABLE
        kind = "list of name, version, rows, digest" if is_list else column.type.simpleString()
        values = [str(column.range)] * (column.range is not None) + ["null"] * column.nullable
        cells = (f"`{column.name}`", kind, column.unit, " or ".join(values), column.meaning)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def named(names: Iterable[str]) -> str:
    """Names as code."""
    return ", ".join(f"`{name}`" for name in names)


def folded(text: str) -> list[str]:
    """A paragraph in lines of the page's width."""
    return textwrap.wrap(text, 100, break_long_words=False, break_on_hyphens=False)


def with_columns(text: str) -> str:
    """A page with its generated parts as they should be."""
    part = re.compile(r"(<!-- columns of (\w+) -->\n).*?(<!-- end of columns -->)", re.DOTALL)
    return part.sub(lambda found: f"{found[1]}{columns_table(found[2])}\n{found[3]}", text)


def row_keys(text: str) -> dict[str, list[str]]:
    """Columns that tell the rows of each published table apart, as the page states them."""
    stated = re.findall(r"^## `(\w+)`$.*?^One row per: (.*?)\.$", text, re.MULTILINE | re.DOTALL)
    return {name: re.findall(r"`(\w+)`", columns) for name, columns in stated}


# --- pages without an engine ----------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=PAGE_NAMES)
def test_every_command_line_is_one_the_command_takes(page: Path) -> None:
    parser = build_parser()
    for block in blocks(page):
        for words in commands(block.text) if block.language == "sh" else ():
            if words[0] == "tradegains":
                assert parser.parse_args(words[1:]).command, words


@pytest.mark.parametrize("page", PAGES, ids=PAGE_NAMES)
def test_make_targets_and_files_of_commands_are_there(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for block in blocks(page):
        for words in commands(block.text) if block.language == "sh" else ():
            if words[0] == "make":
                assert f"\n{words[1]}:" in makefile, words
            for word in words:
                if word.startswith(("conf/", "jobs/")):
                    assert (ROOT / word).is_file(), word


@pytest.mark.parametrize("page", PAGES, ids=PAGE_NAMES)
def test_options_of_submitted_jobs_are_there(page: Path) -> None:
    for block in blocks(page):
        for words in commands(block.text) if block.language == "sh" else ():
            jobs = [number for number, word in enumerate(words) if word.startswith("jobs/")]
            for job in jobs:
                parser = argparse.ArgumentParser()
                add_what_to_run(parser)
                assert parser.parse_args(words[job + 1 :]).output, words


@pytest.mark.parametrize("page", PAGES, ids=PAGE_NAMES)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        place, _, anchor = target.partition("#")
        if "://" in target:
            continue
        linked = (page.parent / place).resolve() if place else page
        assert linked.exists(), target
        assert linked.is_relative_to(ROOT), target
        if anchor:
            assert anchor in set(anchors(linked)), target


def anchors(page: Path) -> Iterator[str]:
    """Anchors that a page's headings get."""
    for heading in re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_every_page_can_be_reached_from_the_readme() -> None:
    text = README.read_text(encoding="utf-8")
    assert [name for name in PAGE_NAMES if name != "README.md" and f"({name})" not in text] == []


def test_tables_page_has_every_table_and_column() -> None:
    text = TABLES_PAGE.read_text(encoding="utf-8")
    assert re.findall(r"<!-- columns of (\w+) -->", text) == list(TABLES)
    assert text == with_columns(text), "run `python tests/test_docs.py`, it rewrites the columns"


def test_readme_lists_every_table() -> None:
    part = README.read_text(encoding="utf-8").split("## What is published")[1].split("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE) == list(TABLES)


def test_readme_lists_every_section_of_a_study() -> None:
    part = README.read_text(encoding="utf-8").split("## The study file")[1].split("\n## ")[0]
    listed = re.findall(r"^\| `\[+([\w.]+)\]+` \|", part, re.MULTILINE)
    assert sorted(listed) == sorted({*SECTIONS, "census.columns", "census.rules"})


def citations() -> Iterator[tuple[str, str, str]]:
    """Source, page and anchor of every place of the documentation that the code points to."""
    for path in sorted((ROOT / "src").rglob("*")):
        if path.suffix in (".py", ".jinja", ".html", ".csv"):
            text = path.read_text(encoding="utf-8")
            for page, anchor in re.findall(r"\b((?:docs/)?\w+\.md)(?:#([\w-]+))?", text):
                yield path.relative_to(ROOT).as_posix(), page, anchor


def test_what_the_code_cites_is_there() -> None:
    lost = {
        (source, page, anchor)
        for source, page, anchor in citations()
        if not (ROOT / page).is_file() or (anchor and anchor not in set(anchors(ROOT / page)))
    }
    assert lost == set()
    assert any(anchor for _, _, anchor in citations())


def test_the_code_cites_no_page_without_its_name() -> None:
    numbered = re.compile(r"\bmethod,? sections? \d", re.IGNORECASE)
    sources = (ROOT / "src").rglob("*.py")
    assert [path.name for path in sources if numbered.search(path.read_text("utf-8"))] == []


def test_study_page_has_every_key() -> None:
    text = STUDY_PAGE.read_text(encoding="utf-8")
    parts = dict(
        re.findall(r"^## `\[+([\w.]+)\]+`$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    )
    listed = {name: re.findall(r"`(\w+)`", cells(part)) for name, part in parts.items()}
    expected = {name: keys_of(name) for name in SECTIONS}
    expected["census.columns"], expected["census.rules"] = model.COLUMNS, model.RULES
    assert {name: sorted(keys) for name, keys in listed.items()} == {
        name: sorted(keys) for name, keys in expected.items()
    }


def test_study_page_has_the_columns_of_every_small_table() -> None:
    text = STUDY_PAGE.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \|(.* CSV \|.*)$", text, re.MULTILINE))
    for name, table in SMALL_TABLES.items():
        listed = re.findall(r"`(\w+)`", rows[name].split(" | ")[1])
        assert sorted(listed) == sorted(column.name for column in table.columns), name


def test_study_page_has_the_actions_of_every_rule(tmp_path: Path) -> None:
    text = STUDY_PAGE.read_text(encoding="utf-8").split("## `[census.rules]`")[1]
    listed = re.findall(r"^\| `(\w+)` \|.*\| ([a-z, ]+) \|$", text.split("\n## ")[0], re.MULTILINE)
    study = (ROOT / "conf" / "studies" / "cusfta.toml").read_text(encoding="utf-8")
    assert sorted(rule for rule, _ in listed) == sorted(model.RULES)
    for rule, actions in listed:
        taken = [action for action in model.ACTIONS if takes(study, rule, action, tmp_path)]
        assert actions.split(", ") == taken, rule


def takes(study: str, rule: str, action: str, folder: Path) -> bool:
    """Whether a study may state this action for a rule."""
    path = folder / "study.toml"
    path.write_text(re.sub(rf'^({rule}\s*=) "\w+"', rf'\1 "{action}"', study, flags=re.MULTILINE))
    try:
        rules = read_study(path).census.rules
    except StudyError:
        return False
    return rules[rule] == action


def cells(part: str) -> str:
    """First cells of the rows of a part's tables."""
    return " ".join(re.findall(r"^\| (`[^|]*) \|", part, re.MULTILINE))


def keys_of(section: str) -> list[str]:
    """Keys that stand directly under a section of the study file."""
    names = [field.name for field in fields(SECTIONS[section])]
    own_sections = {
        "study": (*SECTIONS, "todo"),  # which is counted, not stated
        "census": ("columns", "rules"),
        "welfare": ("melitz_redding", "curves", "comparisons"),
        "uncertainty": ("measurement_error",),
        "regressions": ("errors",),
    }.get(section, ())
    return [name for name in names if name not in own_sections]


@pytest.mark.parametrize("page", PAGES, ids=PAGE_NAMES)
def test_keys_and_columns_named_in_the_text_exist(page: Path) -> None:
    known = {f"{section}.{f.name}" for section, kind in SECTIONS.items() for f in fields(kind)}
    known |= {f"census.rules.{rule}" for rule in model.RULES}
    known |= {f"{name}.{column}" for name, table in TABLES.items() for column in table.names}
    pattern = rf"`((?:{'|'.join(SECTIONS)})\.(?!toml)[a-z_.]+)`"
    named = re.findall(pattern, page.read_text(encoding="utf-8"))
    assert [name for name in named if name not in known] == []


@pytest.mark.parametrize("page", [METHOD, MELITZ_TREFLER], ids=lambda page: page.name)
def test_examples_of_the_pages_hold(page: Path) -> None:
    result = doctest.testfile(str(page), module_relative=False)
    assert result.attempted >= 10
    assert result.failed == 0


def test_demo_output_shows_the_published_table() -> None:
    (block,) = (block for block in blocks(README) if block.mark == "demo output")
    shown = [re.findall(r"-?\d+\.\d+", line.split("=")[-1]) for line in block.text.splitlines()]
    rows = [[float(word) for word in words] for words in shown]
    nine_numbers = [row[-9:] for row in rows if len(row) >= 9]
    for row, published in zip(nine_numbers, literature.table_1(), strict=True):
        assert row[0::3] == [published.pre, published.post, published.difference]
        assert all(abs(difference) < PRINTED for difference in row[2::3])


def test_sentence_below_the_first_table_has_its_numbers() -> None:
    text = README.read_text(encoding="utf-8")
    table, _, sentence = text.partition("By the HLOY statistic welfare rose by ")
    lines = (line.split() for line in table.splitlines() if re.match(r"(after|before)\S* ", line))
    rows = {line[0]: float(line[4]) for line in lines if line[1] == "hloy"}
    number = r"([\d.]+)"
    said = re.match(
        rf"{number}\s+percent in the window `after` and fell by {number} in `before`: "
        rf"a difference of {number}",
        sentence,
    )
    assert said
    wanted = (rows["after"], -rows["before"], rows["after-before"])
    assert said.groups() == tuple(f"{100 * number:.2f}" for number in wanted)


# --- the first steps, on the embedded engine ------------------------------------------------------


@pytest.fixture
def terminal(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> Callable[[str], str]:
    """A folder and a function that runs a shell block in it and gives what its end printed."""
    monkeypatch.setattr(cli, "_engine", lambda *_: contextlib.nullcontext(engine))
    start = lambda *_, **__: contextlib.nullcontext(engine)  # noqa: E731  one process, one engine
    monkeypatch.setattr("tradegains.engines.start.start_engine", start)
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    monkeypatch.chdir(tmp_path)

    def run(text: str) -> str:
        printed = ""
        for words in commands(text):
            assert words[0] == "tradegains", words
            code = cli.main(words[1:])
            printed, err = capsys.readouterr()
            assert code == 0, f"{words}: {err}"
        return printed

    return run


def replace_sections(path: Path, text: str) -> None:
    """Put the sections of `text` in place of those of the same names."""
    heading = re.compile(r"^(?=\[)", re.MULTILINE)
    named = re.compile(r"\[+([\w.]+)\]+")
    replaced = {found[1] for part in heading.split(text) if (found := named.match(part))}
    kept = [
        part
        for part in heading.split(path.read_text(encoding="utf-8"))
        if not ((found := named.match(part)) and found[1] in replaced)
    ]
    path.write_text("".join(kept) + "\n" + text, encoding="utf-8")


def follow(page: Path, terminal: Callable[[str], str]) -> None:
    """Do what the marks of a page say; what a command prints must be what the page shows."""
    printed = ""
    for block in blocks(page):
        if block.mark == "run" and block.language == "sh":
            printed = terminal(block.text)
        elif block.mark == "run":
            with contextlib.redirect_stdout(io.StringIO()) as shown:
                exec(compile(block.text, str(page), "exec"), {})
            printed = shown.getvalue()
        elif block.mark == "output":
            assert without_run_ids(printed) == without_run_ids(block.text)
        elif block.mark.startswith("edit "):
            replace_sections(Path(block.mark.removeprefix("edit ")), block.text)


@pytest.mark.only("embedded")
def test_commands_of_melitz_trefler(terminal: Callable[[str], str]) -> None:
    follow(MELITZ_TREFLER, terminal)
    assert Path("figures/figure_4.svg").is_file()


@pytest.mark.only("embedded")
def test_commands_of_convert(terminal: Callable[[str], str]) -> None:
    follow(CONVERT, terminal)
    assert sorted(each.name for each in Path("census").iterdir()) == [
        "_conversion", "year=1990", "year=1991",
    ]  # fmt: skip


@pytest.mark.only("embedded")
def test_commands_of_the_first_study(terminal: Callable[[str], str]) -> None:
    follow(FIRST_STUDY, terminal)
    assert (pd.read_stata("files/welfare.dta")["formula"] == "hloy").any()


@pytest.mark.only("embedded")
def test_first_steps_of_the_readme(terminal: Callable[[str], str]) -> None:
    follow(README, terminal)
    assert_files_are_as_shown(Path("files"))
    assert_rows_are_told_apart(Path("results/tables"))


def without_run_ids(text: str) -> str:
    """A text with its run ids made alike: they change with the code."""
    return RUN_ID.sub("RUN", text).rstrip()


def assert_files_are_as_shown(folder: Path) -> None:
    """The file that the Stata and R examples read has the variables they name."""
    welfare = pd.read_stata(folder / "welfare.dta")
    for block in blocks(README):
        if block.language in ("stata", "r"):
            assert "files/welfare.dta" in block.text
    assert {"level", "formula", "continuing", "window", "imports", "welfare_change"} <= set(welfare)
    shown = (welfare.level == "total") & (welfare.formula == "hloy")
    assert set(welfare[shown].window) == {"before", "after", "after-before"}
    assert r"\begin{tabular}" in (folder / "welfare.tex").read_text(encoding="utf-8")


def assert_rows_are_told_apart(tables: Path) -> None:
    """The columns that docs/tables.md calls the key of a table are one."""
    keys = row_keys(TABLES_PAGE.read_text(encoding="utf-8"))
    assert list(keys) == list(TABLES)
    for name, key in keys.items():
        if not (tables / name).exists():
            continue
        rows = DeltaTable(tables / name).to_pyarrow_table(columns=key).to_pylist()
        assert rows, name
        assert Counter(tuple(row.values()) for row in rows).most_common(1)[0][1] == 1, name


if __name__ == "__main__":
    TABLES_PAGE.write_text(with_columns(TABLES_PAGE.read_text(encoding="utf-8")), encoding="utf-8")
