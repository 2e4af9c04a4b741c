"""Do the tariffs of a study agree with its inputs, and with the regressions that use them?"""

from collections.abc import Iterator

from tradegains.study.fields import Findings
from tradegains.study.model import Regressions, Study

TABLES = ("tariff_cuts", "product_tariffs", "input_output")
OF_REGRESSIONS = ("plant_products", "product_tariffs", "input_output")
"""Inputs that nothing but regressions reads."""
KINDS = 'kinds of tariff: "home", "foreign" or "input", or [] for none'
_WORDS = {
    "measure": '"points" of the rate, or "log_points": 100 times the change of ln(1 + rate)',
    "change": '"applied" rates before and after, or the "preference" over other countries',
    "per": '"window", or "year" of it',
}


def check_tariffs(study: Study, findings: Findings) -> None:
    """Keep what is missing, and what is stated without use."""
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
    _check_definition(study, findings)
    _check_products(study, regressions, findings)
    _check_inputs(study, findings)


def _check_kinds(study: Study, regressions: Regressions, findings: Findings) -> None:
    has_tariffs = bool(set(TABLES) & study.inputs.given().keys())
    if study.tariff_effects is not None and not has_tariffs:
        what = "[tariff_effects] explains growth by tariff cuts, and the study has none"
        cure = "give tariff_cuts or product_tariffs under [inputs], or remove [tariff_effects]"
        findings.add("tariff_effects", what, cure)
    for key, is_asked in _asked(regressions):
        kinds = getattr(regressions, key)
        if has_tariffs and is_asked and kinds is None:
            what, cure = f"[regressions] {key} is missing", f"state {key}: a list of {KINDS}"
            findings.add(f"regressions.{key}", what, cure)
        elif kinds and not has_tariffs:
            what = f"{key} names kinds of tariff but the study has no tariffs"
            cure = f"give tariff_cuts or product_tariffs under [inputs], or {key} = []"
            findings.add(f"regressions.{key}", what, cure)


def _asked(regressions: Regressions) -> Iterator[tuple[str, bool]]:
    """Keys that name kinds of tariff, and whether the study has regressions that read them."""
    yield "exit_cuts", bool(regressions.exit_windows)
    yield "entry_cuts", bool(regressions.entry_windows)
    yield "growth_cuts", bool(regressions.entry_windows)


def _check_definition(study: Study, findings: Findings) -> None:
    """What a cut is has to be stated where a regression uses one."""
    for key, words in _WORDS.items():
        if study.cut_kinds and getattr(study.tariffs, key) is None:
            findings.add(f"tariffs.{key}", f"[tariffs] {key} is missing", f"state {key}: {words}")


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
    required = {
        "plant_cuts": '"simple" or "value_weighted", the mean over products',
        "without_products": '"leave_out" who has none, or "industry_cut" for the cut of its '
        "industry, of the same kind",
    }
    for key, words in required.items():
        if has_products and getattr(regressions, key) is None:
            what = f"[regressions] {key} is missing"
            findings.add(f"regressions.{key}", what, f"state {key}: {words}")
    for key in (*required, "products_year"):
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
