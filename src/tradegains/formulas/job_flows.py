"""Gross job flows: creation by entrants and expanders, destruction by exiters and contractors.

Decisions:
- Job flows follow presence: an entrant is absent, not merely without jobs, at the start. Flows are
  in whole employment units, so creation minus destruction is exactly the change of employment.
- Davis-Haltiwanger rates divide by the average of the two years' employment and lie in [0, 2].

Source: Davis, Haltiwanger and Schuh (1996), "Job Creation and Destruction", technical appendix;
Melitz and Trefler (2012), conclusion, after Trefler (2004): 12 percent of workers in
low-productivity firms lost their jobs.
"""

from dataclasses import dataclass

from tradegains.formulas.outcomes import rate


@dataclass(frozen=True)
class GrossJobFlows:
    """Gross job flows of a group of establishments between two years.

    creation - destruction = employment_end - employment_start, exactly.

    Attributes:
        entrant_creation: jobs of entrants at the end.
        expander_creation: gains of establishments present at both ends.
        exiter_destruction: jobs of exiters at the start.
        contractor_destruction: losses of establishments present at both ends.
        employment_start: jobs at the start.
        employment_end: jobs at the end.
            All in [employment units], >= 0.

    Example:
        >>> flows = GrossJobFlows.of_entrants(5) + GrossJobFlows.of_continuing(16, gained=2, lost=3)
        >>> flows.creation, flows.destruction, flows.employment_end
        (7, 3, 20)

    Source: Davis, Haltiwanger and Schuh (1996), "Job Creation and Destruction", appendix.
    """

    entrant_creation: int = 0
    expander_creation: int = 0
    exiter_destruction: int = 0
    contractor_destruction: int = 0
    employment_start: int = 0
    employment_end: int = 0

    def __add__(self, other: "GrossJobFlows") -> "GrossJobFlows":
        """Flows of both groups; `GrossJobFlows()` changes nothing."""
        return GrossJobFlows(
            self.entrant_creation + other.entrant_creation,
            self.expander_creation + other.expander_creation,
            self.exiter_destruction + other.exiter_destruction,
            self.contractor_destruction + other.contractor_destruction,
            self.employment_start + other.employment_start,
            self.employment_end + other.employment_end,
        )

    @staticmethod
    def of_entrants(jobs: int) -> "GrossJobFlows":
        """Flows of establishments absent at the start, from their jobs at the end."""
        return GrossJobFlows(entrant_creation=jobs, employment_end=jobs)

    @staticmethod
    def of_exiters(jobs: int) -> "GrossJobFlows":
        """Flows of establishments absent at the end, from their jobs at the start."""
        return GrossJobFlows(exiter_destruction=jobs, employment_start=jobs)

    @staticmethod
    def of_continuing(jobs: int, *, gained: int, lost: int) -> "GrossJobFlows":
        """Flows of establishments present at both ends, from their jobs at the start.

        Args:
            jobs: at the start.
            gained: by those with more jobs at the end.
            lost: by those with fewer.
        """
        return GrossJobFlows(
            expander_creation=gained,
            contractor_destruction=lost,
            employment_start=jobs,
            employment_end=jobs + gained - lost,
        )

    @property
    def creation(self) -> int:
        """Jobs created [employment units]."""
        return self.entrant_creation + self.expander_creation

    @property
    def destruction(self) -> int:
        """Jobs destroyed [employment units]."""
        return self.exiter_destruction + self.contractor_destruction

    @property
    def average_employment(self) -> float:
        """Average of the two years' employment [employment units]."""
        return (self.employment_start + self.employment_end) / 2

    @property
    def creation_rate(self) -> float | None:
        """Creation over average employment, in [0, 2]; None without employment."""
        return rate(self.creation, self.average_employment)

    @property
    def destruction_rate(self) -> float | None:
        """Destruction over average employment, in [0, 2]; None without employment."""
        return rate(self.destruction, self.average_employment)

    @property
    def destruction_share(self) -> float | None:
        """Destruction over start-year employment, in [0, 1]; None without any.

        For below-median establishments, the figure comparable with the 12 percent of workers in
        low-productivity firms who lost their jobs (Melitz and Trefler 2012, conclusion).
        """
        return rate(self.destruction, self.employment_start)
