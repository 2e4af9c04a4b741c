"""A release from end to end: a run of a small census, and what of it gets into the folder."""

import csv
import json
import shutil
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from small_study import write_study, write_year
from tradegains.command.cli import main
from tradegains.engines.start import Engine
from tradegains.errors import DisclosureError, StudyError
from tradegains.pipeline import run
from tradegains.progress import Progress
from tradegains.published.reading import read_run
from tradegains.release.cells import units_of
from tradegains.release.gate import error_columns
from tradegains.release.groups import BEHIND, Choices, sums_behind, who_is_behind
from tradegains.release.profiles import example_path
from tradegains.release.releasing import Release, plan_release, write_release
from tradegains.store.evidence import read_evidence
from tradegains.store.output import locate_output
from tradegains.study import read_study
from tradegains.tables.published import TABLES

CANARY = 918_273.25
"""Sales of the one establishment of industry 32, in both years."""

CURVES = """
[welfare.curves]
rank_by = ["order"]
elasticity_from = 1.0
elasticity_to = 3.0
elasticity_step = 1.0
published_elasticities = false

[welfare.comparisons]
balanced_within = 0.5
cutoff_percentile = 0.05
"""

MODELS = """
[dispersion]
n_min = 10

[decomposition]
windows = ["only"]
shares = ["employment"]
methods = ["fhk"]
levels = ["total", "industry2"]
groups = ["exporting"]

[regressions]
premium_years = [1990, 1991]
exit_windows = ["only"]
exit_effects = "none"
entry_windows = []
entry_effects = "none"
entry_controls = []
growth_effects = "none"
growth_controls = []
growth_clusters = "establishment"

[uncertainty]
groups = 20
level = 0.95
unit = "enterprise"
salt = "a"
most_undefined = 0.05
"""

ASKED = [name for name in BEHIND if name not in ("tariff_effects", "export_entry")]
"""Tables of the run: there are no tariffs, and everybody exports."""

INDUSTRIES = {1: 40, 11: 40, 21: 40}
PLAIN = example_path("plain")


def write_census(folder: Path, *, more: int = 0) -> Path:
    """Three industries of 40 establishments, some of one enterprise, and one of a canary."""
    for year in (1990, 1991):
        rows = [
            (f"{industry}-{n}", industry * 100 + 1, 10.0 + n, 1000.0 + 7 * n + year % 2)
            for industry, count in INDUSTRIES.items()
            for n in range(count + (more if industry == 1 else 0))
            if (n + year) % 9
        ]
        rows.append(("canary", 3201, 5.0, CANARY))
        ids, sic, jobs, sales = (list(column) for column in zip(*rows, strict=True))
        firms = ["one" if name.endswith("-3") else name for name in ids]
        named = {"id": ids, "sic": sic, "jobs": jobs, "sales": sales, "owner": firms}
        write_year(folder, year, **named, firm=firms, exported=[amount / 4 for amount in sales])
    lines = [f"{code},order,{place}" for place, code in enumerate(("01", "32", "11", "21"))]
    text = "\n".join(["industry,variable,value", *lines, ""])
    (folder / "rankings.csv").write_text(text, encoding="utf-8")
    return write_study(
        folder,
        ('sales = "sales"', 'sales = "sales"\nexports = "exported"\nenterprise_id = "firm"'),
        ("imports = []", 'imports = ["exports"]'),
        ('extra_columns = ["owner"]', "extra_columns = []"),
        ("annual = false", "annual = true"),
        ('invalid_sales = "stop"',
         'invalid_sales = "stop"\ninvalid_exports = "stop"\nexports_above_sales = "stop"'),
        ("[trade]", "[job_flows]\nproductivity_quartiles = false\n\n[trade]"),
        ('census = "census"', 'census = "census"\nrankings = "rankings.csv"'),
        ('levels = ["total"]\n', 'levels = ["total", "industry2"]\n' + CURVES + MODELS),
    )  # fmt: skip


@pytest.fixture(scope="module")
def output(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("released")
    study = read_study(write_census(folder))
    run(engine, study, output=str(folder / "out"), progress=Progress(None))
    return folder / "out"


@pytest.fixture
def fresh(output: Path) -> Iterator[Path]:
    """The output without what earlier tests released."""
    shutil.rmtree(output / "work" / "releases", ignore_errors=True)
    yield output
    shutil.rmtree(output / "work" / "releases", ignore_errors=True)


@pytest.fixture(scope="module")
def released(output: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Release, Path]:
    shutil.rmtree(output / "work" / "releases", ignore_errors=True)
    folder = tmp_path_factory.mktemp("to") / "folder"
    return write_release(output, PLAIN, folder, ASKED), folder


def rows_of(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / "tables" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- evidence -------------------------------------------------------------------------------------


def test_evidence_is_for_its_owner_alone(output: Path) -> None:
    folder = output / "work" / "evidence"
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()}
    assert modes == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())} == {0o700}


