"""The truths of Melitz and Trefler (2012) that the synthetic census is planted with.

One record states them all, so that a test and a report compare with the same numbers. How each is
planted:

- **Exporter premium.** Log productivity is an industry-year effect, plus a lift of exporters, plus
  `size_slope` times log employment, plus noise that neither exporting nor employment depends on.
  Four small lifts per year, solved from sums, then make the regression's coefficients *exactly*
  those stated, in 1978, 1988 and 1996, plain and weighted by employment: without employment
  `exporter_premium`, with it `size_slope` (and the exporter's coefficient that follows). The
  regression has effects of four-digit industry and year; over years pooled the slope beside
  exporting differs by less than 0.0005. In the years between, the lifts are interpolated.
- **Exit.** A linear probability after 1988 and a probit before it, on the first year's relative
  productivity, log employment, exporting and own tariff cuts, the same in every industry. Each
  estimator thus has one window where it is the true model. Slopes refer to effects of four-digit
  industry. The home cut raises exit and the foreign one, which goes with it but is another, lowers
  it. No slope on a cut before the agreement: the cuts had not happened.
- **Export entry.** Those who exported in no year until 1988 start after it, for good, when a latent
  propensity falls short of an index with the establishment's own foreign cut. The slope on the cut
  is that of the establishment's quartile of productivity in 1988, within its four-digit industry,
  among those who never exported and report in 1988 and in 1996. So the probit of a quartile is the
  true model, and its slope is solved from the establishments drawn (`entry`): over them, the mean
  probability due to the cut is *exactly* that stated. Over all quartiles together a probit with one
  slope is not the true model, and has no truth here.
- **Effect of exporting.** Starting adds `effect_of_exporting` to log productivity. The latent
  propensity also raises growth, which makes the raw difference larger; the cut does not, which
  makes it an instrument. Adoption of a technology in the same way. Starters differ from the others
  in productivity, too, and who is far up tends to grow less: the raw difference holds all of this.
  What the propensity adds is solved so that effect and selection together are as stated.
- **Tariffs and growth.** Who exports in 1988 grows by the own foreign cut, and everybody by the cut
  of the inputs bought from the partner; the home cut does nothing within establishments.
- **Selection between industries.** Who is born after 1988 is more or less productive by the cuts of
  its industry, so much per point of either as makes the double difference over four-digit
  industries *exactly* what is stated: the effect of the home cut `selection_between_industries`,
  that of both `productivity_by_cuts` (`selection`). Home cuts do nothing within establishments.
- **Export composition.** Exporters' employment, value added and sales after 1988 have a factor,
  solved from sums, with which their share of employment rises so much that the rise times the
  premium is `export_composition`.
- **Exit component.** What exits add to productivity weighted by employment, as the term `exit` of
  FHK for 1988-1996: -sum of s0 (phi0 - Phi0) over exiters. It follows from the slopes of exit:
  its expectation, the sum over all establishments with their probabilities of exit, is found from
  the census drawn and stated with the truths as `exit_component`.
- **Trade by product and control totals** are exact but for rounding to hundredths.

What cannot be exact: the effects of exporting on growth and adoption, exit and entry are drawn, so
an estimate misses its truth by sampling error; survivors are selected, which moves two-stage least
squares by less than 0.005.
"""

