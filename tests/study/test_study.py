"""The study file: what is refused, with which words, and that the resolved text is the study."""

import dataclasses
import re
import tomllib
from pathlib import Path

import pytest

from tradegains.errors import StudyError
from tradegains.study import Inputs, Study, read_study, resolved_toml
from tradegains.study.lines import key_lines
from tradegains.study.model import DEFAULT_ERRORS

STUDIES = Path(__file__).parents[2] / "conf" / "studies"
FULL = Path(__file__).with_name("full_study.toml").read_text(encoding="utf-8")
SHIPPED = {
    'standardised_by = "unweighted_sd"\n': "",
    "products_year = 1988\n": 'products_year = "start"\n',
    'measure = "log_points"': 'measure = "points"',
    'change = "preference"': 'change = "applied"',
    'per = "year"': 'per = "window"',
    'product_kind = "foreign"\n': "",
    'growth_cuts = ["foreign", "input"]': 'growth_cuts = ["foreign"]',
    'elasticity_concordance = "elasticity_concordance"\n': "",
    ', "earlier_growth"]\ntrend_window = "pre"': "]",
    'industry_errors = "cv3"': 'industry_errors = "hc3"',
    "percentiles = [0.1, 0.5, 0.9]": "percentiles = [0.2, 0.5, 0.8]",
}
"""What the full study of these tests has that the shipped one has not, or otherwise."""
ERRORS_OF_SHIPPED = {
    'exit_linear = "product"': 'exit_linear = "robust"',
    'exit_probit = "robust"': 'exit_probit = "information"',
    "level = 0.9": "level = 0.95",
}


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


