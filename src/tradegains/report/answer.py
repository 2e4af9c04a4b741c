"""The question of a study and its answer, before anything else on the page."""

from dataclasses import dataclass

from tradegains.published.printing import fixed, percent
from tradegains.published.published_run import PublishedRun
from tradegains.report.errors import formulas_compared, interval_in_words
from tradegains.report.welfare_rows import (
    NumberOrReason,
    formula_name,
    measured,
    total_rows,
)


@dataclass(frozen=True)
class HeadlineAnswer:
    """One headline number: HLOY in a window, with ACR for comparison [log points]."""

    window: str
    hloy: NumberOrReason
    acr: NumberOrReason

    @property
    def percent(self) -> str:
        """100 x change of ln W, signed; a dash where it is absent."""
        value = self.hloy.value
        return "–" if value is None else percent(value, signed=True)

    @property
    def small_print(self) -> str:
        """The same in log points, and ACR; or why the number is absent."""
        if self.hloy.value is None:
            return self.hloy.note
        text = f"{fixed(self.hloy.value, 4, signed=True)} log points"
        if self.acr.value is None:
            return text
        return f"{text}; ACR {percent(self.acr.value, signed=True)} percent"


def question(run: PublishedRun) -> str:
    """The question in one sentence."""
    years = run.window_years(run.headline_window) if run.headline_window else "the study's years"
    return (
        "What does the market share of continuing domestic establishments say of the change of "
        f"welfare over {years}?"
    )


def headlines(run: PublishedRun) -> list[HeadlineAnswer]:
    """The later window first, then the earlier one and the difference."""
    rows = total_rows(run)
    later = run.headline_window
    ordered = sorted(run.welfare_windows, key=lambda window: window != later)
    return [
        HeadlineAnswer(
            run.window_title(window),
            measured(rows.get((window, "hloy")), "welfare_change"),
            measured(rows.get((window, "acr")), "welfare_change"),
        )
        for window in ordered
    ]


def answer(run: PublishedRun) -> str:
    """The answer in one sentence, or what there is instead of it."""
    row = total_rows(run).get((run.headline_window or "", "hloy"))
    welfare = measured(row, "welfare_change")
    years = run.window_years(run.headline_window or "")
    if row is None or welfare.value is None:
        share = measured(row, "delta_ln_continuing_share")
        return _answer_without_welfare(run, share, welfare, years)
    verb = "rose" if welfare.value >= 0 else "fell"
    size = percent(abs(welfare.value))
    told = ", ".join(filter(None, (formula_name(row), interval_in_words(run, row))))
    return (
        f"By the HLOY statistic welfare {verb} by {size} percent over {years} "
        f"({told}), whatever changed inside continuing establishments left "
        f"aside.{formulas_compared(run)}{_trend(run)}"
    )


def basis(run: PublishedRun) -> str:
    """The choices behind the headline, and what the number leaves out."""
    made = run.headline_choices
    told = (
        f"Percent is 100 × Δ ln. Continuing establishments by the rule {made['continuing']}; "
        f"imports: {made['imports']}."
    )
    row = total_rows(run).get((run.headline_window or "", "hloy"))
    if measured(row, "welfare_change").value is None:
        return told
    return (
        f"{told} The number leaves out whatever changed inside continuing "
        "establishments (productivity, markups, quality, variety), and does not say which part of "
        "it trade costs caused: ordinary entry, exit and growth are in it, too."
    )


def _trend(run: PublishedRun) -> str:
    """How the headline compares with the earlier window; empty without one."""
    compared = run.difference
    if compared is None or compared.later != run.headline_window:
        return ""
    rows = total_rows(run)
    earlier = measured(rows.get((compared.earlier, "hloy")), "welfare_change")
    gap = measured(rows.get((compared.name, "hloy")), "welfare_change")
    if earlier.value is None or gap.value is None:
        return ""
    window = run.windows.get(compared.earlier)
    scaling = f", {window.scaling}," if window and window.scaling else ""
    return (
        f" Over {run.window_years(compared.earlier)}{scaling} it says "
        f"{percent(earlier.value, signed=True)} percent, so the difference is "
        f"{percent(gap.value, signed=True)} percent."
    )


def _answer_without_welfare(
    run: PublishedRun, share: NumberOrReason, welfare: NumberOrReason, years: str
) -> str:
    """What a study without imports can say."""
    reason = f"The welfare change over {years} is not available: {welfare.note}."
    if share.value is None:
        return reason
    sales = "sales, for want of exports all of them," if run.lacks_exports else "domestic sales"
    return (
        f"{reason} The share of continuing establishments in {sales} changed by "
        f"{percent(share.value, signed=True)} percent "
        f"({fixed(share.value, 6, signed=True)} log points)."
    )