def test_enterprises_are_added_up_over_their_cells(output: Path) -> None:
    found = read_evidence(locate_output(str(output)).work, read_run(output).run_id)
    assert found is not None
    spread = found.tables["spread"].to_pylist()
    # One enterprise has the third establishment of each of three industries; in 1990 and in 1991.
    assert len(spread) == 6
    units = units_of("domestic_sales", found.facts["money_decimals"])
    assert {each["domestic_sales_in_units"] / units for each in spread} == {
        0.75 * (1021 + year % 2) for year in (1990, 1991)
    }


def test_every_number_that_is_a_sum_is_that_of_the_evidence(
    released: tuple[Release, Path],
) -> None:
    release, _ = released
    reasons = {name: table.reasons for name, table in release.tables.items()}
    # Nothing says what mean log productivity rests on, of which all_domestic is made.
    assert reasons["welfare_comparisons"].pop("no evidence") == 1
    # Nor spreads of single industries, which stay beside their mean, or their terms.
    assert reasons["dispersion"].pop("no evidence") > 0
    assert reasons["decompositions"].pop("no evidence") > 0
    assert not any(set(each) & {"no evidence", "other evidence"} for each in reasons.values())
    assert set(release.tables) == set(ASKED)


# --- what leaves ----------------------------------------------------------------------------------


def test_the_canary_is_nowhere_in_the_folder(released: tuple[Release, Path]) -> None:
    amounts = {CANARY, CANARY / 4, CANARY * 3 / 4}
    texts = {f"{amount:.{digits}f}" for amount in amounts for digits in (0, 1, 2, 4)}
    texts |= {f"{amount:,.2f}" for amount in amounts} | {
        f"{amount * 100:.0f}" for amount in amounts
    }
    for path in released[1].rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert [text for text in texts if text.encode() in content] == [], path


def test_the_canary_is_withheld_and_cannot_be_subtracted(released: tuple[Release, Path]) -> None:
    rows = rows_of(released[1], "market_shares")
    hidden = {row["industry"] for row in rows if "continuing_domestic_sales" in row["withheld"]}
    assert "32" in hidden
    assert len(hidden) >= 2, "industry 32 would be the total less the others"
    for row in rows:
        for name in row["withheld"].split():
            assert row[name] == ""


def test_what_leaves_is_what_was_published(released: tuple[Release, Path], output: Path) -> None:
    published = read_run(output).tables["demography"].to_pylist()
    rows = rows_of(released[1], "demography")
    assert len(rows) == len(published)
    shown = 0
    for row, before in zip(rows, published, strict=True):
        for name in ("establishments", "employment", "domestic_sales", "establishment_rate"):
            if name not in row["withheld"].split():
                shown += 1
                assert float(row[name]) == before[name]
    assert shown > 20


def test_who_continues_is_nothing_to_the_gain_of_all(output: Path) -> None:
    declared = TABLES["welfare"].disclosure
    assert declared is not None
    choices = Choices.of(read_run(output))
    for row in read_run(output).tables["welfare"].to_pylist():
        who = who_is_behind("welfare", choices, row)
        behind = sums_behind(declared.of_row(row)["welfare_change"], who) or ()
        sets = {name[0] for group, _ in behind for name in group.inside}
        assert sets == (set() if row["formula"] == "acr" else {"continuing"})


def test_neighbours_of_a_curve_do_not_tell_an_industry(released: tuple[Release, Path]) -> None:
    """Below 2 are industries 01 and 32, below 1 is 01 alone: one of the points stays."""
    rows = rows_of(released[1], "welfare_curves")
    points = {row["x"]: row for row in rows if row["figure"] == "4" and row["point"] == "curve"}
    assert points["1"]["withheld"] or points["2"]["withheld"]
    # The canary has most of all sales; figure 3 is made of the same sums as the whole's gain.
    whole = {row["formula"]: row["withheld"] for row in rows_of(released[1], "welfare")
             if row["level"] == "total"}  # fmt: skip
    of_all = {row["curve"]: row["withheld"].split()[0] for row in rows if row["figure"] == "3"}
    assert of_all == {"hloy": "welfare_change", "acr": "welfare_change"}
    assert all("welfare_change" in whole[formula] for formula in of_all)