def changed(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    """The full study with pieces of text replaced, each of which must be there once."""
    text = FULL
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
        text = text.replace(old, new)
    return written(tmp_path, text)


def refusal(path: Path, **overrides: str) -> list[tuple[str, str, str]]:
    """What, where and cure of every problem."""
    with pytest.raises(StudyError) as raised:
        read_study(path, overrides)
    return [(problem.what, problem.where, problem.cure) for problem in raised.value.problems]


def line_with(path: Path, piece: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if piece in line)


@pytest.mark.parametrize("name", ["cusfta.toml", "colombia_food.toml"])
def test_shipped_studies_ask_for_errors_once_the_marks_are_gone(name: str, tmp_path: Path) -> None:
    text = (STUDIES / name).read_text(encoding="utf-8")
    assert read_study(written(tmp_path, text), {"census": "census"}).uncertainty is None
    before, marked = text.split("# [uncertainty]")
    section, *after = marked.split("\n\n")
    unmarked = "\n".join(line.removeprefix("#") for line in section.splitlines())
    asked = "\n\n".join([f"{before}[uncertainty]{unmarked}", *after])
    stated = read_study(written(tmp_path, asked), {"census": "census"}).uncertainty
    assert stated is not None
    assert (stated.groups, stated.level) == (100, 0.95)


def test_shipped_study_states_the_default_errors_but_for_few_clusters() -> None:
    study = read_study(STUDIES / "cusfta.toml")
    assert study.regressions is not None
    stated = dataclasses.replace(DEFAULT_ERRORS, variance="cv3", few_clusters=30)
    assert study.regressions.errors == stated


def test_shipped_study_is_read() -> None:
    study = read_study(STUDIES / "cusfta.toml")
    assert [window.name for window in study.windows] == ["pre", "post", "entrants_early"]
    assert study.window("pre").scale == 0.8
    assert study.window("post").scale == 1.0
    assert study.welfare.difference == ("post", "pre")
    assert (study.welfare.sigma, study.welfare.trade_elasticity) == (3.72, 4.71)
    assert study.matching.continuing[0] == "both_ends"
    assert study.years == tuple(range(1978, 1997))
    assert study.synthetic
    assert study.inputs.census == str(STUDIES.parents[1] / "build/demo/input/census")


def test_colombian_study_needs_a_census_on_the_command_line(tmp_path: Path) -> None:
    path = STUDIES / "colombia_food.toml"
    [(what, _, cure)] = refusal(path)
    assert what == "the study names no census"
    assert "--input census=DIR" in cure
    study = read_study(path, {"census": str(tmp_path)})
    assert study.inputs == Inputs(census=str(tmp_path))
    assert not study.census.has("exports")
    assert "exports_above_sales" not in study.census.rules
    assert study.census.rules["nonpositive_value_added"] == "keep"
    assert study.trade.imports == ()


def test_years_are_window_ends_and_productivity_years_without_annual_demography(
    tmp_path: Path,
) -> None:
    path = changed(
        tmp_path,
        ("annual = true", "annual = false"),
        ('continuing = ["both_ends", "domestic_both_ends", "every_year", "panel"]',
         'continuing = ["both_ends"]'),
        ("panel_years = [1996, 1978, 1988]", ""),
        ("years = [1978, 1988, 1996]", "years = [1988, 1996, 1990]"),
    )  # fmt: skip
    # Those in which never-exporters must not have exported are read besides.
    assert read_study(path).years == (*range(1978, 1989), 1990, 1996)
    text = re.sub("history_from = .*", "history_from = [1988]", path.read_text(encoding="utf-8"))
    assert read_study(written(tmp_path, text)).years == (1978, 1980, 1988, 1990, 1996)


def test_every_year_rule_alone_reads_the_years_between(tmp_path: Path) -> None:
    path = changed(tmp_path, ("annual = true", "annual = false"))
    assert read_study(path).years == tuple(range(1978, 1997))


@pytest.mark.parametrize("name", ["cusfta.toml", "colombia_food.toml"])
def test_resolved_text_is_the_study_and_itself_canonical(tmp_path: Path, name: str) -> None:
    study = read_study(STUDIES / name, {"census": "/data/census"})
    text = resolved_toml(study)
    again = read_study(written(tmp_path, text), study.inputs.given())
    assert again == study
    assert resolved_toml(again) == text


def test_resolved_text_does_not_depend_on_where_the_inputs_lie(tmp_path: Path) -> None:
    here = resolved_toml(read_study(STUDIES / "cusfta.toml"))
    shipped, marked = FULL.split("[uncertainty]")
    errors = marked.partition("[regressions.errors]")[2]
    for full, text in ERRORS_OF_SHIPPED.items():
        assert errors.count(full) == 1, full
        errors = errors.replace(full, text)
    shipped += f"[regressions.errors]{errors}"
    for full, text in SHIPPED.items():
        assert shipped.count(full) == 1, full
        shipped = shipped.replace(full, text)
    there = resolved_toml(read_study(written(tmp_path, shipped), {"census": "s3://bucket/x"}))
    assert here == there
    assert str(STUDIES.parents[1]) not in here
    given = read_study(STUDIES / "cusfta.toml").inputs.given()
    assert tomllib.loads(here)["inputs"] == {name: name for name in given}


def test_resolved_text_keeps_every_value_even_awkward_ones(tmp_path: Path) -> None:
    study = read_study(STUDIES / "cusfta.toml")
    awkward = dataclasses.replace(
        study,
        title='é "quoted" \\ back\nline\ttab \x7f',
        productivity=dataclasses.replace(study.productivity, bin_width=1e-05),
    )
    assert read_study(written(tmp_path, resolved_toml(awkward)), study.inputs.given()) == awkward


def test_whole_numbers_and_fractions_are_one_study(tmp_path: Path) -> None:
    whole = changed(tmp_path, ("sigma = 3.72", "sigma = 4"))
    text = resolved_toml(read_study(whole))
    assert "sigma = 4.0\n" in text


def test_inputs_are_relative_to_the_file_and_overrides_to_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = changed(tmp_path, ('"imports"\n', '"imports.csv"\n'))
    study = read_study(path, {"census": "mine", "prices": "s3://bucket/prices.csv"})
    assert study.inputs.imports == str(tmp_path / "imports.csv")
    assert study.inputs.census == str(tmp_path / "mine")
    assert study.inputs.prices == "s3://bucket/prices.csv"


def test_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_bytes(b"\xef\xbb\xbf" + FULL.encode())
    assert isinstance(read_study(path), Study)


# --- refusals: one mistake each -------------------------------------------------------------------

HISTORY = next(line for line in FULL.splitlines() if line.startswith("history_from"))
MISTAKES = {
    "misspelt required key": (
        ("numerator =", "numeratr ="),
        "[productivity] numeratr is not a known key",
        "numeratr",
        "did you mean numerator?",
    ),
    "misspelt optional key": (
        ("scale_to_years = 8.0", "scale_to_year = 8.0"),
        '[[windows]] "pre" scale_to_year is not a known key',
        "scale_to_year =",
        "did you mean scale_to_years?",
    ),
    "misspelt section": (
        ("[matching]", "[matchin]"),
        "[matchin] is not a known section",
        "[matchin]",
        "did you mean matching?",
    ),
    "misspelt column": (
        ("enterprise_id =", "enterpise_id ="),
        "[census.columns] enterpise_id is not a known key",
        "enterpise_id ",
        "did you mean enterprise_id?",
    ),
    "key of another section": (
        ("annual = true", "annual = true\ntrade_elasticity = 4\n"),
        "[matching] trade_elasticity is not a known key",
        "trade_elasticity = 4",
        "trade_elasticity belongs in [welfare]",
    ),
    "key like no other": (
        ("annual = true", "annual = true\nxyz = 4\n"),
        "[matching] xyz is not a known key",
        "xyz",
        "remove it, or use one of continuing, industry_at, annual, reactivation_years",
    ),
    "choice not made": (
        ('prices = "industry"', "#"),
        "[productivity] prices is missing",
        "[productivity]",
        'state prices: one of "none", "industry", "economy"',
    ),
    "misspelt choice": (
        ('numerator = "value_added"', 'numerator = "value_aded"'),
        '[productivity] numerator = "value_aded" is not valid',
        "value_aded",
        'did you mean "value_added"? one of "value_added", "sales" is expected',
    ),
    "misspelt word of a list": (
        ('median_base = ["same_year", "base_year", "pooled"]', 'median_base = ["poled"]'),
        '[productivity] median_base = ["poled"] is not valid',
        "poled",
        'did you mean "pooled"?',
    ),
    "text for a number": (
        ("sigma = 3.72", 'sigma = "3.72"'),
        '[welfare] sigma = "3.72" is not valid',
        "sigma =",
        "write a number at least 1.001 and at most 1001",
    ),
    "number out of range": (
        ("sigma = 3.72", "sigma = 1"),
        "[welfare] sigma = 1 is not valid",
        "sigma =",
        "write a number at least 1.001 and at most 1001",
    ),
    "number without end": (
        ("bin_width = 0.1", "bin_width = nan"),
        "[productivity] bin_width = nan is not valid",
        "bin_width",
        "write a number greater than 0 and at most 5",
    ),
    "truth value for a number": (
        ("trade_elasticity = 4.71", "trade_elasticity = true"),
        "[welfare] trade_elasticity = true is not valid",
        "trade_elasticity",
        "write a number at least 0.001 and at most 1000",
    ),
    "number for a truth value": (
        ("annual = true", "annual = 1"),
        "[matching] annual = 1 is not valid",
        "annual",
        "write true or false",
    ),
    "year as text": (
        ("years = [1978, 1988, 1996]", 'years = ["1978"]'),
        '[productivity] years = ["1978"] is not valid',
        'years = ["1978"]',
        "write a list [...] of years, at least 1, none twice",
    ),
    "year twice": (
        ("years = [1978, 1988, 1996]", "years = [1978, 1978]"),
        "[productivity] years = [1978, 1978] is not valid",
        "years = [1978, 1978]",
        "none twice",
    ),
    "word for a list": (
        ('imports = ["table", "exports"]', 'imports = "table"'),
        '[trade] imports = "table" is not valid',
        'imports = "table"',
        'write a list [...] of "table", "exports", none twice',
    ),
    "name that a table cannot carry": (
        ('name = "post"', 'name = "post-war"'),
        '[[windows]] "post-war" name = "post-war" is not valid',
        "post-war",
        "write a name of letters, digits and _ that begins with a letter",
    ),
    "empty condition": (
        ('where = "employment >= 200"', 'where = " "'),
        '[[populations]] "large" where = " " is not valid',
        'where = " "',
        "write a text in quotes, not empty",
    ),
    "kept row without id": (
        ('missing_id = "quarantine"', 'missing_id = "keep"'),
        '[census.rules] missing_id = "keep" is not valid',
        "missing_id",
        'write one of "stop", "quarantine"',
    ),
    "value added that would remove a row": (
        ('nonpositive_value_added = "keep"', 'nonpositive_value_added = "quarantine"'),
        '[census.rules] nonpositive_value_added = "quarantine" is not valid',
        "nonpositive_value_added =",
        'write "keep"',
    ),
    "rule without an action": (
        ('invalid_exports = "quarantine"', ""),
        "[census.rules] invalid_exports is missing",
        "[census.rules]",
        'state invalid_exports: one of "stop", "quarantine", "keep"',
    ),
    "window the wrong way round": (
        ("start = 1978\nend = 1988", "start = 1988\nend = 1978"),
        "window pre ends in 1978, not after its start 1988",
        "end = 1978",
        "start must be before end",
    ),
    "two windows of one name": (
        (
            "[matching]\n",
            '[[windows]]\nname = "pre" # again\nstart = 1990\nend = 1991\n[matching]\n',
        ),
        "2 [[windows]] are named pre",
        "# again",
        "give each its own name",
    ),
    "difference of a window without welfare": (
        ('difference = ["post", "pre"]', 'difference = ["post", "entrants_early"]'),
        "welfare.difference names entrants_early, which is not a window",
        "difference =",
        "[welfare] windows has pre, post",
    ),
    "difference of three": (
        ('difference = ["post", "pre"]', 'difference = ["post", "pre", "more"]'),
        "[welfare] difference names 3 windows",
        "difference =",
        "name two: the later window, then the one subtracted from it",
    ),
    "window without a definition": (
        ('windows = ["pre", "post"]', 'windows = ["pre", "post", "pots"]'),
        "welfare.windows names pots, which is not a window",
        "pots",
        "did you mean post? [[windows]] has pre, post, entrants_early",
    ),
    "value added not mapped": (
        ('value_added = "value_added"', ""),
        'numerator = "value_added" but the census has no value_added',
        "numerator =",
        'map value_added under [census.columns], or choose numerator = "sales"',
    ),
    "hours not mapped": (
        ('denominator = "employment"', 'denominator = "hours"'),
        'denominator = "hours" but the census has no hours',
        "denominator =",
        'or choose denominator = "employment"',
    ),
    "imports without a table": (
        ('imports = "imports"', ""),
        'imports = "table" but the study has no imports table',
        "imports = [",
        "with imports = [] the results that need them are left out",
    ),
    "imports from exports not mapped": (
        ('exports = "exports"', ""),
        'imports = "exports" but the census has no exports',
        "imports = [",
        'or take "exports" out of imports',
    ),
    "prices without an index": (
        ('prices = "prices"', ""),
        'prices = "industry" but the study has no price index',
        'prices = "industry"',
        'or choose prices = "none": comparisons between years are then labelled nominal',
    ),
    "population of a built-in name": (
        ('name = "large"', 'name = "exporters"'),
        "[[populations]] exporters is computed for every study already",
        'name = "exporters"',
        "choose a name other than all, exporters",
    ),
    "restriction of a built-in name": (
        ('name = "nonexporting"', 'name = "all"'),
        "[[restrictions]] all is computed for every study already",
        'name = "all"',
        "choose a name other than all",
    ),
    "share alone": (
        ("value_added_share = 0.5", ""),
        "[welfare] expenditure_share stands alone",
        "expenditure_share",
        "give both or none",
    ),
    "groups longer than codes": (
        ("industry_group_digits = 2", "industry_group_digits = 5"),
        "industry groups of 5 digits cannot be cut from codes of 4",
        "industry_group_digits",
        "at most industry_digits",
    ),
    "file column mapped twice": (
        ('enterprise_id = "enterprise_id"', 'enterprise_id = "establishment_id"'),
        'file column "establishment_id" is mapped 2 times (establishment_id, enterprise_id)',
        "enterprise_id =",
        "or leave the optional one out",
    ),
    "extra column of a reserved name": (
        (
            'extra_columns = ["adopted_technology"]',
            'extra_columns = ["adopted_technology", "Domestic_Sales"]',
        ),
        'extra column "Domestic_Sales" has the name of a column that tradegains defines',
        "extra_columns",
        "else rename it in the files",
    ),
    "reactivation without annual demography": (
        ("annual = true\nreactivation_years = 0", "annual = false\nreactivation_years = 2"),
        "absences are bridged in annual demography, which the study does not ask for",
        "reactivation_years",
        "set annual = true, or reactivation_years = 0",
    ),
    "misspelt ranking": (
        ('rank_by = ["tariff_cut"]', 'rank_by = ["tarif_cut"]'),
        'rank_by has "tarif_cut" but the study has no input rankings',
        "rank_by",
        "did you mean tariff_cut? give rankings under [inputs]",
    ),
    "rankings by which nothing is ranked": (
        ("[inputs]\n", '[inputs]\nrankings = "rankings.csv"\n'),
        "only curves use the input rankings, and the study ranks by none of its variables",
        "rankings =",
        "name a variable in rank_by",
    ),
    "figure of a year not measured": (
        ("figure_years = [1988, 1996]", "figure_years = [1988, 1990]"),
        "figure_years names 1990, which is not a productivity year",
        "figure_years",
        "[productivity] years has 1978, 1988, 1996",
    ),
    "headline of a window without welfare": (
        ('headline_window = "post"', 'headline_window = "entrants_early"'),
        "report.headline_window names entrants_early, which is not a window",
        "headline_window",
        "[welfare] windows has pre, post",
    ),
    "decomposition of an unknown window": (
        ('windows = ["pre", "post",]', 'windows = ["pre", "pots",]'),
        "decomposition.windows names pots, which is not a window",
        "pots",
        "did you mean post? [[windows]] has pre, post, entrants_early",
    ),
    "deepest cuts of no outcome": (
        ('outcomes = ["employment", "output", "establishments"]\n', ""),
        "deepest is a share of industries by home cuts, for outcomes: one of both is missing",
        "deepest = 0.3333",
        'state outcomes, and "home" among kinds, or remove deepest',
    ),
    "controls without their input": (
        ("deepest = 0.3333\n", 'industry_controls = ["demand"]\n'),
        "industry_controls names variables but the study has no such input",
        'industry_controls = ["demand"]',
        "give industry_controls under [inputs], or remove the key",
    ),
    "controls that nobody names": (
        ('input_output = "input_output"\n', 'input_output = "i"\nindustry_controls = "c.csv"\n'),
        "only [tariff_effects] uses the input industry_controls, and it names no variable",
        'industry_controls = "c.csv"',
        "state industry_controls there: the variables that are held constant",
    ),
    "groups of no level": (
        ('levels = ["total", "industry2", "industry4"]\ngroups', 'levels = ["industry2"]\ngroups'),
        "groups are parts of the terms of the whole economy, which levels leaves out",
        'groups = ["exporting"]',
        'add "total" to levels, or remove groups',
    ),
    "misspelt decomposition": (
        ('methods = ["bhc",', 'methods = ["fhc",'),
        '[decomposition] methods = ["fhc", "bhc_relative", "fhk", "gr", "bg", "df", "mp", "o... '
        "is not valid",
        "fhc",
        'did you mean "fhk"?',
    ),
    "decomposition by no share": (
        ('shares = ["employment", "sales"]', ""),
        "[decomposition] shares is missing",
        "[decomposition]",
        'state shares: a list [...] of "employment", "sales", at least 1, none twice',
    ),
    "dispersion without a smallest industry": (
        ("n_min = 10", ""),
        "[dispersion] n_min is missing",
        "[dispersion]",
        "state n_min: a whole number",
    ),
    "units of enterprises without their id": (
        ('enterprise_id = "enterprise_id"', ""),
        "units are enterprises, and the census has no enterprise_id",
        'unit = "enterprise"',
        "map enterprise_id under [census.columns]",
    ),
    "too few groups of units": (
        ("groups = 100", "groups = 19"),
        "[uncertainty] groups = 19 is not valid",
        "groups = 19",
        "write a whole number from 20 to 1000",
    ),
    "units dealt without a salt": (
        ('salt = "study"', ""),
        "[uncertainty] salt is missing",
        "[uncertainty]",
        "state salt: a text in quotes",
    ),
    "sizes out of order": (
        ("size_edges = [20, 50, 100, 200, 500]", "size_edges = [20, 100, 50]"),
        "size_edges are not in ascending order",
        "size_edges",
        "write them from the smallest to the largest [jobs]",
    ),
    "groups of productivity cut by nothing": (
        ('weighting = "unweighted"', ""),
        "[joint_distribution] weighting is missing",
        "[joint_distribution]",
        'state weighting: one of "employment", "unweighted"',
    ),
    "misspelt size classes": (
        ("size_edges =", "size_edge ="),
        "[joint_distribution] size_edge is not a known key",
        "size_edge",
        "did you mean size_edges?",
    ),
    "exit from an unknown window": (
        ('exit_windows = ["pre","post"]', 'exit_windows = ["pre", "late"]'),
        "regressions.exit_windows names late, which is not a window",
        "exit_windows",
        "[[windows]] has pre, post, entrants_early",
    ),
    "export entry in an unknown window": (
        ('entry_windows = ["post"]', 'entry_windows = ["past"]'),
        "regressions.entry_windows names past, which is not a window",
        "entry_windows",
        "did you mean post?",
    ),
    "history that ends before the window": (
        (HISTORY, "history_from = [1978, 1987]"),
        "history_from has no 1988, the first year of a window with export entry",
        "history_from",
        "add 1988",
    ),
    "missing exports neither kept nor not": (
        ('missing_exports = "quarantine"', 'missing_exports = "zero"'),
        '[census.rules] missing_exports = "zero" is not valid',
        "missing_exports",
        'one of "stop", "quarantine", "keep"',
    ),
    "panel of no stated years": (
        ("panel_years = [1996, 1978, 1988]", ""),
        'continuing has "panel" but [matching] panel_years is missing',
        "continuing",
        "state panel_years",
    ),
    "panel years that nobody uses": (
        (', "panel"]', "]"),
        "panel_years is stated but no rule of continuing uses it",
        "panel_years",
        'add "panel" to continuing',
    ),
    "restricted at no end": (
        ('at = "start"', 'at = "middle"'),
        '[[restrictions]] "nonexporting" at = "middle" is not valid',
        'at = "middle"',
        'one of "start", "end", "both"',
    ),
    "adoption that is not read": (
        ('adoptions = ["adopted_technology"]', 'adoptions = ["new_product"]'),
        "adoptions names new_product, which is not among the extra columns",
        "adoptions",
        'add "new_product" to extra_columns in [census]',
    ),
    "effects not chosen": (
        ('growth_effects = "industry4"', ""),
        "[regressions] growth_effects is missing",
        "[regressions]",
        "state growth_effects: one of",
    ),
    "clusters of no kind": (
        ('growth_clusters = "establishment"', 'growth_clusters = "plant"'),
        '[regressions] growth_clusters = "plant" is not valid',
        "growth_clusters",
        'one of "establishment"',
    ),
    "errors by products without cuts": (
        ('exit_cuts = ["home", "foreign"]', "exit_cuts = []"),
        "regressions.errors.exit_linear are products, and no product gives an establishment a cut "
        "here",
        "exit_linear",
        "give plant_products and name a kind of tariff that it uses",
    ),
    "errors half stated": (
        ("few_clusters = 30\n", ""),
        "[regressions.errors] few_clusters is missing",
        "[regressions.errors]",
        "state few_clusters",
    ),
    "cuts by establishment averaged in no stated way": (
        ('plant_cuts = "simple"', ""),
        "[regressions] plant_cuts is missing",
        "[regressions]",
        'state plant_cuts: "simple" or "value_weighted", the mean over products',
    ),
    "inputs bought from nobody in particular": (
        ('input_sources = "partner"', ""),
        "[tariffs] input_sources is missing",
        "[tariffs]",
        '"all" inputs, or those bought from the "partner"',
    ),
    "effects of no tariff": (
        ('kinds = ["home", "foreign", "input"]', "kinds = []"),
        "[tariff_effects] kinds = [] is not valid",
        "kinds = []",
        "at least 1, none twice",
    ),
    "a pace of later years": (
        ('before = "pre"', 'before = "post"'),
        "window post ends after post has begun",
        'before = "post"',
        "before is the window whose pace the later one is compared with",
    ),
    "a choice of inputs without a table of them": (
        ('input_output = "input_output"', ""),
        "input_sources is stated but the study has no input_output",
        "input_sources",
        "give input_output under [inputs], or remove input_sources",
    ),
}


def test_errors_by_enterprises_need_their_column(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        ('enterprise_id = "enterprise_id"\n', ""),
        ('exit_probit = "robust"', 'exit_probit = "enterprise"'),
        ('clusters = "industry2"', 'clusters = "enterprise"'),
    )
    found = [what for what, _, _ in refusal(path) if what.endswith("has no enterprise_id")]
    asked = {"regressions.errors.exit_probit", "tariff_effects.clusters", "units"}
    assert {what.split()[0] for what in found} == asked


def test_the_jackknife_needs_clusters_that_can_be_left_out(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        ('exit_linear = "product"', 'exit_linear = "enterprise"'),
        ('\nclusters = "industry2"', '\nclusters = "enterprise"'),
    )
    [(what, _, cure)] = refusal(path)
    assert what.startswith('variance = "cv3" leaves out clusters of industries or products')
    assert cure.startswith('state "cv1"')


@pytest.mark.parametrize("case", MISTAKES)
def test_each_mistake_is_one_problem_with_place_and_cure(tmp_path: Path, case: str) -> None:
    change, what, place, cure = MISTAKES[case]
    path = changed(tmp_path, change)
    problems = refusal(path)
    assert [problem[0] for problem in problems] == [what]
    assert problems[0][1] == f"{path}, line {line_with(path, place)}"
    assert cure in problems[0][2]


def test_what_earlier_versions_did_not_ask_is_told_with_what_they_took(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A study of before runs on; nothing is told of one that states all."""
    stated = read_study(changed(tmp_path), {})
    assert caplog.messages == []
    keys = ("history_from", "exit_cuts", "entry_cuts", "growth_cuts", "without_products",
            "measure", "change", "per")  # fmt: skip
    lines = [line for line in FULL.splitlines() if line.split(" = ")[0] in keys]
    assert len(lines) == len(keys)
    study = read_study(changed(tmp_path, *((f"{line}\n", "") for line in lines)), {})
    assert study.regressions is not None
    assert study.regressions.history_from == tuple(year for year in stated.years if year <= 1988)
    assert study.regressions.without_products == "industry_cut"
    assert study.regressions.growth_cuts == ("home",)
    assert (study.tariffs.measure, study.tariffs.per) == ("points", "window")
    words = "is not stated; taken as in earlier versions"
    assert f'[regressions] entry_cuts {words}: entry_cuts = ["home"]' in caplog.messages
    assert f'[tariffs] change {words}: change = "applied"' in caplog.messages
    assert len(caplog.messages) == len(keys)


UNFIT = {
    'money_unit = "thousand Canadian dollars"': ["money_unit = 3", 'money_unit = ""'],
    'name = "large"': ["name = 3", 'name = "1large"', 'name = "a b"'],
    "start = 1980": ["start = 80", "start = 19800", "start = 1980.0", 'start = "1980"'],
    "industry_digits = 4": ["industry_digits = 0", "industry_digits = true"],
    "sigma = 3.72": ["sigma = inf", "sigma = [3.72]"],
    "expenditure_share = 0.32": ["expenditure_share = 0", "expenditure_share = 1.01"],
    "bin_width = 0.1": ["bin_width = 5.1", "bin_width = -1"],
    'industry_at = "own_year"': ["industry_at = 1", 'industry_at = ["own_year"]'],
    "years = [1978, 1988, 1996]": ["years = []", "years = 1978", "years = [true]"],
    'levels = ["total", "industry2"]': ["levels = []", 'levels = ["total", 2]'],
    'leave_out = ["32"]': ["leave_out = [32]", 'leave_out = "32"'],
    'windows = ["pre", "post"]': ["windows = []"],
    'windows = ["pre", "post",]': ["windows = []", 'windows = "pre"'],
    'shares = ["employment", "sales"]': ["shares = []", 'shares = ["value_added"]'],
    'standardised_by = "unweighted_sd"': ['standardised_by = "sd"', "standardised_by = true"],
    "n_min = 10": ["n_min = 0", "n_min = 2.5", "n_min = true"],
    "size_edges = [20, 50, 100, 200, 500]": ["size_edges = []", "size_edges = [0, 20]"],
    "productivity_groups = 5": ["productivity_groups = 1", "productivity_groups = 101"],
    'weighting = "unweighted"': ['weighting = "sales"', "weighting = 1"],
    "premium_years = [1978, 1996, 1988]": ["premium_years = [78]", "premium_years = 1978"],
    'exit_effects = "industry2"': ['exit_effects = "industry3"', "exit_effects = true"],
    'growth_controls = ["relative_productivity", "earlier_growth"]': [
        'growth_controls = ["sales"]'
    ],
    'plant_cuts = "simple"': ['plant_cuts = "weighted"', "plant_cuts = []"],
    'without_products = "leave_out"': ['without_products = "foreign"', "without_products = 1"],
    "products_year = 1988": ['products_year = "end"', "products_year = 88"],
    'exit_cuts = ["home", "foreign"]': ['exit_cuts = ["us"]', 'exit_cuts = ["home", "home"]'],
    'change = "preference"': ['change = "mfn"', "change = true"],
}


@pytest.mark.parametrize("good", UNFIT)
def test_values_of_another_type_or_range_are_not_valid(tmp_path: Path, good: str) -> None:
    for unfit in UNFIT[good]:
        [(what, where, cure)] = refusal(changed(tmp_path, (good, unfit)))
        assert what.endswith(f" {unfit} is not valid")
        assert ", line " in where
        assert "write " in cure or "did you mean" in cure


@pytest.mark.parametrize("value", ["3", "[1]", '"x"'])
def test_array_of_tables_written_otherwise(tmp_path: Path, value: str) -> None:
    start = FULL.index("[[populations]]")
    text = f"populations = {value}\n{FULL[:start]}{FULL[FULL.index('[trade]') :]}"
    [(what, where, _)] = refusal(written(tmp_path, text))
    assert what == "populations must be a list of tables"
    assert where.endswith(", line 1")


def test_nearest_key_is_the_missing_one_before_one_that_is_there(tmp_path: Path) -> None:
    [(_, _, cure)] = refusal(changed(tmp_path, ("start = 1980", "stat = 1980")))
    assert cure == "did you mean start?"
    path = changed(tmp_path, ("denominator =", "nominator ="))
    assert [cure for _, _, cure in refusal(path)] == ["did you mean denominator?"]


def test_rules_of_a_column_that_is_not_mapped_do_not_apply(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        ('exports = "exports"\n', ""),
        ('imports = ["table", "exports"]', 'imports = ["table"]'),
    )
    rules = read_study(path).census.rules
    assert "invalid_exports" not in rules
    assert "exports_above_sales" not in rules
    assert rules["invalid_value_added"] == "keep"


def test_buckets_are_stated_or_not_there(tmp_path: Path) -> None:
    path = changed(tmp_path)
    plain = read_study(path)
    assert plain.census.buckets is None
    assert "buckets" not in resolved_toml(plain)  # else published runs would get a new id
    path = changed(tmp_path, ("[census]\n", "[census]\nbuckets = 8\n"))
    bucketed = read_study(path)
    assert bucketed.census.buckets == 8
    again = written(tmp_path, resolved_toml(bucketed))
    assert read_study(again, plain.inputs.given()) == bucketed


@pytest.mark.parametrize("buckets", ["0", "100001", "8.0", "true"])
def test_buckets_that_spark_cannot_have(tmp_path: Path, buckets: str) -> None:
    path = changed(tmp_path, ("[census]\n", f"[census]\nbuckets = {buckets}\n"))
    [(what, _, cure)] = refusal(path)
    assert what == f"[census] buckets = {buckets} is not valid"
    assert cure == "write a whole number from 1 to 100000"


def test_all_problems_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        ("money_unit =", "mony_unit ="),
        ('name = "large"', 'name = "all"'),
        ("industry_at =", "industry_it ="),
        ("sigma = 3.72", "sigma = -3"),
    )
    problems = refusal(path, cesus="x")
    assert [problem[0] for problem in problems] == [
        "[census] mony_unit is not a known key",
        "[matching] industry_it is not a known key",
        "[[populations]] all is computed for every study already",
        "[welfare] sigma = -3 is not valid",
        "'cesus' is not the name of an input",
    ]
    assert problems[-1][1] == "--input cesus=x"
    assert problems[-1][2].startswith("did you mean census? ")


def test_missing_section_is_one_problem_that_names_its_keys(tmp_path: Path) -> None:
    path = written(tmp_path, "\n".join(FULL.split("[matching]")[0].splitlines()))
    problems = {what: cure for what, _, cure in refusal(path)}
    assert problems["section [welfare] is missing"] == (
        "add [welfare] with windows, sigma, trade_elasticity, levels"
    )
    assert "section [matching] is missing" in problems
    assert "section [tariffs] is missing" not in problems


def test_empty_file_lists_what_a_study_needs(tmp_path: Path) -> None:
    problems = {what for what, _, _ in refusal(written(tmp_path, ""))}
    assert "section [study] is missing" in problems
    assert "no [[windows]] is stated" in problems
    assert "the study names no census" in problems


def test_section_of_the_wrong_shape(tmp_path: Path) -> None:
    path = changed(tmp_path, ("[trade]\n", "[[trade]]\n"))
    assert refusal(path) == [
        ("[trade] must be a table", f"{path}, line {line_with(path, '[[trade]]')}",
         "write it as [trade]"),
    ]  # fmt: skip
    path = changed(tmp_path, ("[[restrictions]]\n", "[restrictions]\n"))
    [(what, where, cure)] = refusal(path)
    assert what == "restrictions must be a list of tables"
    assert where == f"{path}, line {line_with(path, '[restrictions]')}"
    assert cure == "write every entry under its own [[restrictions]]"


def test_text_that_is_not_toml_says_where(tmp_path: Path) -> None:
    path = changed(tmp_path, ('name = "cusfta"', "name = cusfta"))
    [(what, where, cure)] = refusal(path)
    assert what.startswith("the study file is not valid TOML: ")
    assert f"line {line_with(path, 'name = cusfta')}" in what
    assert where == str(path)
    assert "quotes" in cure


def test_file_that_is_absent_a_folder_or_not_text(tmp_path: Path) -> None:
    [(what, where, cure)] = refusal(tmp_path / "none.toml")
    assert what == "the study file does not exist"
    assert where == str(tmp_path / "none.toml")
    assert "tradegains init" in cure
    [(what, _, _)] = refusal(tmp_path)
    assert what == "the study file cannot be read (Is a directory)"
    (tmp_path / "latin.toml").write_bytes("title = 'é'".encode("latin-1"))
    [(what, _, cure)] = refusal(tmp_path / "latin.toml")
    assert what == "the study file is not UTF-8 text"
    assert cure == "save the file as UTF-8"


def test_override_without_a_path(tmp_path: Path) -> None:
    [(what, where, _)] = refusal(written(tmp_path, FULL), census="")
    assert (what, where) == ("input census has no path", "--input census=")


def test_lines_are_found_beside_lists_texts_and_comments_of_several_lines() -> None:
    text = '''a = [
  "x = 1",   # [not a table]
]
b = """
c = 1
[d]
"""
[ e ]   # comment [f]
g.h = 1
"i" = { j = 1 }
[[k]]
[[k]]
l = 2
[k.m]
n = 3
'''
    lines = key_lines(text)
    assert lines == {
        "a": 1, "b": 4, "e": 8, "e.g.h": 9, "e.i": 10, "k.0": 11, "k": 11, "k.1": 12, "k.1.l": 13,
        "k.m": 14, "k.m.n": 15,
    }  # fmt: skip


def test_an_unknown_publication_is_refused_by_name(tmp_path: Path) -> None:
    text = (STUDIES / "cusfta.toml").read_text(encoding="utf-8")
    path = tmp_path / "study.toml"
    path.write_text(text.replace("hsieh-li-ossa-yang-2023", "hsieh-li-osa-yang-2023"))
    with pytest.raises(StudyError) as refused:
        read_study(path)
    assert "did you mean hsieh-li-ossa-yang-2023?" in str(refused.value)
