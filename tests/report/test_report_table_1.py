"""Table 1: published beside recovered, in percent, and reasons where a number is absent."""

import pytest

from tradegains.report.side_by_side import table_text
from tradegains.report.table_1 import table_1, table_1_text, table_a1, table_c1

GOLDEN = """\
Table 1: market shares and implied welfare changes
Hsieh, C.-T., Li, N., Ossa, R. and Yang, M.-J. (2023). Gains from Trade
Liberalization with Flexible Extensive Margin Adjustment. Manuscript, 9 March
2023.
100 x change of ln [percent]; synthetic data

                   1978-1988 (×0.8)            1988-1996           difference
                publ. recov.  diff.  publ. recov.  diff.  publ. recov.  diff.
Δ ln X^c/X       2.97   2.97  0.000  12.03  12.03  0.000   9.06   9.06  0.000
Δ ln λ           0.69   0.69  0.000 -25.91 -25.91  0.000 -26.61 -26.60  0.010
Δ ln λ^c         3.66   3.66  0.000 -13.88 -13.88  0.000 -17.55 -17.54  0.010
HLOY σ = 3.72   -1.35  -1.35  0.004   5.10   5.10  0.003   6.45   6.45 -0.001
ACR ε = 4.71    -0.15  -0.15  0.004   5.50   5.50  0.001   5.65   5.65 -0.002
Largest difference: 0.010 percentage points."""

WITHOUT_IMPORTS = """\
Market shares and implied welfare changes
100 x change of ln [percent]; confidential

                1981-1991
Δ ln X^c/X          26.02
Δ ln λ                 -a
Δ ln λ^c               -a
HLOY σ = 3.72          -a
ACR                    -b
-a imports are not known
-b no such row in this run"""

COLOMBIA = {
    'publication = "hsieh-li-ossa-yang-2023"\n': "",
    "synthetic = true": "synthetic = false",
    'imports = ["table", "exports"]': "imports = []",
    'difference = ["post", "pre"]\n': "",
    'windows = ["pre", "post"]': 'windows = ["decade"]',
    'name = "post"\nstart = 1988\nend = 1996': 'name = "decade"\nstart = 1981\nend = 1991',
}


@pytest.fixture
def without_imports(run_with, tables):
    row = {
        "run_id": "r",
        "window": "decade",
        "level": "total",
        "continuing": "both_ends",
        "restriction": "all",
        "imports": "none",
        "formula": "hloy",
        "elasticity": 3.72,
        "delta_ln_continuing_share": 0.260236,
        "note": "imports are not known",
    }
    schema = tables["welfare"].schema
    rows = [{name: row.get(name) for name in schema.names}]
    return run_with(study=COLOMBIA, welfare=tables["welfare"].from_pylist(rows, schema=schema))


def test_published_beside_recovered(run):
    assert table_1_text(run) == GOLDEN


def test_lines_fit_a_terminal(run):
    texts = (table_1_text(run), table_text(table_a1(run)), table_text(table_c1(run)))
    assert max(len(line) for text in texts for line in text.splitlines()) <= 80


def test_the_difference_is_of_the_unrounded_number(run):
    rows = dict(table_1(run).rows)
    entry = rows["HLOY σ = 3.72"][0]
    assert entry.percent == pytest.approx(-3.66 / 2.72)
    assert entry.difference == pytest.approx(-3.66 / 2.72 + 1.35)


def test_table_c1_compares_both_sources(run):
    table = table_c1(run)
    rows = dict(table.rows)
    assert [entry.published for entry in rows["Δ ln λ"]] == [-25.91, -23.86]
    assert [round(entry.percent, 2) for entry in rows["ACR ε = 4.71"]] == [5.50, 5.07]
    assert table.largest_difference < 0.01


def test_table_a1_stands_beside_industries_and_total(run):
    rows = dict(table_a1(run).rows)
    assert [entry.published for entry in rows["32"]] == [-1.96, 23.27, 25.24]
    assert [entry.published for entry in rows["all"]] == [-1.35, 5.10, 6.45]
    assert [entry.published for entry in rows["aggregate"]] == [-1.42, 6.66, 8.08]
    assert rows["aggregate"][1].difference == pytest.approx(0, abs=1e-12)
    assert rows["all"][1].percent == pytest.approx(13.88 / 2.72)
    assert rows["12"][1].percent is None
    assert rows["12"][1].recovered.note == "no continuing domestic sales in 1996"


def test_a_study_with_one_source_has_no_table_c1(run_with):
    run = run_with(study={'imports = ["table", "exports"]': 'imports = ["table"]'})
    assert table_c1(run) is not None  # both are published all the same
    welfare = run.tables["welfare"]
    only = welfare.filter([source == "table" for source in welfare["imports"].to_pylist()])
    assert table_c1(run_with(welfare=only)) is None


def test_without_a_publication_only_recovered_numbers_stand(run_with):
    run = run_with(study={'publication = "hsieh-li-ossa-yang-2023"\n': ""})
    text = table_1_text(run)
    assert "publ." not in text
    assert "Table 1" not in text
    assert "Largest difference" not in text
    assert "5.10" in text


def test_another_publication_brings_no_numbers_of_this_one(run_with):
    run = run_with(study={"hsieh-li-ossa-yang-2023": "melitz-trefler-2012"})
    assert not table_1(run).compared


def test_absent_numbers_say_why(without_imports):
    assert table_1_text(without_imports) == WITHOUT_IMPORTS
