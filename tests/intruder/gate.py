"""The gate of the package, as the intruder asks it: its public function and nothing behind it."""

from collections.abc import Mapping, Sequence
from random import Random

from intruder import attack
from intruder.censuses import Amounts
from intruder.unsafe import Thresholds
from tradegains.release.holdings import Holding
from tradegains.release.protection import Earlier, Kind, Sum, protect
from tradegains.release.rules import Rules, rules_of


def draw_thresholds(random: Random) -> Thresholds:
    """Thresholds as offices use them."""
    largest, share = random.choice(((1, 75.0), (2, 85.0), (2, 90.0)))
    return Thresholds(
        least=random.choice((3, 5, 10)),
        largest=largest,
        share=share,
        at_limit=random.random() < 0.5,
        margin=random.choice((5.0, 10.0, 20.0)),
    )


def package_gate(thresholds: Thresholds, *, counts: bool = False) -> attack.Gate:
    """The package's decision under these thresholds."""
    rules = _rules(thresholds)
    kind: Kind = "count" if counts else "value"

    def decide(
        amounts: Amounts,
        sums: Mapping[str, frozenset[str]],
        earlier: Sequence[Mapping[str, attack.Earlier]],
    ) -> set[str]:
        holdings = [
            Holding(cell, who, value)
            for cell, holders in amounts.items()
            for who, value in holders.items()
        ]
        kept = {
            name: Earlier(one.value, one.contributors, one.largest)
            for release in earlier
            for name, one in release.items()
        }
        asked = [Sum(name, cells) for name, cells in sums.items()]
        return set(protect(holdings, asked, rules, kind=kind, earlier=kept).open)

    return decide


def _rules(thresholds: Thresholds) -> Rules:
    at_limit = "withhold" if thresholds.at_limit else "release"
    given = {
        "profile": {"name": "drawn", "purpose": "thresholds of an attack"},
        "contributors": {"least": thresholds.least},
        "dominance": {
            "largest": thresholds.largest,
            "percent": thresholds.share,
            "at_limit": at_limit,
        },
        "prior_posterior": {"percent": thresholds.margin},
        "groups": {"zeros": "release", "full": "release"},
        "differences": {"least": thresholds.least},
        "positions": {"rule": "bins", "least": thresholds.least},
        "shapes": {"degrees_of_freedom": 10},
        "models": {"degrees_of_freedom": 10, "explained_percent": 90.0},
        "rounding": {"counts": 0, "values": 0},
    }
    return rules_of(given, "rules of an attack")
