"""Elasticities of another classification become those of the census's industry groups."""

import logging

from tradegains.inputs.elasticities import census_elasticities

SIGMA = [{"industry": code, "sigma": sigma} for code, sigma in (("201", 3.0), ("202", 5.0))]


def carried(links, sigma=SIGMA):
    tables, problems = census_elasticities({"elasticities": sigma, "elasticity_concordance": links})
    return {row["industry"]: row["sigma"] for row in tables["elasticities"]}, problems


def test_an_industry_has_the_plain_mean_of_its_codes():
    links = [{"code": code, "industry": industry}
             for code, industry in (("201", "10"), ("202", "10"), ("202", "11"))]  # fmt: skip
    assert carried(links) == ({"10": 4.0, "11": 5.0}, [])


def test_weights_count_where_they_are_given():
    links = [{"code": "201", "industry": "10", "weight": 3.0},
             {"code": "202", "industry": "10", "weight": 1.0}]  # fmt: skip
    assert carried(links)[0] == {"10": 3.5}


def test_what_meets_nothing_is_left_aside_and_counted(caplog):
    links = [{"code": "201", "industry": "10"}, {"code": "999", "industry": "12"}]
    with caplog.at_level(logging.WARNING):
        assert carried(links)[0] == {"10": 3.0}
    assert "1 of 2 elasticities go to no industry, 1 of 2 rows" in caplog.text


def test_a_concordance_of_other_codes_is_refused():
    _, (problem,) = carried([{"code": "0201", "industry": "10"}])
    assert problem.where == "input elasticity_concordance"


def test_without_a_concordance_the_table_is_as_it_was():
    tables = {"elasticities": SIGMA}
    assert census_elasticities(tables) == (tables, [])
