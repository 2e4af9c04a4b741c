"""Components of an accounting in the study file: what a reader may state, and what is refused."""

from pathlib import Path

import pytest

from tradegains.errors import StudyError
from tradegains.study import AccountingComponent, Study, read_study, resolved_toml

SHIPPED = Path(__file__).parents[2] / "conf" / "studies" / "cusfta.toml"
REFERENCE = "productivity_growth.delta_ln where window=post, level=total, industry="


def read(folder: Path, *components: str) -> Study:
    """The shipped study with other components."""
    text = SHIPPED.read_text(encoding="utf-8")
    start, end = text.index("[[accounting]]"), text.index("# --- Figures")
    blocks = "\n".join(f"[[accounting]]\n{component}\n" for component in components)
    path = folder / "study.toml"
    path.write_text(text[:start] + blocks + text[end:], encoding="utf-8")
    return read_study(path)


def refused(folder: Path, *components: str) -> str:
    with pytest.raises(StudyError) as refusal:
        read(folder, *components)
    (problem,) = refusal.value.problems
    return f"{problem.what}; {problem.cure}"


def test_shipped_components_are_those_of_the_published_table():
    components = read_study(SHIPPED).accounting
    assert [each.published for each in components] == [
        "export_composition",
        "selection",
        "new_exporters",
        "existing_exporters",
        "intermediate_inputs",
    ]
    assert all(each.is_estimated for each in components)


def test_an_estimate_needs_the_section_that_estimates_it(tmp_path):
    path = tmp_path / "study.toml"
    text = SHIPPED.read_text(encoding="utf-8")
    start, end = text.index("[tariff_effects]"), text.index("# --- Accounting")
    path.write_text(text[:start] + text[end:], encoding="utf-8")
    with pytest.raises(StudyError, match="has no numbers, and the study estimates none") as told:
        read_study(path)
    assert "add [tariff_effects], or state effect and share" in str(told.value)


def test_a_result_of_the_run_may_be_named(tmp_path):
    study = read(
        tmp_path,
        f'name = "x"\nsource = "this study"\neffect_from = "{REFERENCE}"\nshare = 1',
        'name = "y"\nsource = "a guess"\neffect = -1.5\nshare_from = "welfare.weight"',
    )
    assert study.accounting == (
        AccountingComponent("x", "this study", effect_from=REFERENCE, share=1.0),
        AccountingComponent("y", "a guess", effect=-1.5, share_from="welfare.weight"),
    )
    assert f'effect_from = "{REFERENCE}"' in resolved_toml(study)


NAMED = 'name = "x"\nsource = "s"\n'


@pytest.mark.parametrize(
    ("component", "told"),
    [
        (NAMED + "share = 1", "x must have one of effect and effect_from; state effect"),
        (NAMED + 'share = 1\neffect = 1\neffect_from = "a.b"', "one of effect and effect_from"),
        (NAMED + "effect = 1", "x must have one of share and share_from"),
        (NAMED + "effect = 1\nshare = 0", "greater than 0 and at most 1"),
        (NAMED + "effect = 1\nshare = 23", "greater than 0 and at most 1"),
        (NAMED + 'effect_from = "welfare"\nshare = 1', "a published result: TABLE.COLUMN where"),
        (NAMED + 'effect_from = "a.b where c"\nshare = 1', "a published result: TABLE.COLUMN"),
        (
            NAMED + 'effect = 1\nshare = 1\npublished = "new_exporter"',
            "new_exporter is no row of Melitz and Trefler's Table 2; did you mean new_exporters?",
        ),
    ],
)
def test_components_that_would_mislead_are_refused(tmp_path, component, told):
    assert told in refused(tmp_path, component)


def test_names_must_differ(tmp_path):
    component = NAMED + "effect = 1\nshare = 1"
    assert "2 [[accounting]] are named x" in refused(tmp_path, component, component)
