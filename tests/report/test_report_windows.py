"""Any number of welfare windows, compared or not, and a headline window of the study's choice."""

from dataclasses import replace

import pytest

from made_run import undrawn_page
from tradegains.report.answer import headlines
from tradegains.report.ranked import ranked_exhibits
from tradegains.report.side_by_side import as_page_table
from tradegains.report.table_1 import table_1, table_1_text
from tradegains.report.welfare_rows import counted

NAMES = ("pre", "post", "third", "fourth", "fifth")
ENDS = {"pre": (1978, 1988), "post": (1988, 1996), "third": (1980, 1988)}
ENDS |= {"fourth": (1981, 1990), "fifth": (1990, 1996)}
COMPARED = 'difference = ["post", "pre"]\n'
LISTED = 'windows = ["pre", "post"]\n'


@pytest.fixture
def with_windows(run_with, tables):
    """The run with so many welfare windows; all have the numbers of `post` but for the name."""

    def changed(number, *, difference, headline=None):
        names = NAMES[:number]
        more = "".join(
            f'[[windows]]\nname = "{name}"\nstart = {ENDS[name][0]}\nend = {ENDS[name][1]}\n'
            for name in names[2:]
        )
        listed = ", ".join(f'"{name}"' for name in names)
        study = {LISTED: f"windows = [{listed}]\n", "[matching]": f"{more}\n[matching]"}
        if not difference:
            study[COMPARED] = ""
        if headline:
            study["[report]"] = f'[report]\nheadline_window = "{headline}"'
        rows = [row for row in tables["welfare"].to_pylist() if row["window"] in names]
        post = [row for row in rows if row["window"] == "post"]
        rows += [row | {"window": name} for name in names[2:] for row in post]
        if difference:
            rows += [row for row in tables["welfare"].to_pylist() if row["window"] == "post-pre"]
        welfare = tables["welfare"].from_pylist(rows, schema=tables["welfare"].schema)
        return run_with(study=study, welfare=welfare)

    return changed


@pytest.mark.parametrize(
    ("number", "difference"),
    [(number, compared) for compared in (False, True) for number in range(1 + compared, 6)],
)
def test_every_welfare_window_is_shown(with_windows, number, difference):
    run = with_windows(number, difference=difference)
    shown = (*NAMES[:2], "post-pre", *NAMES[2:number]) if difference else NAMES[:number]
    assert run.welfare_windows == shown
    columns = tuple(run.window_title(name) for name in shown)
    assert table_1(run).columns == columns
    assert all(len(entries) == len(shown) for _, entries in table_1(run).rows)
    assert len(headlines(run)) == len(shown)
    page = undrawn_page(run)
    assert page.count('<span class="window">') == len(shown)
    assert max(map(len, table_1_text(run).splitlines())) <= 80
    assert all(column in table_1_text(run) for column in columns)


def test_only_the_windows_compared_stand_beside_published_numbers(with_windows):
    published = dict(table_1(with_windows(4, difference=True)).rows)["HLOY σ = 3.72"]
    assert [entry.published for entry in published] == [-1.35, 5.10, 6.45, None, None]
    assert not table_1(with_windows(3, difference=False)).compared


def test_windows_that_nothing_was_published_of_have_one_column(with_windows):
    table = as_page_table(table_1(with_windows(4, difference=True)))
    compared = ("published", "recovered", "diff.")
    assert table.header == ("", *compared * 3, "recovered", "recovered")
    assert [span for _, span in table.groups] == [1, 3, 3, 3, 1, 1]
    assert {len(row) for row in table.rows} == {len(table.header)}


def test_three_windows_are_no_difference(with_windows):
    run = with_windows(3, difference=False)
    assert run.window_years("third") == "1980-1988"
    assert "so the difference is" not in undrawn_page(run)


def test_the_headline_window_is_the_studys_choice(with_windows):
    assert with_windows(4, difference=True).headline_window == "post"
    assert with_windows(4, difference=False).headline_window == "fourth"
    run = with_windows(4, difference=True, headline="third")
    assert run.headline_window == "third"
    assert headlines(run)[0].window == "1980-1988"
    assert "By the HLOY statistic welfare rose by 5.10 percent over" in undrawn_page(run)
    assert "so the difference is" not in undrawn_page(run)


def test_counts_are_those_of_the_windows_shown(run, run_with, tables):
    extra = [row | {"window": "entry_before"} for row in tables["welfare"].to_pylist()]
    rows = [*tables["welfare"].to_pylist(), *extra]
    windows = run.welfare_windows
    with_more = run_with(
        welfare=tables["welfare"].from_pylist(rows, schema=tables["welfare"].schema)
    )
    assert counted(with_more, windows) == counted(run, windows)
    assert counted(run, ["post"]) == "Continuing establishments: 1988-1996 n = 20,114."


def test_curves_by_a_ranking_end_with_the_headlines(with_windows, tables):
    run = with_windows(4, difference=True)
    rows = tables["welfare_curves"].to_pylist()
    rows += [row | {"window": "third"} for row in rows if row["window"] == "post"]
    curves = tables["welfare_curves"].from_pylist(rows, schema=tables["welfare_curves"].schema)
    run = replace(run, tables={**run.tables, "welfare_curves": curves})
    [exhibit] = ranked_exhibits(run, "4")
    places = [exhibit.text.index(years) for years in ("1978-1988", "1980-1988", "1988-1996")]
    assert places == sorted(places)
    assert "1980-1988 (broken)" in exhibit.caption
    assert "1988-1996 (solid)" in exhibit.caption
    assert exhibit.picture.png.startswith(b"\x89PNG")
