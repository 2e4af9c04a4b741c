"""What sums of different years have in common.

Who continues is the same at both ends: counted in either year they are one number, and their jobs
at the one end are those at the other with what was gained and without what was lost. So a count
that stays in one year must not leave in the other, and gains and losses must not both leave where
jobs of one end have to stay.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from tradegains.release.groups import Members, SetName, Summed

EXPORTER = ("exporter",)
EXPORTER_NEXT_YEAR = ("exporter", "next_year")
NEXT_YEAR, PREVIOUS_YEAR = ("present", "next_year"), ("present", "previous_year")
_ANNUAL = {NEXT_YEAR: 0, PREVIOUS_YEAR: 1}
"""How many years ago the pair of years began in which a set says who is there in the other."""

_OF_BOTH_ENDS = ("continuing", "restricted")
"""Kinds of sets that an establishment is in, or not, at both ends of their window."""


@dataclass(frozen=True)
class CommonEnds:
    """The ends of windows, as the sums say them.

    Attributes:
        windows: first and last year by window.
        pairs: first years of pairs of consecutive years.
    """

    windows: Mapping[str, tuple[int, int]]
    pairs: tuple[int, ...] = ()

    @staticmethod
    def of(sums: Iterable[Summed]) -> "CommonEnds":
        """From the years in which sums are of who is, or is not, in a set of the window.

        Example:
            >>> stay = (("continuing", "post", "both_ends"),)
            >>> both = [(Members(year, stay), "exports") for year in (1996, 1988)]
            >>> CommonEnds.of(both).windows
            {'post': (1988, 1996)}
        """
        years: defaultdict[str, set[int]] = defaultdict(set)
        pairs: set[int] = set()
        for group, _ in sums:
            for name in (*group.inside, *group.outside):
                if name[0] in _OF_BOTH_ENDS:
                    years[name[1]].add(group.year)
                pairs |= {group.year - back for each, back in _ANNUAL.items() if name == each}
        windows = {name: (min(each), max(each)) for name, each in years.items() if len(each) > 1}
        return CommonEnds(windows, tuple(sorted(pairs)))

    def other_end(self, group: Members) -> Members | None:
        """Who continues, at the other end; None where these are no establishments of both ends.

        Of an industry they are others where each year counts by its own codes.
        """
        if group.outside or not group.inside:
            return None
        annual = {(NEXT_YEAR,): (1, PREVIOUS_YEAR), (PREVIOUS_YEAR,): (-1, NEXT_YEAR)}
        if group.inside in annual:
            step, name = annual[group.inside]
            return replace(group, year=group.year + step, inside=(name,))
        window = self._window(group.inside)
        if window is None or group.year not in self.windows[window]:
            return None
        start, end = self.windows[window]
        return replace(group, year=end if group.year == start else start)

    def _window(self, sets: tuple[SetName, ...]) -> str | None:
        """The window that all of some sets are of."""
        windows = {name[1] if name[0] in _OF_BOTH_ENDS else "" for name in sets}
        only = windows.pop() if len(windows) == 1 else ""
        return only if only in self.windows else None

    def same_counts(self, sums: Iterable[Summed]) -> list[tuple[Members, Members]]:
        """Groups that are the same establishments in two years, the earlier year first."""
        found: dict[tuple[Members, Members], None] = {}
        for each in (*self._whole(), *(group for group, _ in sums)):
            other = self._same(each)
            if other is not None:
                first, last = sorted((each, other), key=lambda one: one.year)
                found[first, last] = None
        return list(found)

    def _whole(self) -> Iterable[Members]:
        """Who continues in the whole economy, and who of them exports at the end."""
        for year in self.pairs:
            yield Members(year, (NEXT_YEAR,))
            yield Members(year, (NEXT_YEAR, EXPORTER_NEXT_YEAR))
        for window, (start, _) in self.windows.items():
            stay = ("continuing", window, "both_ends")
            yield Members(start, (stay,))
            yield Members(start, (stay, ("exporter_at_end", window)))

    def _same(self, group: Members) -> Members | None:
        """The same establishments in the other year, where the same codes count in both."""
        if group.level != "total" and self._window(group.inside) != group.window:
            return None
        if group.outside:
            return None
        if group.inside == (NEXT_YEAR, EXPORTER_NEXT_YEAR):
            return replace(group, year=group.year + 1, inside=(PREVIOUS_YEAR, EXPORTER))
        if group.inside and group.inside[-1][0] == "exporter_at_end":
            other = self.other_end(replace(group, inside=group.inside[:-1]))
            return other and replace(other, inside=(*other.inside, EXPORTER))
        return self.other_end(group)
