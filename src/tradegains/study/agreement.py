"""Do the sections of a study agree with each other?"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from tradegains.formulas.quantiles import PERCENTILES
from tradegains.literature import productivity_contributions, publications
from tradegains.study.error_agreement import check_errors
from tradegains.study.fields import Findings, nearest
from tradegains.study.model import (
    BUILT_IN_POPULATIONS,
    BUILT_IN_RESTRICTIONS,
    COLUMNS,
    DERIVED_COLUMNS,
    EARLIER_GROWTH,
    RANKINGS,
    MelitzRedding,
    Regressions,
    Study,
)
from tradegains.study.tariff_agreement import check_tariffs

MOST_POINTS = 10_000
# Keys that name windows of [welfare], not any window of the study.
OF_WELFARE = ("welfare.difference", "report.headline_window")


def check_agreement(study: Study, findings: Findings) -> None:
    """Keep every contradiction; a section with problems of its own is not compared."""
    checks = (
        (_check_reactivation, ("matching",)),
        (_check_panel, ("matching",)),
        (_check_census, ("census",)),
        (_check_windows, ("windows",)),
        (_check_names, ("populations", "restrictions")),
        (_check_welfare, ("windows", "welfare")),
        (_check_measures, ("census", "productivity")),
        (_check_imports, ("census", "trade", "inputs")),
        (_check_elasticities, ("inputs",)),
        (_check_prices, ("productivity", "inputs")),
        (_check_accounting, ("accounting",)),
        (_check_intra_industry_trade, ("inputs", "intra_industry_trade")),
        (_check_report, ("windows", "productivity", "welfare", "report")),
        (_check_publication, ("study",)),
        (_check_melitz_redding, ("welfare", "matching")),
        (_check_curves, ("welfare", "inputs")),
        (_check_comparisons, ("welfare",)),
        (_check_size_fits, ("windows", "size_fits")),
        (_check_distributions, ("productivity", "joint_distribution")),
        (_check_entry_rates, ("windows", "productivity")),
        (_check_decomposition, ("windows", "decomposition")),
        (_check_regressions, ("windows", "census", "regressions")),
        (check_tariffs, ("inputs", "tariffs", "regressions", "tariff_effects")),
        (check_errors, ("census", "inputs", "regressions", "tariff_effects")),
        (_check_tariff_effects, ("windows", "inputs", "regressions", "tariff_effects")),
        (_check_uncertainty, ("census", "uncertainty")),
    )
    ready = [check for check, sections in checks if findings.sound(*sections)]
    for check in ready:
        check(study, findings)


def _check_reactivation(study: Study, findings: Findings) -> None:
    if study.matching.reactivation_years and not study.matching.annual:
        findings.add(
            "matching.reactivation_years",
            "absences are bridged in annual demography, which the study does not ask for",
            "set annual = true, or reactivation_years = 0",
        )


def _check_panel(study: Study, findings: Findings) -> None:
    has_rule, years = "panel" in study.matching.continuing, study.matching.panel_years
    if has_rule and not years:
        findings.add(
            "matching.continuing",
            'continuing has "panel" but [matching] panel_years is missing',
            "state panel_years, the years in which an establishment must be there",
        )
    if years and not has_rule:
        findings.add(
            "matching.panel_years",
            "panel_years is stated but no rule of continuing uses it",
            'add "panel" to continuing, or remove panel_years',
        )


def _check_census(study: Study, findings: Findings) -> None:
    census = study.census
    if census.industry_group_digits > census.industry_digits:
        findings.add(
            "census.industry_group_digits",
            f"industry groups of {census.industry_group_digits} digits cannot be cut from codes "
            f"of {census.industry_digits}",
            "industry_group_digits must be at most industry_digits",
        )
    for column, uses in _repeats(census.columns.values()):
        names = [name for name, file_column in census.columns.items() if file_column == column]
        findings.add(
            f"census.columns.{names[-1]}",
            f'file column "{column}" is mapped {uses} times ({", ".join(names)})',
            "map every contract column to a column of its own, or leave the optional one out",
        )
    for column in census.extra_columns:
        if column.lower() in COLUMNS + DERIVED_COLUMNS:
            findings.add(
                "census.extra_columns",
                f'extra column "{column}" has the name of a column that tradegains defines',
                "map it under [census.columns] if it is that column, else rename it in the files",
            )


def _check_windows(study: Study, findings: Findings) -> None:
    for index, window in enumerate(study.windows):
        if window.start >= window.end:
            findings.add(
                f"windows.{index}.end",
                f"window {window.name} ends in {window.end}, not after its start {window.start}",
                "start must be before end",
            )
    _check_unique("windows", [window.name for window in study.windows], findings)


def _check_names(study: Study, findings: Findings) -> None:
    named = {
        "populations": ([entry.name for entry in study.populations], BUILT_IN_POPULATIONS),
        "restrictions": ([entry.name for entry in study.restrictions], BUILT_IN_RESTRICTIONS),
    }
    for section, (names, built_in) in named.items():
        _check_unique(section, names, findings)
        for index, name in enumerate(names):
            if name in built_in:
                findings.add(
                    f"{section}.{index}.name",
                    f"[[{section}]] {name} is computed for every study already",
                    f"choose a name other than {', '.join(built_in)}",
                )


def _check_unique(section: str, names: list[str], findings: Findings) -> None:
    for name, uses in _repeats(names):
        last = len(names) - 1 - names[::-1].index(name)
        findings.add(
            f"{section}.{last}.name",
            f"{uses} [[{section}]] are named {name}",
            "give each its own name",
        )


def _check_welfare(study: Study, findings: Findings) -> None:
    windows = [window.name for window in study.windows]
    for name in study.welfare.windows:
        _check_known("welfare.windows", name, windows, findings)
    for name in study.welfare.difference or ():
        _check_known("welfare.difference", name, study.welfare.windows, findings)
    shares = (study.welfare.expenditure_share, study.welfare.value_added_share)
    if (shares[0] is None) != (shares[1] is None):
        given = "expenditure_share" if shares[1] is None else "value_added_share"
        findings.add(
            f"welfare.{given}",
            f"[welfare] {given} stands alone",
            "the extended formula needs expenditure_share and value_added_share: give both or none",
        )


def _check_known(path: str, name: str, windows: Iterable[str], findings: Findings) -> None:
    windows = list(windows)
    if name not in windows:
        guess = nearest(name, windows)
        meant = f"did you mean {guess}? " if guess else ""
        source = "[welfare] windows" if path in OF_WELFARE else "[[windows]]"
        findings.add(
            path,
            f"{path} names {name}, which is not a window",
            f"{meant}{source} has {', '.join(windows)}",
        )


def _check_measures(study: Study, findings: Findings) -> None:
    productivity = study.productivity
    for key, column in (
        ("numerator", productivity.numerator),
        ("denominator", productivity.denominator),
    ):
        if not study.census.has(column):
            other = {"value_added": "sales", "hours": "employment"}[column]
            findings.add(
                f"productivity.{key}",
                f'{key} = "{column}" but the census has no {column}',
                f'map {column} under [census.columns], or choose {key} = "{other}"',
            )


def _check_imports(study: Study, findings: Findings) -> None:
    if "table" in study.trade.imports and study.inputs.imports is None:
        findings.add(
            "trade.imports",
            'imports = "table" but the study has no imports table',
            "give imports under [inputs] or --input imports=FILE; with imports = [] the results "
            "that need them are left out",
        )
    if "exports" in study.trade.imports and not study.census.has("exports"):
        findings.add(
            "trade.imports",
            'imports = "exports" but the census has no exports',
            'map exports under [census.columns], or take "exports" out of imports',
        )


def _check_elasticities(study: Study, findings: Findings) -> None:
    if study.inputs.elasticity_concordance and not study.inputs.elasticities:
        findings.add(
            "inputs.elasticity_concordance",
            "elasticity_concordance is given without elasticities",
            "give the elasticities, in the codes of its column code, or remove it",
        )


def _check_intra_industry_trade(study: Study, findings: Findings) -> None:
    if study.inputs.product_trade is not None and study.intra_industry_trade is None:
        findings.add(
            "inputs.product_trade",
            "product_trade is given but the study has no section [intra_industry_trade]",
            "add it, with the digits of product codes such as levels = [4, 2], or remove the input",
        )


def _check_accounting(study: Study, findings: Findings) -> None:
    known = [row.name for row in productivity_contributions()][:-1]
    _check_unique("accounting", [each.name for each in study.accounting], findings)
    for index, each in enumerate(study.accounting):
        if each.is_estimated and study.tariff_effects is None:
            findings.add(
                f"accounting.{index}",
                f"[[accounting]] {each.name} has no numbers, and the study estimates none",
                "add [tariff_effects], or state effect and share",
            )
        for key in () if each.is_estimated else ("effect", "share"):
            stated, named = getattr(each, key), getattr(each, f"{key}_from")
            if (stated is None) == (named is None):
                findings.add(
                    f"accounting.{index}",
                    f"[[accounting]] {each.name} must have one of {key} and {key}_from",
                    f"state {key} as a number, or name a published result with {key}_from",
                )
        if each.published is not None and each.published not in known:
            guess = nearest(each.published, known)
            meant = f"did you mean {guess}? " if guess else ""
            findings.add(
                f"accounting.{index}.published",
                f"{each.published} is no row of Melitz and Trefler's Table 2",
                f"{meant}its rows are {', '.join(known)}",
            )


def _check_prices(study: Study, findings: Findings) -> None:
    prices = study.productivity.prices
    if prices != "none" and study.inputs.prices is None:
        findings.add(
            "productivity.prices",
            f'prices = "{prices}" but the study has no price index',
            "give prices under [inputs] or --input prices=FILE, or choose prices = "
            '"none": comparisons between years are then labelled nominal',
        )


def _check_report(study: Study, findings: Findings) -> None:
    years = study.productivity.years
    for year in study.report.figure_years:
        if year not in years:
            findings.add(
                "report.figure_years",
                f"figure_years names {year}, which is not a productivity year",
                f"[productivity] years has {', '.join(map(str, years))}",
            )
    windows = [window.name for window in study.windows]
    for name in study.report.figure_windows:
        _check_known("report.figure_windows", name, windows, findings)
    for key in ("years_base", "groups_base"):
        base, bases = getattr(study.report, key), study.productivity.median_base
        if base is not None and base not in bases:
            findings.add(
                f"report.{key}",
                f'{key} = "{base}" is none of [productivity] median_base',
                f"choose one of {', '.join(bases)}, or add it there",
            )
    if study.report.headline_window is not None:
        welfare = study.welfare.windows
        _check_known("report.headline_window", study.report.headline_window, welfare, findings)


def _check_distributions(study: Study, findings: Findings) -> None:
    if "total" not in study.productivity.levels:
        findings.add(
            "productivity.levels",
            "[productivity] levels leaves out the whole economy, which the figures compare",
            'add "total"',
        )
    joint = study.joint_distribution
    if joint and tuple(sorted(joint.size_edges)) != joint.size_edges:
        findings.add(
            "joint_distribution.size_edges",
            "size_edges are not in ascending order",
            "write them from the smallest to the largest [jobs]",
        )


def _check_entry_rates(study: Study, findings: Findings) -> None:
    windows = [window.name for window in study.windows]
    for name in study.productivity.entry_rates or ():
        _check_known("productivity.entry_rates", name, windows, findings)


def _check_decomposition(study: Study, findings: Findings) -> None:
    windows, chosen = [window.name for window in study.windows], study.decomposition
    for name in chosen.windows if chosen else ():
        _check_known("decomposition.windows", name, windows, findings)
    if chosen and chosen.groups and "total" not in chosen.levels:
        findings.add(
            "decomposition.groups",
            "groups are parts of the terms of the whole economy, which levels leaves out",
            'add "total" to levels, or remove groups',
        )


def _check_melitz_redding(study: Study, findings: Findings) -> None:
    choices = study.welfare.melitz_redding
    if choices is None:
        return
    _check_entry(study, choices, findings)
    truncated, upper = "truncated_pareto" in choices.distributions, choices.upper_percentile
    if truncated and upper is None:
        findings.add(
            "welfare.melitz_redding.distributions",
            '"truncated_pareto" needs upper_percentile, where it ends',
            "state upper_percentile, such as 0.999",
        )
    tail = "pareto_tail" in choices.distributions
    if tail != (choices.tail_percentile is not None):
        findings.add(
            "welfare.melitz_redding.distributions",
            '"pareto_tail" and tail_percentile, above which it is estimated, come together',
            "state both, such as tail_percentile = 0.9, or neither",
        )
    _check_fitted(choices.percentiles, "welfare.melitz_redding.percentiles", findings)
    highest = max(choices.percentiles or (0.8,))
    if upper is not None and upper <= max(highest, choices.cutoff_percentile):
        findings.add(
            "welfare.melitz_redding.upper_percentile",
            "upper_percentile is not above the cutoff and the percentiles of the fit",
            f"give a share above {highest:g} and above cutoff_percentile",
        )


def _check_comparisons(study: Study, findings: Findings) -> None:
    asked = study.welfare.comparisons
    known = sorted(map(float, PERCENTILES.values()))
    if asked is not None and asked.cutoff_percentile not in known:
        findings.add(
            "welfare.comparisons.cutoff_percentile",
            f"cutoff_percentile = {asked.cutoff_percentile:g} is none of the table moments",
            f"choose one of {', '.join(f'{each:g}' for each in known)}",
        )


def _check_entry(study: Study, choices: MelitzRedding, findings: Findings) -> None:
    """One of a stated change of entry and one from counts, which need consecutive years."""
    place = "welfare.melitz_redding.entry_change"
    if choices.entry_change is None and choices.entry_counts is None:
        cure = 'state entry_change, a number (0 is ACR\'s assumption), or entry_counts = "annual"'
        findings.add(place, "[welfare.melitz_redding] entry_change is missing", cure)
    if choices.entry_change is not None and choices.entry_counts is not None:
        cure = "keep one: a stated change of ln M^e, or that of counts of entrants"
        findings.add(place, "entry_change and entry_counts are both stated", cure)
    if choices.entry_counts is not None and not study.matching.annual:
        findings.add(
            "welfare.melitz_redding.entry_counts",
            "entrants between consecutive years are counted with matching.annual only",
            "set annual = true, or state entry_change",
        )


def _check_curves(study: Study, findings: Findings) -> None:
    curves = study.welfare.curves
    _check_rankings(study, findings)
    if curves is None:
        return
    if curves.elasticity_to <= curves.elasticity_from:
        findings.add(
            "welfare.curves.elasticity_to",
            "elasticity_to is not above elasticity_from",
            "give the smallest, then the largest value of the axis",
        )
    elif (curves.elasticity_to - curves.elasticity_from) / curves.elasticity_step > MOST_POINTS:
        findings.add(
            "welfare.curves.elasticity_step",
            f"elasticity_step makes more than {MOST_POINTS} points",
            "give a larger step",
        )


def _check_rankings(study: Study, findings: Findings) -> None:
    curves, given = study.welfare.curves, study.inputs.given().keys()
    own = [name for name in (curves.rank_by if curves else ()) if name not in RANKINGS]
    if "rankings" in given and not own:
        findings.add(
            "inputs.rankings",
            "only curves use the input rankings, and the study ranks by none of its variables",
            "name a variable in rank_by of [welfare.curves], or remove the input",
        )
    for name in curves.rank_by if curves else ():
        table = RANKINGS.get(name, "rankings")
        if table in given:
            continue
        guess = nearest(name, RANKINGS)
        meant = f"did you mean {guess}? " if guess and guess != name else ""
        findings.add(
            "welfare.curves.rank_by",
            f'rank_by has "{name}" but the study has no input {table}',
            f"{meant}give {table} under [inputs], or take it out of rank_by",
        )


def _check_size_fits(study: Study, findings: Findings) -> None:
    if study.size_fits:
        windows = [window.name for window in study.windows]
        _check_known("size_fits.window", study.size_fits.window, windows, findings)
        _check_fitted(study.size_fits.percentiles, "size_fits.percentiles", findings)


def _check_fitted(shares: Sequence[float] | None, place: str, findings: Findings) -> None:
    """Percentiles that a curve goes through, where they are stated."""
    if shares is None:
        return
    low, middle, high = shares if len(shares) == 3 else (0.0, 0.0, 0.0)
    if not (low < middle == 0.5 and Fraction(repr(low)) + Fraction(repr(high)) == 1):
        findings.add(
            place,
            "percentiles are not one half between two shares that are as far from it",
            "give three, such as [0.2, 0.5, 0.8]: the middle one is the median",
        )


def _repeats(words: Iterable[str]) -> list[tuple[str, int]]:
    return [(word, uses) for word, uses in Counter(words).items() if uses > 1]


def _check_publication(study: Study, findings: Findings) -> None:
    known = [each.publication for each in publications()]
    name = study.publication
    if name is not None and name not in known:
        guess = nearest(name, known)
        meant = f"did you mean {guess}? " if guess else ""
        findings.add(
            "study.publication",
            f"there are no published numbers of {name} to compare with",
            f"{meant}known are {', '.join(known)}; without publication nothing is compared",
        )


def _check_regressions(study: Study, findings: Findings) -> None:
    regressions = study.regressions
    if regressions is None:
        return
    windows = [window.name for window in study.windows]
    for key in ("exit_windows", "entry_windows"):
        for name in getattr(regressions, key):
            _check_known(f"regressions.{key}", name, windows, findings)
    for column in regressions.adoptions:
        if column not in study.census.extra_columns:
            findings.add(
                "regressions.adoptions",
                f"adoptions names {column}, which is not among the extra columns",
                f'add "{column}" to extra_columns in [census]',
            )
    _check_history(study, regressions, findings)
    _check_trend(study, regressions, findings)


def _check_trend(study: Study, regressions: Regressions, findings: Findings) -> None:
    """Keep a control for growth over no window, or over one that a regression's does not follow."""
    name, known = regressions.trend_window, {window.name: window for window in study.windows}
    if regressions.controls_trend and name is None:
        findings.add(
            "regressions",
            'controls have "earlier_growth" but [regressions] trend_window is missing',
            "state trend_window, the window whose growth is held constant",
        )
    if name is None:
        return
    _check_known("regressions.trend_window", name, known, findings)
    if not regressions.controls_trend:
        findings.add(
            "regressions.trend_window",
            "trend_window is stated but no regression controls for growth over it",
            'add "earlier_growth" to exit_controls, entry_controls or growth_controls',
        )
    is_told = len(known) == len(study.windows)  # a name that two windows have tells neither
    for key, window in _windows_with_trend(study, regressions) if is_told else ():
        if name in known and window in known and known[window].start < known[name].end:
            findings.add(
                f"regressions.{key}",
                f"{key} has {EARLIER_GROWTH}, and window {window} begins before {name} ends",
                f"explain only windows that begin after {name}, or take {EARLIER_GROWTH} away",
            )


