"""Do the errors of regressions that a study asks for agree with what it has?"""

from collections.abc import Iterator, Sequence

from tradegains.study.fields import Findings
from tradegains.study.model import Study

JACKKNIFED = ("industry2", "industry4", "product")
"""Clusters so few that each can be left out: of others cv1 and cv3 do not differ."""


def check_errors(study: Study, findings: Findings) -> None:
    """Keep errors by what the study does not have, and a variance that nothing asks for."""
    if study.regressions is None:
        return
    asked = list(_asked(study))
    given = study.inputs.given().keys()
    for key, choice, kinds in asked:
        if choice == "enterprise" and not study.census.has("enterprise_id"):
            what = f"{key} are enterprises, and the census has no enterprise_id"
            findings.add(key, what, "map enterprise_id under [census.columns], or state another")
        if choice == "product" and ("plant_products" not in given or kinds == ()):
            what = f"{key} are products, and no product gives an establishment a cut here"
            cure = "give plant_products and name a kind of tariff that it uses, or state another"
            findings.add(key, what, cure)
        if choice == "shift_share" and kinds == ():
            what = f"{key} are those of cuts as sums of shares, and no cut is used here"
            findings.add(key, what, "name a kind of tariff that it uses, or state another")
    stated = study.regressions.errors
    linear = {choice for key, choice, _ in asked if not key.endswith("probit")}
    if stated is not None and stated.variance == "cv3" and not linear & set(JACKKNIFED):
        findings.add(
            "regressions.errors.variance",
            'variance = "cv3" leaves out clusters of industries or products one by one, and no '
            "linear regression has such",
            'state "cv1", or cluster by industry2, industry4 or product',
        )


def _asked(study: Study) -> Iterator[tuple[str, str, Sequence[str] | None]]:
    """Each key that chooses errors, its choice, and the kinds of tariff: None, not stated."""
    regressions, effects = study.regressions, study.tariff_effects
    assert regressions is not None
    errors = regressions.chosen_errors
    if regressions.premium_years:
        yield "regressions.errors.premium", errors.premium, ()
    if regressions.exit_windows:
        kinds = regressions.exit_cuts
        yield "regressions.errors.exit_linear", errors.exit_linear, kinds
        yield "regressions.errors.exit_probit", errors.exit_probit, kinds
    if regressions.entry_windows:
        yield "regressions.errors.entry_probit", errors.entry_probit, regressions.entry_cuts
        yield "regressions.growth_clusters", regressions.growth_clusters, regressions.growth_cuts
    if effects is not None:
        yield "tariff_effects.clusters", effects.clusters, effects.kinds
