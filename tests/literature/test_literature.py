"""Published numbers: copied once, and consistent with themselves."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import tradegains
from tradegains import literature

# Three printed numbers, each rounded to 0.01: their difference can be off by 0.015.
ROUNDING = 0.01 + 1e-9


@pytest.mark.parametrize("row", literature.table_1() + literature.table_a1(), ids=str)
def test_difference_is_post_minus_pre(row):
    assert row.difference == pytest.approx(row.post - row.pre, abs=ROUNDING)


def test_table_1_adds_up_and_gives_its_own_welfare_rows():
    rows = {row.quantity: row for row in literature.table_1()}
    for window in ("pre", "post", "difference"):
        share, domestic, market = (
            getattr(rows[f"delta_ln_{name}"], window)
            for name in ("continuing_share", "domestic_share", "continuing_market_share")
        )
        assert market == pytest.approx(share + domestic, abs=ROUNDING)
        hloy, acr = rows["welfare_hloy"], rows["welfare_acr"]
        assert getattr(hloy, window) == pytest.approx(-market / (hloy.elasticity - 1), abs=ROUNDING)
        assert getattr(acr, window) == pytest.approx(-domestic / acr.elasticity, abs=ROUNDING)


def test_table_a1_has_22_industries_and_repeats_table_1():
    industries = [row.industry for row in literature.table_a1() if row.level == "industry2"]
    assert industries == sorted(set(industries))
    assert len(industries) == 22
    aggregated, total = literature.table_a1()[22:]
    assert (aggregated.level, total.level) == ("industries_aggregated", "total")
    welfare = literature.table_1()[3]
    assert (total.pre, total.post, total.difference) == (
        welfare.pre,
        welfare.post,
        welfare.difference,
    )


@pytest.mark.parametrize(
    ("table", "rows", "mean"),
    [(literature.table_b1, 9, 3.686), (literature.table_b2, 10, 4.705)],
)
def test_elasticities_average_as_stated(table, rows, mean):
    estimates = [row.estimate for row in table()]
    assert len(estimates) == rows
    assert sum(estimates) / rows == pytest.approx(mean, abs=0.0005)


def test_table_c1_follows_from_table_1_and_the_domestic_shares():
    continuing = literature.table_1()[0].post
    domestic, hloy, acr = literature.table_c1()
    for source in ("imports_table", "exports"):
        share = getattr(domestic, source)
        assert getattr(hloy, source) == pytest.approx(-(continuing + share) / 2.72, abs=ROUNDING)
        assert getattr(acr, source) == pytest.approx(-share / 4.71, abs=ROUNDING)


def test_adoption_differences_and_productivity_contributions_add_up():
    for row in literature.adoption_rates():
        assert row.difference == row.new_exporters - row.nonexporters
    *components, total = literature.productivity_contributions()
    assert sum(row.contribution for row in components) == pytest.approx(total.contribution)
    effect = literature.quoted(literature.MELITZ_TREFLER, "effect_of_exporting").value
    share = literature.quoted(literature.MELITZ_TREFLER, "output_share_of_new_exporters").value
    assert effect * share == pytest.approx(components[2].contribution, abs=0.05)


def test_unknown_names_say_what_is_known():
    with pytest.raises(KeyError, match="hsieh-li-ossa-yang-2023"):
        literature.publication("hloy")
    with pytest.raises(KeyError, match="no number 'premium'"):
        literature.quoted(literature.MELITZ_TREFLER, "premium")


def test_every_quoted_number_belongs_to_a_publication():
    slugs = {paper.publication for paper in literature.publications()}
    assert {number.publication for number in literature.quoted_numbers()} <= slugs


def test_tables_are_read_from_inside_a_zip(tmp_path):
    package = Path(tradegains.__file__).parent
    archive = tmp_path / "tradegains.zip"
    with zipfile.ZipFile(archive, "w") as bundle:
        needed = [package / "__init__.py", package / "errors.py"]
        for path in [*needed, *(package / "literature").glob("*.[cp][sy]*")]:
            bundle.write(path, path.relative_to(package.parent))
    program = (
        "from tradegains import literature; assert '.zip' in literature.__file__;"
        "print(literature.table_1()[3].post)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(archive)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == "5.1"