def test_growth_per_worker_leaves_with_its_sums(fresh: Path) -> None:
    found = plan_release(fresh, PLAIN, ["productivity_growth"])
    table = found.tables["productivity_growth"]
    left = {
        row["industry"]
        for row, cells in zip(table.before.to_pylist(), table.cells, strict=True)
        if not cells["start"].reason
    }
    stay = {each.reason for cells in table.cells for each in cells.values()}
    assert left, "an industry of 32 may"
    assert left < {"01", "11", "21"}, "nor 32, nor the total, nor what tells 32 with others"
    assert {"contributors", "dominance", "complement"} <= stay
    choices = Choices.of(found.run)
    row = table.before.to_pylist()[0]
    assert who_is_behind("productivity_growth", choices, row)
    assert not who_is_behind("productivity_growth", choices, {**row, "prices": "industry"})


def test_histograms_leave_in_bins_of_many(released: tuple[Release, Path], output: Path) -> None:
    rows = rows_of(released[1], "histograms")
    published = read_run(output).tables["histograms"].to_pylist()
    for year in ("1990", "1991"):
        of_all = [row for row in rows if row["year"] == year and row["population"] == "all"]
        counts = [int(row["establishments"]) for row in of_all]
        assert len(counts) > 2
        assert min(counts) >= 10
        assert sum(counts) == sum(
            row["establishments"]
            for row in published
            if row["year"] == int(year) and row["population"] == "all"
        )
        assert float(of_all[0]["bin_width"]) > 0.1, "bins of 0.1 hold a few"
    told = Counter(row["population"] for row in published)
    assert "entrants" in told
    assert "entrants" not in {row["population"] for row in rows}, "they are 13"


def test_quantiles_are_those_of_the_released_histogram(
    released: tuple[Release, Path],
) -> None:
    bins = [row for row in rows_of(released[1], "histograms")
            if row["year"] == "1990" and row["population"] == "all"]  # fmt: skip
    rows = [row for row in rows_of(released[1], "moments")
            if row["year"] == "1990" and row["population"] == "all"]  # fmt: skip
    assert {row["weighting"] for row in rows} == {"employment", "unweighted"}
    for row in rows:
        held = "employment" if row["weighting"] == "employment" else "establishments"
        wanted, found = sum(float(each[held]) for each in bins) / 2, None
        for each in bins:
            if wanted <= float(each[held]):
                inside = wanted / float(each[held]) * float(each["bin_width"])
                found = float(each["bin_start"]) + inside
                break
            wanted -= float(each[held])
        assert float(row["p50"]) == pytest.approx(found)
        assert "released histogram" in row["note"]
        assert {"p01", "p99"} <= set(row["withheld"].split())
        assert row["sd"]


def test_vetting_tells_of_every_number(released: tuple[Release, Path]) -> None:
    release, folder = released
    with (folder / "vetting" / "cells" / "welfare.csv").open(encoding="utf-8") as file:
        cells = list(csv.DictReader(file))
    assert len(cells) == release.tables["welfare"].numbers
    assert {each["class"] for each in cells} == {"LinearAggregations", "Frequencies", "Public"}
    withheld = [each for each in cells if each["status"] == "withheld"]
    assert len(withheld) == sum(release.tables["welfare"].reasons.values())
    assert all(each["rule"] for each in withheld)
    with (folder / "vetting" / "described.csv").open(encoding="utf-8") as file:
        populations = list(csv.DictReader(file))
    assert {(each["status"], each["rule"]) for each in populations} == {("pass", "")}
    assert {int(each["contributors"]) for each in populations} >= {12, 107}
    with (folder / "vetting" / "bins.csv").open(encoding="utf-8") as file:
        assert min(int(each["contributors"]) for each in csv.DictReader(file)) >= 10
    with (folder / "vetting" / "sums.csv").open(encoding="utf-8") as file:
        sums = {each["sum"] for each in csv.DictReader(file)}
    with (folder / "vetting" / "differences.csv").open(encoding="utf-8") as file:
        told = [each["difference"].split(" without ") for each in csv.DictReader(file)]
    nested = [pair for pair in told if len(pair) == 2 and pair[1] in sums]
    assert nested
    assert all(whole in sums for whole, _ in nested)
    results = json.loads((folder / "vetting" / "results.json").read_text(encoding="utf-8"))
    assert {each["status"] for each in results["results"].values()} == {"review", "pass"}
    assert "parameters" in (folder / "vetting" / "rules.txt").read_text(encoding="utf-8")
    assert "10" not in (folder / "vetting" / "rules.txt").read_text(encoding="utf-8")