def _windows_with_trend(study: Study, regressions: Regressions) -> Iterator[tuple[str, str]]:
    """Each list of controls with earlier growth, and every window that it is a control in."""
    effects = study.tariff_effects
    pooled = [effects.before] if effects and "windows" in (effects.exit_by or ()) else []
    exits = [effects.after, *pooled] if effects and effects.exit_by else []
    growing = [effects.after] if effects else []
    asked = {
        "exit_controls": (regressions.exit_controls or (), [*regressions.exit_windows, *exits]),
        "entry_controls": (regressions.entry_controls, regressions.entry_windows),
        "growth_controls": (regressions.growth_controls, [*regressions.entry_windows, *growing]),
    }
    for key, (controls, windows) in asked.items():
        if EARLIER_GROWTH in controls:
            yield from ((key, window) for window in dict.fromkeys(windows))


def _check_history(study: Study, regressions: Regressions, findings: Findings) -> None:
    """Refuse a sample of never-exporters that moves with the years that a run happens to read."""
    known = {window.name: window for window in study.windows}
    starts = sorted({known[n].start for n in regressions.entry_windows if n in known})
    for start in starts if regressions.history_from else ():
        if start not in regressions.history_from:
            findings.add(
                "regressions.history_from",
                f"history_from has no {start}, the first year of a window with export entry",
                f"add {start}: who exports then does not start to afterwards",
            )


