"""How much each channel added to the productivity of all manufacturing.

An effect estimated on some establishments counts as much as their share of output.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True)
class Component:
    """One channel: its effect on the establishments it reaches, and their share of output.

    An effect already stated for all manufacturing has the share 1.
    """

    name: str
    effect: float
    output_share: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.output_share <= 1.0:
            raise ValueError("a component's share of output must be between 0 and 1")

    @property
    def contribution(self) -> float:
        """Effect times share of output [unit of the effect].

        Example:
            >>> round(Component("new exporters", 15.3, 0.23).contribution, 3)
            3.519

        Source: MT, "Evidence on Within-Firm Productivity Growth and Trade" and table 2.
        """
        return self.effect * self.output_share


def total_contribution(
    components: Sequence[Component], *, names: Collection[str] | None = None
) -> float:
    """Sum of the unrounded contributions, of all components or of the named ones.

    Args:
        components: the channels; their names differ.
        names: which to add up; None for all.

    Returns:
        The sum [unit of the effects].

    Raises:
        ValueError: two components share a name, or a wanted name is not there.

    Example:
        >>> channels = [Component("export composition", 4.1), Component("selection", 4.3)]
        >>> round(total_contribution(channels), 1)
        8.4

    Source: MT table 2.
    """
    present = {component.name for component in components}
    if len(present) < len(components):
        raise ValueError("two components have the same name")
    wanted = present if names is None else set(names)
    if not wanted <= present:
        raise ValueError(f"no such component: {', '.join(sorted(wanted - present))}")
    return math.fsum(c.contribution for c in components if c.name in wanted)


class SumError(NamedTuple):
    """Standard error of a sum of estimates whose covariances are not known [unit of the effects].

    independent is what it is where they have none; at_most where all go together, which is the
    largest that it can be, by the inequality of Cauchy and Schwarz.
    """

    independent: float
    at_most: float


def sum_error(errors: Sequence[float]) -> SumError:
    """What the standard errors of contributions say of that of their sum.

    Args:
        errors: of each contribution, >= 0 [unit of the effects].

    Example:
        >>> sum_error([3.0, 4.0])
        SumError(independent=5.0, at_most=7.0)

    Source: the variance of a sum.
    """
    return SumError(math.hypot(*errors), math.fsum(errors))
