"""The sets of establishments a study compares, worked out once from the study file."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from tradegains.errors import Problem, StudyError
from tradegains.formulas.membership import (
    BOTH_ENDS,
    HistoryBits,
    LaterValues,
    Mark,
    MembershipBits,
    SetCondition,
    TooManySetsError,
    continuing_marks,
)
from tradegains.study import Restriction, Study, Window
from tradegains.tables.working import (
    CONTRIBUTOR,
    EMPLOYMENT,
    INDUSTRY,
    LOG_PRODUCTIVITY,
    SALES,
    population_column,
    restriction_column,
    unknown_column,
)

EXPORTER = ("exporter",)
NEXT_YEAR, PREVIOUS_YEAR = ("present", "next_year"), ("present", "previous_year")
EXPORTER_NEXT_YEAR = ("exporter", "next_year")
CONSECUTIVE = "next-year"
"""Name of the later values of consecutive years; no window can have it, for its hyphen."""
BRIDGED_NEXT_YEAR, BRIDGED_PREVIOUS_YEAR = ("bridged", "next_year"), ("bridged", "previous_year")

SetName = tuple[str, ...]

MEASURES = ("employment", "sales", "value_added")
"""Amounts that may be unknown of a row that stays in the study."""


def continuing_set(window: str, rule: str) -> SetName:
    """Name of the continuing set of a window under a rule."""
    return ("continuing", window, rule)


def restricted_set(window: str, restriction: str) -> SetName:
    """Name of the set of establishments that a restriction keeps in a window."""
    return ("restricted", window, restriction)


def restriction_marks(restriction: Restriction, window: Window) -> list[Mark]:
    """What an establishment must have met: the condition in the year or years it is asked of."""
    years = {"start": [window.start], "end": [window.end], "both": [window.start, window.end]}
    return [Mark(restriction_column(restriction.name), year) for year in years[restriction.at]]


def exporter_at_end_set(window: str) -> SetName:
    """Name of the set of a window's first-year rows whose establishment exports in its last."""
    return ("exporter_at_end", window)


def never_exported_set(window: str) -> SetName:
    """Name of the set of a window's first-year rows that exported in no year of their history."""
    return ("never_exported", window)


def unknown_set(measure: str, period: str) -> SetName:
    """Name of the set of rows of a period's ends whose establishment's amount is unknown at one.

    `period` is a window, or next_year or previous_year of consecutive years.
    """
    return ("unknown", measure, period)


def annual_sets() -> tuple[SetName, ...]:
    """What tells of a row's establishment in the years beside its own, as far as it is asked."""
    beside = (NEXT_YEAR, PREVIOUS_YEAR, BRIDGED_NEXT_YEAR, BRIDGED_PREVIOUS_YEAR)
    periods = (NEXT_YEAR[1], PREVIOUS_YEAR[1])
    return (*beside, *(unknown_set(each, period) for each in MEASURES for period in periods))


def window_sets(
    study: Study, rules: Collection[str] = (), *, restrictions: bool = True
) -> Iterator[SetName]:
    """What tells of a row's establishment at both ends of windows; some sets may not be asked for.

    Args:
        study: whose windows they are of.
        rules: continuing rules; none stands for all.
        restrictions: whether the sets that restrictions keep are wanted, too.
    """
    for window in study.windows:
        yield from (continuing_set(window.name, rule) for rule in rules or continuing_rules(study))
        for restriction in study.restrictions if restrictions else ():
            yield restricted_set(window.name, restriction.name)
        yield from (unknown_set(measure, window.name) for measure in MEASURES)


def population_set(population: str) -> SetName:
    """Name of the set of a study population."""
    return ("population", population)


@dataclass(frozen=True)
class StudySets:
    """History and membership bits of a study, and when a row is in each set.

    `later` is what rows of a window's start tell of its end, `carried` the further columns that
    later passes read.
    """

    history: HistoryBits
    memberships: MembershipBits
    conditions: tuple[SetCondition, ...]
    later: tuple[LaterValues, ...] = ()
    carried: tuple[str, ...] = ()


def study_sets(study: Study, unknown: Collection[str] = ()) -> StudySets:
    """The sets that the study's windows, rules, restrictions and populations ask for.

    Args:
        study: the research choices.
        unknown: those of `MEASURES` that some establishment lacks.

    Raises:
        StudyError: more sets than fit in one whole number.
    """
    history = HistoryBits.of([*_marks(study), *_unknown_marks(study, unknown)])
    conditions = (*_conditions(study, history), *_unknown_conditions(study, history, unknown))
    try:
        memberships = MembershipBits.of(list(dict.fromkeys(each.name for each in conditions)))
    except TooManySetsError as error:
        cure = "use fewer [[windows]], rules in matching.continuing, restrictions or populations"
        raise StudyError(Problem(str(error), f"study {study.name}", cure=cure)) from error
    return StudySets(history, memberships, conditions, _later_values(study), _carried(study))


