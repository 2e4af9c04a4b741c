"""Tables of the page on dispersion, the joint distribution, decompositions and regressions."""

import csv
import io

import pyarrow as pa

from made_run import undrawn_page
from tradegains.published.published_run import PublishedRun
from tradegains.report.dispersion import dispersion
from tradegains.report.joint_distribution import joint_distribution
from tradegains.report.sections.decompositions import decompositions
from tradegains.report.sections.regressions import regression_tables
from tradegains.store.arrow_tables import arrow_schema

STUDY = """
[study]
synthetic = true

[matching]
continuing = ["both_ends"]

[[windows]]
name = "post"
start = 1988
end = 1996
"""
RECORD = {"run_id": "x", "study": "s", "study_toml": STUDY, "published_at": "", "engine": ""}
RECORD |= {
    "input_digest": "",
    "code_version": "",
    "absent": '{"table dispersion": "no [dispersion]"}',
}
NAMES = ("dispersion", "joint_distribution", "decompositions", "regressions", "export_entry")


def run_with(**rows: list[dict[str, object]]) -> PublishedRun:
    tables = {
        name: pa.Table.from_pylist(rows.get(name, []), schema=arrow_schema(name)) for name in NAMES
    }
    return PublishedRun(RECORD, tables)


def printed(table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def lines(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_run_without_rows_has_no_tables() -> None:
    run = run_with()
    assert dispersion(run) is None
    assert joint_distribution(run) == decompositions(run) == regression_tables(run) == []


def test_dispersion_shows_means_and_the_quartiles_of_the_same_industries() -> None:
    """Spreads 1, 2 and 3 have the quartiles 1.5 and 2.5; the industry below n_min has no say."""
    about = {"year": 1988, "weighting": "unweighted", "n_min": 10, "employment": 9.0}
    spread = {"sd": 0.5, "d7525": 0.7, "d9990": 0.4, "d1001": 0.3, "theil": 0.125}
    one = about | spread | {"level": "industry4", "industries": 1, "establishments": 10}
    rows = [one | {"industry": f"101{k}", "d9010": float(k)} for k in (1, 2, 3)]
    rows += [one | {"industry": "1019", "d9010": 9.0, "establishments": 9}]
    mean = {"level": "industries_mean", "industries": 3, "establishments": 30, "d9010": 2.0}
    table = dispersion(run_with(dispersion=[*rows, about | spread | mean]))
    assert printed(table) == [
        ["unweighted", "1988", "3", "30", "0.500", "0.700", "2.000", "0.400", "0.300", "0.125",
         "1.500", "2.500"]
    ]  # fmt: skip
    [(name, text)] = table.data
    assert (name, len(lines(text))) == ("table_dispersion.csv", 5)
    assert {line["data"] for line in lines(text)} == {"synthetic"}


def test_dispersion_without_an_industry_large_enough_says_so() -> None:
    mean = {"year": 1988, "level": "industries_mean", "weighting": "unweighted", "n_min": 10}
    mean |= {"industries": 0, "establishments": 0, "note": "no industry has 10 establishments"}
    table = dispersion(run_with(dispersion=[mean]))
    assert table.notes == (("a", "no industry has 10 establishments"),)
    assert printed(table)[0][4:] == ["–"] * 8


def test_a_run_from_before_the_column_has_no_theil() -> None:
    mean = {"year": 1988, "level": "industries_mean", "weighting": "unweighted", "n_min": 10}
    mean |= {"industries": 3, "establishments": 30, "sd": 0.5, "d7525": 0.7, "d9010": 2.0}
    table = dispersion(run_with(dispersion=[mean | {"d9990": 0.4, "d1001": 0.3}]))
    assert printed(table)[0][8:10] == ["0.300", "–"]
    assert ("a", "not computed by the version that made this run") in table.notes


def test_joint_distribution_has_sums_over_groups_and_sizes() -> None:
    about = {"weighting": "unweighted", "numerator": "value_added", "establishments": 2}
    shares = {(1, None): (0.1, 0.05), (1, 20.0): (0.2, 0.15), (2, None): (0.3, 0.3)}
    shares[2, 20.0] = (0.4, 0.5)
    rows = [
        about
        | {"year": year, "productivity_group": group, "size_from": size}
        | {"size_to": 20.0 if size is None else None}
        | {"employment_share": jobs, "output_share": output}
        for year in (1988, 1996)
        for (group, size), (jobs, output) in shares.items()
    ]
    first, second = joint_distribution(run_with(joint_distribution=rows))
    assert first.header == (
        *("productivity", "under 20", "20 or more", "all", "under 20", "20 or more", "all"),
    )
    assert printed(first) == [
        ["1", "10.0", "20.0", "30.0", "5.0", "15.0", "20.0"],
        ["2", "30.0", "40.0", "70.0", "30.0", "50.0", "80.0"],
        ["all", "40.0", "60.0", "100.0", "35.0", "65.0", "100.0"],
    ]
    assert second.title.endswith("1996")
    assert [len(lines(text)) for _, text in (*first.data, *second.data)] == [4, 4]


def decomposed(method: str, level: str, **terms: float | None) -> list[dict[str, object]]:
    about = {"window": "post", "share": "sales", "method": method, "level": level, "total": 0.3}
    about |= {"establishments": 5, "left_out": 1, "moved": 2, "prices": "nominal"}
    return [about | {"term": term, "value": value, "note": None if value is not None else "nobody"}
            for term, value in terms.items()]  # fmt: skip


def test_decompositions_stand_by_method_with_the_terms_they_have() -> None:
    rows = decomposed("mp", "total", mean=0.2, covariance=0.1, entry=0.0, exit=None)
    rows[0] |= {"standard_error": 0.004, "total_standard_error": 0.005}
    rows += decomposed("fhk", "industry2_aggregated", within=0.1, between_industries=0.2)
    rows += decomposed("fhk", "total", within=0.1, between=0.05, cross=0.15, entry=0.0, exit=0.0)
    rows += [row | {"industry": "10"} for row in decomposed("fhk", "industry2", within=9.0)]
    level = {"year": 1988, "share": "sales", "method": "olley_pakes", "level": "total"}
    level |= {"total": 0.5, "establishments": 7, "prices": "nominal"}
    mean = level | {"term": "mean", "value": 0.4, "standard_error": 0.02}
    rows += [mean, level | {"term": "covariance", "value": 0.1}]
    table, levels = decompositions(run_with(decompositions=rows))
    assert table.title == "Where productivity growth comes from, 1988-1996, by shares of sales"
    assert printed(table) == [
        ["the whole", "FHK", "10.00", "5.00", "15.00", "0.00", "0.00", "–", "30.00"],
        ["the whole", "MP", "20.00", "10.00", "–", "0.00", "–", "–", "30.00"],
        ["2-digit industries", "FHK", "10.00", "–", "–", "–", "–", "20.00", "30.00"],
    ]
    errors = [[cell.error for cell in row] for row in table.rows]
    assert errors == [[""] * 9, ["", "", "(0.40)", *[""] * 5, "(0.50)"], [""] * 9]
    assert [cell.error for cell in levels.rows[0]] == ["", "", "(2.00)", "", "", ""]
    assert table.notes == (("a", "nobody"),)
    assert "not deflated" in table.remark
    assert printed(levels) == [["sales", "1988", "40.00", "10.00", "50.00", "7"]]
    [(_, text)] = table.data
    assert {line["industry"] for line in lines(text)} == {""}


def test_terms_seldom_there_have_a_column_where_somebody_is_in_them() -> None:
    rows = decomposed("bg", "industry4_aggregated", within=0.2, undecomposed=0.1, industry_exit=0.0)
    for row in rows:
        row["establishments"] = 0 if row["term"] == "industry_exit" else 3
    [table] = decompositions(run_with(decompositions=rows))
    assert table.header[-3:] == ("between industries", "not split", "growth")


ESTIMATE = {
    "years": "1988-1996",
    "sample": "all",
    "weighting": "unweighted",
    "effects": "industry4",
    "errors": "robust",
    "coefficient": 0.25,
    "standard_error": 0.125,
    "observations": 1200,
}


def test_regressions_show_the_terms_asked_about_and_keep_controls_in_the_data() -> None:
    premium = ESTIMATE | {"model": "exporter_premium_with_size", "outcome": "log_productivity"}
    effect = ESTIMATE | {"model": "two_stage", "outcome": "growth", "first_stage_f": 40.0}
    rows = [
        premium | {"term": "log_employment"},
        premium | {"term": "exporter", "premium_percent": 28.4},
        ESTIMATE | {"model": "exit_probit", "outcome": "exit", "term": "exporter"},
        ESTIMATE | {"model": "exit_probit", "outcome": "exit", "term": "tariff_cut",
                    "coefficient": None, "standard_error": None, "note": "determined by effects"},
        effect | {"term": "export_start"},
        effect | {"term": "export_start", "sample": "quartile_4", "coefficient": 0.5},
        effect | {"term": "relative_productivity", "coefficient": 9.0},
    ]  # fmt: skip
    premia, exits, effects = regression_tables(run_with(regressions=rows))
    assert printed(premia) == [
        ["unweighted", "yes", "1988-1996", "0.2500", "0.1250", "28.4", "1,200"]
    ]
    assert printed(exits) == [["1988-1996", "probit", "0.2500", "0.1250", "–", "–", "1,200"]]
    assert exits.notes == (("a", "determined by effects"),)
    [line] = printed(effects)
    assert line[3:] == ["0.250 (0.125)", *["–"] * 3, "0.500 (0.125)", "1,200", "40.0"]
    assert effects.remark.startswith(
        "Two stage: effects of 4-digit industries, robust standard errors (HC1)."
    )
    assert [len(lines(table.data[0][1])) for table in (premia, exits, effects)] == [2, 2, 3]


def test_effects_tell_how_many_establishments_each_quartile_has() -> None:
    raw = ESTIMATE | {"model": "raw_difference", "outcome": "growth", "term": "export_start"}
    rows = [
        raw,
        raw | {"sample": "quartile_1", "observations": 1310},
        raw | {"sample": "quartile_2", "observations": 290},
        raw | {"sample": "quartile_3", "coefficient": None, "note": "nobody starts"},
    ]
    [table] = regression_tables(run_with(regressions=rows))
    assert "Q1 the lowest (n in 1988-1996: 1,310, 290, 1,200)" in table.remark
    assert [cell.mark for cell in table.rows[0]][3:8] == ["", "", "", "a", ""]
    assert table.notes == (("a", "nobody starts"),)


def test_tables_without_rows_are_named_with_their_reason() -> None:
    page = undrawn_page(run_with())
    assert page.count("no [dispersion]") == 1
    for name in NAMES[1:]:
        assert f"the run published no table {name}" in page
