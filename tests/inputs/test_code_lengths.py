"""Industry codes of the small tables: a wrong length would silently match nothing, or too much."""

import pytest

from small_study import write_small_study
from tradegains.inputs.small import SmallInputs, code_problems
from tradegains.study import read_study


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return read_study(write_small_study(tmp_path_factory.mktemp("study")))


def imports(*codes):
    return tuple({"industry": code, "year": 1988, "value": 1.0} for code in codes)


def test_codes_of_one_length_pass(study):
    assert code_problems(study, SmallInputs(imports=imports("10", "11"))) == []
    assert code_problems(study, SmallInputs(imports=imports("1011", "1112"))) == []
    assert code_problems(study, SmallInputs()) == []


def test_groups_and_industries_together_would_count_imports_twice(study):
    (problem,) = code_problems(study, SmallInputs(imports=imports("10", "1011")))
    assert problem.what == "industry codes of 2 and 4 characters"
    assert "same length, 2 to 4 digits" in problem.cure


def test_elasticities_must_be_of_industry_groups(study):
    rows = ({"industry": "1011", "sigma": 3.0},)
    (problem,) = code_problems(study, SmallInputs(elasticities=rows))
    assert problem.where == "input elasticities"