def continuing_rules(study: Study) -> tuple[str, ...]:
    """The study's rules, and `both_ends`, which entrants and exiters are told by."""
    return tuple(dict.fromkeys((*study.matching.continuing, BOTH_ENDS)))


def consecutive_years(study: Study) -> tuple[tuple[int, int], ...]:
    """Pairs of consecutive census years, where the study asks for annual demography."""
    if not study.matching.annual:
        return ()
    years = set(study.years)
    return tuple((year, year + 1) for year in study.years if year + 1 in years)


def start_industries(study: Study) -> dict[str, int]:
    """Further industries that curves ask cells for: the one in each window's first year.

    They are named by the year, which no window is.
    """
    curves = study.welfare.curves
    if curves is None or not curves.rank_by or study.matching.industry_at == "start":
        return {}
    starts = (study.window(name).start for name in study.welfare.windows)
    return {str(year): year for year in starts}


def industry_years(study: Study) -> dict[str, int]:
    """The year whose industry counts in each window or ranking, where it is not each row's own."""
    years = start_industries(study)
    if study.matching.industry_at != "own_year":
        at = study.matching.industry_at
        years |= {window.name: getattr(window, at) for window in study.windows}
    return years


def employment_changes(study: Study) -> dict[str, tuple[int, ...]]:
    """First years of each pair of years between which changes of employment are summed."""
    return {each.name: tuple(each.years) for each in _later_employment(study)}


def _later_employment(study: Study) -> Iterator[LaterValues]:
    """Employment at the end of every window and in the next year, for job flows."""
    if study.job_flows is None:
        return
    for window in study.windows:
        yield LaterValues(window.name, {window.start: window.end}, (EMPLOYMENT,))
    if pairs := consecutive_years(study):
        yield LaterValues(CONSECUTIVE, dict(pairs), (EMPLOYMENT,))


def decomposition_weights(study: Study) -> dict[str, str]:
    """Weight column of each share that the study decomposes productivity by."""
    shares = study.decomposition.shares if study.decomposition else ()
    columns = {"employment": EMPLOYMENT, "sales": SALES}
    return {share: columns[share] for share in shares}


def _later_panels(study: Study) -> Iterator[LaterValues]:
    """Productivity, industry and weights at the end of every window to decompose."""
    weights = decomposition_weights(study).values()
    for name in study.decomposition.windows if study.decomposition else ():
        window = study.window(name)
        columns = (LOG_PRODUCTIVITY, INDUSTRY, *weights)
        yield LaterValues(name, {window.start: window.end}, columns)


def entry_windows(study: Study) -> tuple[Window, ...]:
    """Windows with export entry, where the census knows exports."""
    if study.regressions is None or not study.census.has("exports"):
        return ()
    return tuple(map(study.window, study.regressions.entry_windows))


def _later_growth(study: Study) -> Iterator[LaterValues]:
    """Productivity and adoptions at the end of the windows whose growth is explained."""
    for window in entry_windows(study):
        columns = (LOG_PRODUCTIVITY, *(study.regressions.adoptions if study.regressions else ()))
        yield LaterValues(window.name, {window.start: window.end}, columns)
    if study.regressions and study.regressions.trend_window:
        window = study.window(study.regressions.trend_window)
        yield LaterValues(window.name, {window.start: window.end}, (LOG_PRODUCTIVITY,))
    if effects := study.tariff_effects:
        for window in map(study.window, (effects.before, effects.after)):
            yield LaterValues(window.name, {window.start: window.end}, (LOG_PRODUCTIVITY,))


def _carried(study: Study) -> tuple[str, ...]:
    """The enterprise, employment as reported, and the id that clusters and finds products."""
    enterprise = (CONTRIBUTOR,) if study.census.has("enterprise_id") else ()
    if study.regressions is None:
        return enterprise if study.joint_distribution is None else (*enterprise, "employment")
    has_premium = bool(study.regressions.premium_years) and study.census.has("exports")
    has_effects = study.tariff_effects is not None
    needs_id = has_premium or has_effects or study.inputs.plant_products is not None
    needs_id = needs_id or study.clusters_by("enterprise") or study.regressions.controls_trend
    return (
        *enterprise,
        "employment",
        *(("establishment_id",) if needs_id else ()),
    )


