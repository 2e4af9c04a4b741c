"""Do the tariffs of a study agree with its inputs, and with the regressions that use them?"""

from tradegains.study.fields import Findings
from tradegains.study.model import Regressions, Study

TABLES = ("tariff_cuts", "product_tariffs", "input_output")
OF_REGRESSIONS = ("plant_products", "product_tariffs", "input_output")
"""Inputs that nothing but regressions reads."""


def check_tariffs(study: Study, findings: Findings) -> None:
    """Keep what is missing, and what is stated without use.

    Keys that earlier versions did not ask for are filled in before: see `earlier.py`.
    """
    regressions = study.regressions
    if regressions is None:
        for name in sorted(set(OF_REGRESSIONS) & study.inputs.given().keys()):
            findings.add(
                f"inputs.{name}",
                f"only regressions use the input {name}, and the study has none",
                "add [regressions], or remove the input",
            )
        return
    _check_kinds(study, regressions, findings)
    _check_products(study, regressions, findings)
    _check_inputs(study, findings)


def _check_kinds(study: Study, regressions: Regressions, findings: Findings) -> None:
    has_tariffs = bool(set(TABLES) & study.inputs.given().keys())
    if study.tariff_effects is not None and not has_tariffs:
        what = "[tariff_effects] explains growth by tariff cuts, and the study has none"
        cure = "give tariff_cuts or product_tariffs under [inputs], or remove [tariff_effects]"
        findings.add("tariff_effects", what, cure)
    for key in ("exit_cuts", "entry_cuts", "growth_cuts"):
        if getattr(regressions, key) and not has_tariffs:
            what = f"{key} names kinds of tariff but the study has no tariffs"
            cure = f"give tariff_cuts or product_tariffs under [inputs], or {key} = []"
            findings.add(f"regressions.{key}", what, cure)


def _check_products(study: Study, regressions: Regressions, findings: Findings) -> None:
    given = study.inputs.given().keys()
    for name, other in (
        ("plant_products", "product_tariffs"),
        ("product_tariffs", "plant_products"),
    ):
        if name in given and other not in given:
            findings.add(
                f"inputs.{name}",
                f"{name} is given without {other}",
                "cuts by establishment need both: give both or none",
            )
    has_products = "plant_products" in given
    if has_products and regressions.plant_cuts is None:
        what = "[regressions] plant_cuts is missing"
        cure = 'state plant_cuts: "simple" or "value_weighted", the mean over products'
        findings.add("regressions.plant_cuts", what, cure)
    for key in ("plant_cuts", "without_products", "products_year"):
        if not has_products and getattr(regressions, key) is not None:
            findings.add(
                f"regressions.{key}",
                f"{key} is stated but the study has no plant_products",
                f"give plant_products and product_tariffs under [inputs], or remove {key}",
            )


def _check_inputs(study: Study, findings: Findings) -> None:
    has_table = study.inputs.input_output is not None
    if has_table and "input" not in study.cut_kinds:
        findings.add(
            "inputs.input_output",
            'no regression uses cuts of the kind "input"',
            'name "input" among the kinds of a regression, or remove input_output',
        )
    if has_table and study.inputs.tariff_cuts is None:
        findings.add(
            "inputs.input_output",
            "input_output is given without tariff_cuts",
            "cuts of inputs are means of the home cuts of industries: give tariff_cuts",
        )
    sources = study.tariffs.input_sources
    if has_table and sources is None:
        findings.add(
            "tariffs.input_sources",
            "[tariffs] input_sources is missing",
            'state input_sources: "all" inputs, or those bought from the "partner"',
        )
    if not has_table and sources is not None:
        findings.add(
            "tariffs.input_sources",
            "input_sources is stated but the study has no input_output",
            "give input_output under [inputs], or remove input_sources",
        )
