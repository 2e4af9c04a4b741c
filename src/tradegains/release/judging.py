"""Whether a sum may leave on its own: contributors, dominance (n,k) and p percent.

A sum is judged by the absolute size of its contributions, so that losses hide nobody. A contributor
is the enterprise where the census names one, else the establishment.
"""

from dataclasses import dataclass

from tradegains.release.rules import WITHHOLD, Rules

CONTRIBUTORS, DOMINANCE, PRIOR_POSTERIOR = "contributors", "dominance", "prior_posterior"


@dataclass(frozen=True)
class Backing:
    """What a sum rests on.

    Attributes:
        contributors: enterprises, or establishments.
        total: sum of the absolute contributions [any unit].
        first: the largest of them.
        second: the second largest; 0 where there is none.
    """

    contributors: int
    total: float
    first: float
    second: float


def broken_rules(backing: Backing, rules: Rules) -> tuple[str, ...]:
    """The rules that a sum breaks; of an empty one none.

    Example:
        >>> from tradegains.release.profiles import example_rules
        >>> broken_rules(Backing(11, 100.0, 89.0, 1.0), example_rules("plain"))
        ('dominance',)

    Source: Hundepool et al. (2012), Statistical Disclosure Control, chapter 4.
    """
    if not backing.contributors:
        return ()
    broken = []
    if backing.contributors < rules.contributors.least:
        broken.append(CONTRIBUTORS)
    if _is_dominated(backing, rules):
        broken.append(DOMINANCE)
    if prior_posterior_level(backing, rules.prior_posterior.percent) > 0:
        broken.append(PRIOR_POSTERIOR)
    return tuple(broken)


def _is_dominated(backing: Backing, rules: Rules) -> bool:
    level = dominance_level(backing, rules)
    at_limit = rules.dominance.at_limit == WITHHOLD and backing.total > 0
    return level > 0 or (at_limit and level == 0)


def prior_posterior_level(backing: Backing, percent: float) -> float:
    """How far an end of the interval must be from the sum by the p % rule [as the sum].

    p/100 · x1 − (T − x1 − x2); the rule is broken where it is above 0.

    Example:
        >>> round(prior_posterior_level(Backing(3, 609.0, 303.0, 203.0), 15), 2)
        -57.55
    """
    others = backing.total - backing.first - backing.second
    return percent / 100 * backing.first - others


def dominance_level(backing: Backing, rules: Rules) -> float:
    """The same by the (n,k) rule: 100/k · (the n largest) − T."""
    largest = backing.first + (backing.second if rules.dominance.largest == 2 else 0)
    return 100 / rules.dominance.percent * largest - backing.total


def protection_level(backing: Backing, rules: Rules) -> float:
    """How far both ends of what can be inferred must be from a sum that breaks a rule.

    The larger of the levels of the rules it breaks. Where too few contribute and neither rule of
    size is broken, p percent of the largest: more than "not exactly recoverable".
    """
    of_size = max(
        prior_posterior_level(backing, rules.prior_posterior.percent),
        dominance_level(backing, rules),
    )
    return max(of_size, rules.prior_posterior.percent / 100 * backing.first)