def _check_uncertainty(study: Study, findings: Findings) -> None:
    stated = study.uncertainty
    if stated and stated.unit == "enterprise" and not study.census.has("enterprise_id"):
        findings.add(
            "uncertainty.unit",
            "units are enterprises, and the census has no enterprise_id",
            'map enterprise_id under [census.columns], or state unit = "establishment"',
        )


def _check_industry_controls(study: Study, findings: Findings) -> None:
    names = study.tariff_effects.industry_controls if study.tariff_effects else None
    if (names is None) == (study.inputs.industry_controls is None):
        return
    if names is None:
        findings.add(
            "inputs.industry_controls",
            "only [tariff_effects] uses the input industry_controls, and it names no variable",
            "state industry_controls there: the variables that are held constant",
        )
    else:
        findings.add(
            "tariff_effects.industry_controls",
            "industry_controls names variables but the study has no such input",
            "give industry_controls under [inputs], or remove the key",
        )


def _check_tariff_effects(study: Study, findings: Findings) -> None:
    asked = study.tariff_effects
    _check_industry_controls(study, findings)
    if asked is None:
        return
    if asked.deepest is not None and (asked.outcomes is None or "home" not in asked.kinds):
        findings.add(
            "tariff_effects.deepest",
            "deepest is a share of industries by home cuts, for outcomes: one of both is missing",
            'state outcomes, and "home" among kinds, or remove deepest',
        )
    windows = {window.name: window for window in study.windows}
    for key in ("before", "after"):
        _check_known(f"tariff_effects.{key}", getattr(asked, key), windows, findings)
    if study.regressions is None:
        findings.add(
            "tariff_effects",
            "[tariff_effects] needs [regressions], whose controls and errors it takes",
            "add [regressions], or remove [tariff_effects]",
        )
    known = (
        asked.before in windows and asked.after in windows and len(windows) == len(study.windows)
    )
    if known and windows[asked.before].end > windows[asked.after].start:
        findings.add(
            "tariff_effects.before",
            f"window {asked.before} ends after {asked.after} has begun",
            "before is the window whose pace the later one is compared with",
        )
