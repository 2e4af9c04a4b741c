"""The table `joint_distribution` through an engine, by hand."""

import math
from dataclasses import replace

import pytest

from reference.run import publish_study, with_inputs
from reference.studies import study_with
from tradegains.study import JointDistribution, Window

# On Spark the generative test holds the table to the reference engine, for both weightings.
pytestmark = pytest.mark.only("embedded")

STUDY = study_with(
    windows=(Window("whole", 2000, 2004),),
    matching={"continuing": ("both_ends",), "annual": False},
    productivity={"median_base": ("same_year",), "years": (2000,)},
    welfare={"windows": ("whole",), "difference": None},
    report={"figure_years": (2000,), "figure_windows": ("whole",)},
    joint_distribution=JointDistribution((10.0, 100.0), 2, "employment"),
)

# Log productivity and jobs of one industry; its median is 1, so relative ones are -1, 0, 0, 2.
PLACES = {"a": (0.0, 5.0), "b": (1.0, 10.0), "c": (1.0, 99.5), "d": (3.0, 100.0)}
ROWS = [
    {
        "establishment_id": name,
        "year": year,
        "industry": "1011",
        "employment": jobs,
        "sales": 1.0,
        "exports": 0.0,
        "value_added": jobs * math.exp(phi),
    }
    for year in (2000, 2004)
    for name, (phi, jobs) in PLACES.items()
]


def table(engine, study, folder):
    study = with_inputs(study, ROWS, folder)
    return publish_study(engine, study, folder / "out")["joint_distribution"]


def filled(rows):
    return {
        (row["productivity_group"], row["size_from"]): row["establishments"]
        for row in rows
        if row["establishments"]
    }


def test_values_equal_to_a_cut_are_below_it_and_sizes_equal_to_an_edge_above(engine, tmp_path):
    # Half of 214.5 jobs is reached at relative productivity 0 (5 + 10 + 99.5): the cut.
    rows = table(engine, STUDY, tmp_path)
    assert len(rows) == 2 * 3
    assert {row["productivity_to"] for row in rows if row["productivity_group"] == 1} == {0.0}
    assert filled(rows) == {(1, None): 1, (1, 10.0): 2, (2, 100.0): 1}
    [top] = [row for row in rows if (row["productivity_group"], row["size_from"]) == (2, 100.0)]
    assert top["size_to"] is None
    assert top["employment_share"] == pytest.approx(100 / 214.5)
    whole = 5 + 109.5 * math.e + 100 * math.e**3
    assert top["output_share"] == pytest.approx(100 * math.e**3 / whole, abs=1e-4)


@pytest.fixture(scope="module")
def thirds(engine, tmp_path_factory):
    joint = replace(STUDY.joint_distribution, weighting="unweighted", productivity_groups=3)
    study = replace(STUDY, joint_distribution=joint)
    return table(engine, study, tmp_path_factory.mktemp("thirds"))


@pytest.mark.parametrize("share", ["establishment_share", "employment_share", "output_share"])
def test_shares_add_up_to_one(thirds, share):
    assert math.fsum(row[share] for row in thirds) == pytest.approx(1.0, abs=1e-12)


def test_groups_of_establishments_are_cut_between_values(thirds):
    # Thirds of -1, 0, 0, 2 lie at positions 1 and 2: both cuts are 0, and the middle is empty.
    assert filled(thirds) == {(1, None): 1, (1, 10.0): 2, (3, 100.0): 1}