def test_errors_leave_with_their_numbers(released: tuple[Release, Path]) -> None:
    release, folder = released
    left = set()
    for name in ("decompositions", "demography", "moments", "welfare"):
        errors, table = error_columns(TABLES[name]), release.tables[name]
        for row, told in zip(table.before.to_pylist(), rows_of(folder, name), strict=True):
            for error in [each for each in errors if told.get(each)]:
                left.add((name, error))
                assert float(told[error]) == row[error]
                assert told[errors[error]]
                assert error != "replicate_groups" or told[error] == "20"
    assert left >= {("decompositions", "ci_low"), ("moments", "kurtosis_standard_error")}
    # Of 40 enterprises in twenty groups too few are in each of a demography's.
    assert ("demography", "standard_error") not in left
    # The ends of a quantile's interval are values of establishments.
    assert not any(row["p50_ci_low"] for row in rows_of(folder, "moments"))
    with (folder / "vetting" / "squares.csv").open(encoding="utf-8") as file:
        assert {each["status"] for each in csv.DictReader(file)} >= {"pass"}


def test_samples_leave_that_are_of_enough(released: tuple[Release, Path]) -> None:
    """107 establishments of each year; who continues is 95, and differs from all by 12."""
    folder = released[1]
    with (folder / "vetting" / "cells" / "regressions.csv").open(encoding="utf-8") as file:
        cells = [each for each in csv.DictReader(file) if each["column"] == "r2"]
    # Here size explains productivity, but not who exits; one alone is none less.
    ruled = {(each["model"], each["rule"]) for each in cells}
    assert ruled >= {("exporter_premium_with_size", "explained"), ("exit_linear", "")}
    terms = [each for each in rows_of(folder, "decompositions") if each["level"] == "total"]
    assert all(each["value"] for each in terms)
    assert not any(e["value"] for e in rows_of(folder, "decompositions") if e["industry"])
    with (folder / "vetting" / "samples.csv").open(encoding="utf-8") as file:
        samples = list(csv.DictReader(file))
    assert all(each["contributors"] for each in samples)


def test_every_format_has_what_the_csv_has(released: tuple[Release, Path]) -> None:
    _, folder = released
    names = {path.name for path in (folder / "formats").iterdir()}
    for table in ASKED:
        assert {f"{table}.{ending}" for ending in ("parquet", "dta", "xlsx", "tex")} <= names


def test_the_report_is_of_released_numbers_alone(released: tuple[Release, Path]) -> None:
    page = (released[1] / "report.html").read_text(encoding="utf-8")
    assert "Confidential" not in page
    assert "withheld: " in page
    assert "<svg" not in page
    assert "census" not in page.partition("</header>")[0]
    endings = {path.suffix for path in (released[1] / "figures").iterdir()}
    assert endings == {".png", ".csv"}