import json
import math
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class ExitSlopes:
    """How exit from a window depends on the establishment in the window's first year.

    [probability or probit index] per log point of relative productivity, per log point of
    employment, for exporters, and per percentage point of the own cuts: of the home tariff, which
    lets competitors in, and of the foreign one, which opens a market.
    """

    relative_productivity: float
    log_employment: float
    exporter: float
    home_cut: float
    foreign_cut: float


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
        export_composition: the exporter premium times the rise of exporters' share of employment
            1988-1996 [log points].
        selection_between_industries: effect of the home cut, at its mean, on productivity of
            four-digit industries [log points]; None: what the draw has, 0 but for chance.
        productivity_by_cuts: that of the home and the foreign cut together [log points].
        grubel_lloyd: index of all products with the United States in 1978 [0-1].
        grubel_lloyd_growth: its rise [per year].
        grubel_lloyd_elsewhere: index with the rest of the world, all years [0-1].
        growth_of_exporters: of who exports in 1988, growth until 1996 on the own foreign cut [log
            points per percentage point].
        growth_by_inputs: growth until 1996 on the cut of inputs from the partner, likewise.
        undercovered_industry: two-digit industry of which the census misses a part.
        undercoverage: the share it misses of employment and sales [0-1].

    Example:
        >>> [round(rate, 3) for rate in Truths().starter_rates_due_to_cut]
        [0.19, 0.32, 0.45, 0.58]
    """

    exporter_premium: float = math.log(1.4)
    size_slope: float = 0.05
    exit_pre: ExitSlopes = ExitSlopes(-0.30, -0.16, -0.15, 0.0, 0.0)
    exit_post: ExitSlopes = ExitSlopes(-0.10, -0.05, -0.05, 0.010, -0.006)
    starter_rate_without_cut: float = 0.02
    starter_rate_bottom: float = 0.19
    starter_rate_top: float = 0.58
    effect_of_exporting: float = 0.153
    selection_of_starters: float = 0.137
    effect_on_adoption: float = 0.07
    selection_of_adopters: float = 0.03
    export_composition: float = 0.041
    growth_of_exporters: float = 0.003
    growth_by_inputs: float = 0.003
    selection_between_industries: float | None = 0.043
    productivity_by_cuts: float = 0.058
    grubel_lloyd: float = 0.50
    grubel_lloyd_growth: float = 0.012
    grubel_lloyd_elsewhere: float = 0.40
    undercovered_industry: str = "24"
    undercoverage: float = 0.08

    @property
    def starter_rates_due_to_cut(self) -> tuple[float, float, float, float]:
        """Mean probability of starting due to the cut, by quartile, from the bottom [0-1]."""
        bottom, step = (
            self.starter_rate_bottom,
            (self.starter_rate_top - self.starter_rate_bottom) / 3,
        )
        return (bottom, bottom + step, bottom + 2 * step, bottom + 3 * step)

    @property
    def starter_rates(self) -> tuple[float, ...]:
        """Mean probability of starting, by quartile, from the bottom [0-1].

        Example:
            >>> [round(rate, 2) for rate in Truths().starter_rates]
            [0.21, 0.34, 0.47, 0.6]
        """
        return tuple(self.starter_rate_without_cut + due for due in self.starter_rates_due_to_cut)

    def grubel_lloyd_of(self, year: int) -> float:
        """Index with the United States at a year, over all products [0-1].

        Example:
            >>> round(Truths().grubel_lloyd_of(1988), 3)
            0.62
        """
        return self.grubel_lloyd + self.grubel_lloyd_growth * (year - 1978)

    def grubel_lloyd_of_industries(self, year: int) -> float:
        """The same over two-digit industries, where a part of the imbalances nets out [0-1].

        Example:
            >>> truths = Truths()
            >>> [round(truths.grubel_lloyd_of_industries(year), 3) for year in (1978, 1988, 1996)]
            [0.633, 0.705, 0.763]
        """
        return 1 / 3 + 0.6 * self.grubel_lloyd_of(year)

    @property
    def rise_of_exporters(self) -> float:
        """Change of exporters' share of employment 1988-1996 [share].

        Example:
            >>> round(Truths().rise_of_exporters, 4)
            0.1219
        """
        return self.export_composition / self.exporter_premium

    def as_json(self, exit_component: float | None = None) -> str:
        """All of them, with what follows from them, as JSON text.

        Args:
            exit_component: what exits are expected to add in the census drawn [log points].
        """
        derived = {
            "exit_component": exit_component,
            "exporter_premium_percent": 100.0 * math.expm1(self.exporter_premium),
            "starter_rates_due_to_cut": self.starter_rates_due_to_cut,
            "raw_growth_difference": self.effect_of_exporting + self.selection_of_starters,
            "raw_adoption_difference": self.effect_on_adoption + self.selection_of_adopters,
        }
        return json.dumps(asdict(self) | derived, indent=2) + "\n"


TRUTHS = Truths()
"""What the census of the demonstration is planted with."""
