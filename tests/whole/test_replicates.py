"""Standard errors from sums by group are those of computing the study again without each group.

The reference engine takes each group's rows out of the list and makes the tables once more. More
censuses, and larger ones, with `make replicates`.
"""

import os
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from test_generative import DECOMPOSITION, SCHEMA, case_list, fitted, publish_study
from test_generative_hloy import ON_SPARK, hloy_study, ranked_tables

from reference import measure
from reference.comparison import WORDING, differences
from reference.dealing import Dealer, missed
from reference.nasty import census_of
from reference.run import with_inputs
from tradegains.inputs.small import SmallInputs
from tradegains.study import Dispersion, JobFlows, Regressions, Study, Uncertainty
from tradegains.tables.published import TABLES as PUBLISHED

EXAMPLES = int(os.environ.get("TRADEGAINS_REPLICATES", "1"))
CASES = int(os.environ.get("TRADEGAINS_REPLICATE_CASES", "6"))
TABLES = (
    "market_shares",
    "welfare",
    "welfare_curves",
    "productivity_growth",
    "demography",
    "decompositions",
    "job_flows",
    "export_entry",
    "size_fits",
    "moments",
    "dispersion",
    "entry_rates",
)


def uncertain_study(dealer: Dealer) -> Study:
    """A study of all that HLOY print, without what has no standard errors yet."""
    study = hloy_study(dealer)
    unit = dealer.deal("unit", ("enterprise", "establishment", "industry2"))
    columns = {**study.census.columns, "enterprise_id": "enterprise_id"}
    entry = Regressions(
        premium_years=(),
        exit_windows=(),
        exit_effects="none",
        entry_windows=(dealer.deal("entry window", ("post", "whole")),),
        entry_effects="none",
        entry_controls=(),
        growth_effects="none",
        growth_controls=(),
        growth_clusters="establishment",
    )
    return replace(
        study,
        productivity=replace(
            study.productivity,
            entry_rates=dealer.deal("all entry_rates", (("whole", "pre"), ("post",))),
        ),
        regressions=entry if "exports" in columns and not ON_SPARK else None,
        census=replace(study.census, columns=columns),
        uncertainty=Uncertainty(20, 0.9, unit, "salt", dealer.deal("undefined", (0.2, 0.0, 0.5))),
        decomposition=dealer.deal("all decomposition", DECOMPOSITION[1:]),
        joint_distribution=None,
        dispersion=dealer.deal("all dispersion", (Dispersion(3), Dispersion(1))),
        job_flows=dealer.deal("all job_flows", (JobFlows(True), JobFlows(False))),
        intra_industry_trade=None,
    )


def dealt(dealer: Dealer) -> tuple[Study, SmallInputs, list[dict[str, Any]]]:
    """A study with its small inputs, and a census."""
    cases = case_list(dealer)[:CASES]
    tables = replace(ranked_tables(dealer), concordance=None)
    study, small = fitted(uncertain_study(dealer), tables, cases)
    rows = census_of(cases)
    return study, replace(small, imports=met(small.imports, rows)), rows


def met(imports: list[dict[str, Any]] | None, rows: list[dict[str, Any]]) -> Any:
    """Imports of an industry of these few cases too: those of none are refused."""
    known = sorted({row["industry"] for row in rows if row["industry"]})
    width = len(imports[0]["industry"]) if imports else 0
    known = [code[:width] for code in known]
    if not imports or any(row["industry"] in known for row in imports):
        return imports
    return [*imports, *({**row, "industry": known[0]} for row in imports[:2])]


def compare(engine, dealer: Dealer, folder) -> list[str]:
    """Every difference between a run's errors and those of the reference engine."""
    study, small, rows = dealt(dealer)
    read = (*study.census.columns, *study.census.extra_columns)
    expected = measure([{name: row[name] for name in read} for row in rows], study, small)
    written = with_inputs(study, rows, folder, small=small, schema=SCHEMA)
    found = publish_study(engine, written, folder / "output")
    ignoring = WORDING | {"establishments"}  # compared by other tests, with what notes name
    lines = []
    for name in ("influence", "industry_slopes"):
        lines += differences(name, expected[name], found.get(name, []))
    lines += [
        line
        for name in TABLES
        for line in differences(name, expected[name], found.get(name, []), ignoring=ignoring)
    ]
    if not any(row.get("ci_low") is not None for name in TABLES for row in found.get(name, [])):
        lines.append("no interval at all")
    return lines


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory):
    root = tmp_path_factory.mktemp("replicates")
    return (root / str(number) for number in count())


def test_three_examples_have_every_unit():
    dealers = [Dealer("replicates", example) for example in range(3)]
    for dealer in dealers:
        uncertain_study(dealer)
    assert [line for line in missed(dealers) if line.startswith(("unit", "undefined"))] == []


@pytest.mark.parametrize("example", range(EXAMPLES))
def test_errors_are_those_of_leaving_out_each_group(engine, folders, example):
    found = compare(engine, Dealer("replicates", example), next(folders))
    assert found == [], f"{len(found)} differences\n" + "\n".join(found[:25])


ONLY_GROUP = "02"


def of_group(table: Any) -> Any:
    """A small table's rows of one industry group alone, where it is by industry."""
    if not table or "industry" not in table[0]:
        return table
    return [row for row in table if row["industry"].startswith(ONLY_GROUP)]


@pytest.mark.skipif(ON_SPARK, reason="what is told of sums, which the example has on both engines")
def test_one_unit_in_one_industry_has_no_errors_and_the_reasons(engine, folders):
    study, small, rows = dealt(Dealer("replicates", 0))
    stated = replace(study.uncertainty, unit="industry2", most_undefined=0.0)
    study, folder = replace(study, uncertainty=stated), next(folders)
    alone = [{**row, "industry": f"{ONLY_GROUP}01"} for row in rows]
    small = replace(small, elasticities=None, elasticity_concordance=None)
    small = replace(small, **{name: of_group(each) for name, each in vars(small).items()})
    written = with_inputs(study, alone, folder, small=small, schema=SCHEMA)
    found, told = publish_study(engine, written, folder / "output"), 0
    for name in TABLES:
        numbers = PUBLISHED[name].errors
        for row in found.get(name, []):
            # A column that tells nothing in any row is left out.
            assert {row.get(numbers[each]) for each in PUBLISHED[name].uncertain} == {None}, name
            main = row[PUBLISHED[name].uncertain[0]]
            told += main is not None
            assert main is None or "no interval" in (row.get("note") or ""), (name, row)
    assert told > 100