def _later_values(study: Study) -> tuple[LaterValues, ...]:
    """What all later passes want, one entry per name: each column is carried once."""
    merged: dict[str, LaterValues] = {}
    for each in (*_later_employment(study), *_later_panels(study), *_later_growth(study)):
        known = merged.get(each.name, LaterValues(each.name, each.years, ()))
        columns = tuple(dict.fromkeys((*known.columns, *each.columns)))
        merged[each.name] = LaterValues(each.name, each.years, columns)
    return tuple(merged.values())


def _ends(window: Window) -> tuple[int, int]:
    return window.start, window.end


def _marks(study: Study) -> Iterator[Mark]:
    pairs = consecutive_years(study)
    yield from (Mark("present", year) for year in study.years)
    for window in study.windows:
        for rule in continuing_rules(study):
            yield from _continuing(study, window, rule)
        for restriction in study.restrictions:
            yield from restriction_marks(restriction, window)
    if study.census.has("exports"):
        yield from (Mark("exporter", end) for _, end in (*map(_ends, study.windows), *pairs))
        for window in entry_windows(study):
            yield from _earlier_exports(study, window)


def _unknown_marks(study: Study, unknown: Collection[str]) -> Iterator[Mark]:
    compared = {year for ends in map(_ends, study.windows) for year in ends}
    years = sorted(compared.union(*consecutive_years(study)))
    for measure in unknown:
        yield from (Mark(unknown_column(measure), year) for year in years)


def _unknown_conditions(
    study: Study, history: HistoryBits, unknown: Collection[str]
) -> Iterator[SetCondition]:
    """A condition for either end: who lacks an amount at one is in the set at both."""
    for measure in unknown:
        periods = [(_ends(window), (window.name, window.name)) for window in study.windows]
        periods += [(pair, ("next_year", "previous_year")) for pair in consecutive_years(study)]
        for ends, names in periods:
            for at in ends:
                masks = history.masks([Mark(unknown_column(measure), at)])
                for year, name in zip(ends, names, strict=True):
                    yield SetCondition(unknown_set(measure, name), (year,), masks)


def _continuing(study: Study, window: Window, rule: str) -> list[Mark]:
    """What an establishment must have to continue in a window under a rule."""
    return continuing_marks(rule, _ends(window), study.years, study.matching.panel_years)


def _conditions(study: Study, history: HistoryBits) -> Iterator[SetCondition]:
    for window in study.windows:
        for rule in continuing_rules(study):
            marks = _continuing(study, window, rule)
            name = continuing_set(window.name, rule)
            yield SetCondition(name, _ends(window), history.masks(marks))
        for restriction in study.restrictions:
            marks = restriction_marks(restriction, window)
            name = restricted_set(window.name, restriction.name)
            yield SetCondition(name, _ends(window), history.masks(marks))
    for year, following in consecutive_years(study):
        present = history.masks([Mark("present", following)])
        yield SetCondition(NEXT_YEAR, (year,), present)
        present = history.masks([Mark("present", year)])
        yield SetCondition(PREVIOUS_YEAR, (following,), present)
    yield from _bridging_conditions(study, history)
    if study.census.has("exports"):
        yield from _exporter_conditions(study, history)
    for position, population in enumerate(study.populations):
        yield SetCondition(population_set(population.name), column=population_column(position))


def _bridging_conditions(study: Study, history: HistoryBits) -> Iterator[SetCondition]:
    """Who is there in the next or the previous year, or absent for `reactivation_years` at most."""
    longest = study.matching.reactivation_years
    for year, following in consecutive_years(study) if longest else ():
        for other in study.years:
            masks = history.masks([Mark("present", other)])
            if following <= other <= following + longest:
                yield SetCondition(BRIDGED_NEXT_YEAR, (year,), masks)
            if year - longest <= other <= year:
                yield SetCondition(BRIDGED_PREVIOUS_YEAR, (following,), masks)


def _exporter_conditions(study: Study, history: HistoryBits) -> Iterator[SetCondition]:
    """Who exports in a row's own year, and at the later end of the pairs that its year starts."""
    yield SetCondition(EXPORTER, column="exporter")
    for window in study.windows:
        masks = history.masks([Mark("exporter", window.end)])
        yield SetCondition(exporter_at_end_set(window.name), (window.start,), masks)
    for window in entry_windows(study):
        masks = history.masks(_earlier_exports(study, window))
        name = never_exported_set(window.name)
        yield SetCondition(name, (window.start,), absent_masks=masks)
    for year, following in consecutive_years(study):
        masks = history.masks([Mark("exporter", following)])
        yield SetCondition(EXPORTER_NEXT_YEAR, (year,), masks)


def _earlier_exports(study: Study, window: Window) -> list[Mark]:
    history = study.regressions.history_from if study.regressions else ()
    return [Mark("exporter", year) for year in history or study.years if year <= window.start]
