"""The truths of Melitz and Trefler (2012) that the synthetic census is planted with.

One record states them all, so that a test and a report compare with the same numbers. How each is
planted:

- **Exporter premium.** Log productivity is an industry-year effect, plus a lift of exporters, plus
  `size_slope` times log employment, plus noise that neither exporting nor employment depends on.
  Two small lifts per year, solved from sums, then make the regression's coefficients *exactly*
  those stated, in 1978, 1988 and 1996: without employment `exporter_premium`, with it `size_slope`
  (and the exporter's coefficient that follows). The regression is unweighted, with effects of
  four-digit industry and year; a weighted one has the same truth but for sampling. In the years
  between, the lifts are interpolated.
- **Exit.** A linear probability after 1988 and a probit before it, on the first year's relative
  productivity, log employment, exporting and own tariff cut, the same in every industry. Each
  estimator thus has one window where it is the true model. Slopes refer to effects of four-digit
  industry. No slope on the cut before the agreement: the cut had not happened.
- **Export entry.** Those who exported in no year until 1988 start after it, for good, when a latent
  propensity falls short of an index with the establishment's own cut, whose slope rises with the
  rank of its productivity in 1988 among them. The probability due to the cut is linear in the rank,
  so that its mean by quartile does not depend on where a small industry's quartiles happen to lie.
- **Effect of exporting.** Starting adds `effect_of_exporting` to log productivity. The latent
  propensity also raises growth, which makes the raw difference larger; the cut does not, which
  makes it an instrument. Adoption of a technology in the same way.
- **Trade by product and control totals** are exact but for rounding to hundredths.

What cannot be exact: the effects of exporting on growth and adoption, exit and entry are drawn, so
an estimate misses its truth by sampling error; the raw differences and the shares of starters due
to the cut also depend a little on the population drawn (stated to about 0.01); survivors are
selected, which moves two-stage least squares by less than 0.005.
"""

import json
import math
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class ExitSlopes:
    """How exit from a window depends on the establishment in the window's first year.

    [probability or probit index] per log point of relative productivity, per log point of
    employment, for exporters, and per percentage point of the own tariff cut.
    """

    relative_productivity: float
    log_employment: float
    exporter: float
    tariff_cut: float


@dataclass(frozen=True)
class Truths:
    """What regressions on the planted census must find.

    Attributes:
        exporter_premium: exporters over others of their industry and year [log points]; 40 percent.
        size_slope: log productivity on log employment, beside exporting [log points].
        exit_pre: slopes of the probit of 1978-1988 [probit index].
        exit_post: slopes of the linear probability of 1988-1996 [probability].
        starter_rate_without_cut: probability of starting to export at no cut [0-1].
        starter_rate_bottom: mean probability due to the cut, bottom quartile of productivity [0-1].
        starter_rate_top: the same of the top quartile; the quartiles between lie on a line.
        effect_of_exporting: of starting to export, on growth 1988-1996 [log points].
        selection_of_starters: raw difference of growth less the effect [log points].
        effect_on_adoption: of starting to export, on adopting the technology [probability].
        selection_of_adopters: raw difference of adoption less the effect [probability].
        grubel_lloyd: index of all products with the United States in 1978 [0-1].
        grubel_lloyd_growth: its rise [per year].
        grubel_lloyd_elsewhere: index with the rest of the world, all years [0-1].
        undercovered_industry: two-digit industry of which the census misses a part.
        undercoverage: the share it misses of employment and sales [0-1].

    Example:
        >>> [round(rate, 3) for rate in Truths().starter_rates_due_to_cut]
        [0.19, 0.32, 0.45, 0.58]
    """

    exporter_premium: float = math.log(1.4)
    size_slope: float = 0.05
    exit_pre: ExitSlopes = ExitSlopes(-0.30, -0.16, -0.15, 0.0)
    exit_post: ExitSlopes = ExitSlopes(-0.10, -0.05, -0.05, 0.006)
    starter_rate_without_cut: float = 0.02
    starter_rate_bottom: float = 0.19
    starter_rate_top: float = 0.58
    effect_of_exporting: float = 0.153
    selection_of_starters: float = 0.137
    effect_on_adoption: float = 0.07
    selection_of_adopters: float = 0.03
    grubel_lloyd: float = 0.50
    grubel_lloyd_growth: float = 0.012
    grubel_lloyd_elsewhere: float = 0.40
    undercovered_industry: str = "24"
    undercoverage: float = 0.08

    @property
    def starter_rates_due_to_cut(self) -> tuple[float, float, float, float]:
        """Mean probability of starting due to the cut, by quartile, from the bottom [0-1]."""
        bottom, step = self.starter_rate_bottom, self._step
        return (bottom, bottom + step, bottom + 2 * step, bottom + 3 * step)

    @property
    def _step(self) -> float:
        return (self.starter_rate_top - self.starter_rate_bottom) / 3

    def starter_rate_at(self, rank: float) -> float:
        """Probability of starting at a rank of productivity in [0, 1], the cut's part included.

        Example:
            >>> truths = Truths()
            >>> round(truths.starter_rate_at(1 / 8) - truths.starter_rate_without_cut, 3)
            0.19
        """
        due = self.starter_rate_bottom + self._step * (4 * rank - 0.5)
        return self.starter_rate_without_cut + due

    def grubel_lloyd_of(self, year: int) -> float:
        """Index with the United States at a year, over all products [0-1].

        Example:
            >>> round(Truths().grubel_lloyd_of(1988), 3)
            0.62
        """
        return self.grubel_lloyd + self.grubel_lloyd_growth * (year - 1978)

    def as_json(self) -> str:
        """All of them, with what follows from them, as JSON text."""
        derived = {
            "exporter_premium_percent": 100.0 * math.expm1(self.exporter_premium),
            "starter_rates_due_to_cut": self.starter_rates_due_to_cut,
            "raw_growth_difference": self.effect_of_exporting + self.selection_of_starters,
            "raw_adoption_difference": self.effect_on_adoption + self.selection_of_adopters,
        }
        return json.dumps(asdict(self) | derived, indent=2) + "\n"


TRUTHS = Truths()
"""What the census of the demonstration is planted with."""