def test_what_does_not_leave_says_so(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--output", str(output)]) == 0
    page = Path(capsys.readouterr().out.strip()).read_text(encoding="utf-8")
    assert page.count("<strong>Confidential.</strong>") == 2
    assert main(["show", "welfare", "--output", str(output)]) == 0
    assert "confidential" in capsys.readouterr().out.splitlines()[0]
    to = output / "exported"
    assert main(["export", "welfare", "--output", str(output), "--to", str(to)]) == 0
    assert "confidential" in (to / "welfare_columns.csv").read_text(encoding="utf-8")


# --- refusals -------------------------------------------------------------------------------------


def test_a_plan_writes_nothing(fresh: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["release", "--output", str(fresh), "--rules", "plain", "--plan"])
    told = capsys.readouterr().out
    assert code == 0
    assert "market_shares: " in told
    assert "too few enterprises" in told
    assert not (fresh / "work" / "releases").exists()


def test_strict_releases_nothing_where_something_stays(
    fresh: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = tmp_path / "folder"
    asked = ["release", "welfare", "--output", str(fresh), "--rules", "plain"]
    assert main([*asked, "--to", str(to), "--strict"]) == 4
    assert "withheld" in capsys.readouterr().err
    assert not to.exists()
    assert not (fresh / "work" / "releases").exists()


@pytest.mark.parametrize(
    ("table", "told"),
    [("runs", "paths and texts never"), ("nothing", "the run has no table 'nothing'"),
     ("industry_medians", "does not declare what its numbers rest on")],
)  # fmt: skip
def test_tables_that_are_not_released(fresh: Path, table: str, told: str) -> None:
    assert TABLES["industry_medians"].disclosure is None
    with pytest.raises(StudyError, match=told):
        plan_release(fresh, PLAIN, [table])


def test_a_folder_that_is_not_empty(fresh: Path, tmp_path: Path) -> None:
    (tmp_path / "something").touch()
    with pytest.raises(StudyError, match="not empty"):
        write_release(fresh, PLAIN, tmp_path)
    assert not (fresh / "work" / "releases").exists()


def test_no_evidence_no_release(fresh: Path, tmp_path: Path) -> None:
    evidence = fresh / "work" / "evidence"
    evidence.rename(tmp_path / "aside")
    try:
        with pytest.raises(DisclosureError, match="there is no evidence") as raised:
            plan_release(fresh, PLAIN)
    finally:
        (tmp_path / "aside").rename(evidence)
    assert "--again" in str(raised.value)


def test_evidence_of_other_numbers_withholds_them(
    fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tradegains.release.gate as gate

    monkeypatch.setattr(gate, "published_value", lambda amount, value, decimals: value + 1)
    found = plan_release(fresh, PLAIN, ["market_shares"]).tables["market_shares"]
    assert found.reasons["other evidence"] > 0


# --- the ledger -----------------------------------------------------------------------------------


def test_the_ledger_is_a_chain(fresh: Path, tmp_path: Path) -> None:
    for number in (1, 2):
        write_release(fresh, PLAIN, tmp_path / str(number), ["welfare"])
    first, second = sorted((fresh / "work" / "releases").iterdir())
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert "0 sums changed" in (tmp_path / "2" / "vetting" / "memo.txt").read_text(encoding="utf-8")
    text = first.read_text(encoding="utf-8")
    first.write_text(text.replace('"contributors": 3', '"contributors": 4', 1), encoding="utf-8")
    with pytest.raises(DisclosureError, match="was edited"):
        plan_release(fresh, PLAIN)
    first.unlink()
    with pytest.raises(DisclosureError, match="was changed"):
        plan_release(fresh, PLAIN)
    first.write_text(text, encoding="utf-8")
    entry = json.loads(second.read_text(encoding="utf-8"))
    assert entry["before"] == json.loads(text)["digest"]


def test_a_ledger_of_another_output(fresh: Path, tmp_path: Path) -> None:
    write_release(fresh, PLAIN, tmp_path / "1", ["welfare"])
    log = fresh / "tables" / "runs" / "_delta_log" / f"{0:020d}.json"
    before = log.read_bytes()
    log.write_bytes(before + b"\n")
    try:
        with pytest.raises(DisclosureError, match="of another output"):
            plan_release(fresh, PLAIN, ["welfare"])
    finally:
        log.write_bytes(before)


def test_one_establishment_more_does_not_leave_beside_the_release_before(
    engine: Engine, fresh: Path, tmp_path: Path
) -> None:
    asked = ["demography", "moments", "histograms"]
    write_release(fresh, PLAIN, tmp_path / "before", asked)
    again = plan_release(fresh, PLAIN, asked)
    assert again.tables["moments"].reasons["earlier"] == 0
    assert again.tables["histograms"].numbers > 0
    shutil.copytree(fresh.parent / "census", tmp_path / "census")
    study = read_study(write_census(tmp_path, more=2))
    done = run(engine, study, output=str(fresh), progress=Progress(None))
    try:
        found = plan_release(fresh, PLAIN, asked, run_id=done.run_id)
    finally:
        assert main(["retire", done.run_id, "--output", str(fresh)]) == 0
    reasons = found.tables["demography"].reasons
    assert reasons["earlier"] > 0
    moved = found.tables["moments"]
    left = {
        row["population"]
        for row, cells in zip(moved.before.to_pylist(), moved.cells, strict=True)
        if "mean" in cells and not cells["mean"].reason
    }
    assert moved.reasons["earlier"] > 0
    assert left == {"exiters", "entrants"}, "the two more are in all other populations"
    assert len(found.tables["histograms"].before) == 0
    totals = [
        cells["establishments"].reason
        for row, cells in zip(
            found.tables["demography"].before.to_pylist(),
            found.tables["demography"].cells,
            strict=True,
        )
        if row["level"] == "total" and row["status"] == "continuing"
    ]
    assert "" not in totals, "one more in the total is one more in industry 01"
