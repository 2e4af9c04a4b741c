"""What tariff cuts did to productivity, from rows: over industries, establishments and in sum."""

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from reference.distributions import Prices
from reference.estimates import Probit, linear_model
from reference.matching import present
from reference.regressions import (
    GROWTH,
    RELATIVE,
    SIZE,
    CutCounts,
    Regressing,
    Sample,
    arrays,
    blurred,
    cut_of,
    few,
    inferred,
    with_cuts,
)
from reference.rows import Row, parts_of

ACCELERATION, EXPORTER_GROWTH = "productivity_acceleration", "exporter_productivity_growth"
Found = dict[str, Any]


def list_tariff_effects(
    run: Regressing, tables: dict[str, list[Found]], prices: Prices
) -> list[Found]:
    """Rows of `tariff_effects`; `tables` has the rows of `regressions` and `export_entry`."""
    asked = run.study.tariff_effects
    if asked is None:
        return []
    window = run.study.window(asked.after)
    rows = of_industries(run, prices) + of_establishments(run)
    rows += exits_by(run)
    rows += less_plant(rows)
    rows += new_exporters(run, tables)
    rows += composition(tables, window)
    return [{"window": window.name, **tested(run, row)} for row in rows]


def tested(run: Regressing, row: Found) -> Found:
    """The row with the test that its effect is 0, and its interval, where errors are stated."""
    row, degrees = dict(row), row["degrees_of_freedom"]
    del row["degrees_of_freedom"]
    fit = Probit(degrees=degrees)
    told = inferred(run, "", row["effect"], row["standard_error"], fit)
    told.pop("variance", None)
    blur = getattr(row["effect"], "blur", 0.0)
    told |= {n: blurred(told[n], blur) for n in ("p_value", "ci_low", "ci_high") if n in told}
    note = "; ".join((row["note"], few(run, row["clusters"])))
    return {**row, **told, "note": note}


def effect(result: str, unit: str, kind: str, value: Any, error: Any, **columns: Any) -> Found:
    """A row of an effect and its error, both in percent."""
    share = columns.get("output_share")
    blank = dict.fromkeys(
        (
            *("slope", "slope_standard_error", "mean_cut", "output_share", "clusters"),
            *("own_cuts", "industry_cuts", "without_cut", "accounting", "degrees_of_freedom"),
        )
    )
    return {
        "result": result,
        "unit": unit,
        "kind": kind,
        "outcome": "log_productivity",
        "effect": value,
        "standard_error": error,
        "contribution": None if None in (value, share) else value * share,
        "contribution_standard_error": None if None in (error, share) else error * share,
        "observations": 0,
        "weights": "unweighted",
        "note": "",
        **blank,
        **columns,
    }


def sloped(value: Any, error: Any, mean: float | None) -> Found:
    """Columns of a slope, and its effect."""
    known = None not in (value, mean)
    return {
        "slope": value,
        "slope_standard_error": error,
        "mean_cut": mean,
        "value": 100.0 * value * mean if known else None,
        "error": None if not known or error is None else abs(100.0 * error * mean),
    }


def of_industries(run: Regressing, prices: Prices) -> list[Found]:
    """The double difference over industries, by weighted least squares with HC3 errors."""
    asked = run.study.tariff_effects
    before, after = run.study.window(asked.before), run.study.window(asked.after)
    kinds = [kind for kind in ("home", "foreign") if kind in asked.kinds]
    pace = (after.end - after.start) / (before.end - before.start)
    ends = (before.start, before.end, after.start, after.end)
    by_code: dict[Any, list[Row]] = defaultdict(list)
    for row in run.rows:
        if row.year in ends:
            for code, part in parts_of(row, row.counted):
                by_code[code, row.year].append(part)
    found = []
    for outcome in (None, *(asked.outcomes or ())):
        y, x, w, s, g = [], [], [], [], []
        for code in sorted({code for code, _ in by_code if code}):
            of_years = [by_code.get((code, year), []) for year in ends]
            logs = [
                level(rows, run, prices, (code, year), outcome)
                for rows, year in zip(of_years, ends, strict=True)
            ]
            cuts = [industry_cut(run, code, kind) for kind in kinds]
            held = [
                [control_of(run, name, code, year) for year in ends]
                for name in asked.industry_controls or ()
            ]
            if None in logs or None in cuts or any(None in values for values in held):
                continue
            first = by_code[code, after.start]
            sizes = {
                "employment": sum(r.weight for r in first),
                "sales": sum(r.sales for r in first),
                "establishments": len(first),
                "unweighted": 1,
            }
            weight = sizes[asked.industry_weights]
            if weight > 0:
                y.append(logs[3] - logs[2] - pace * (logs[1] - logs[0]))
                x.append([1.0, *cuts, *(v[3] - v[2] - pace * (v[1] - v[0]) for v in held)])
                w.append(float(weight))
                g.append(code[: run.study.census.industry_group_digits])
                own = outcome if outcome in ("employment", "establishments") else "sales"
                s.append(float(sizes[own]))
        fit = fitted(y, x, w)
        if asked.industry_errors == "cv3":
            fit = left_out(fit, (y, x, w), g)
        named = (asked.industry_errors or "hc3", len(set(g)) or None)
        rows = in_rows(kinds, fit, (x, s), asked.industry_weights, named)
        if outcome is not None:
            found += [of_outcome(row, outcome) for row in rows]
            found += [
                of_outcome(row, f"{outcome}_deepest") for row in deepest(run, fit, x, s, named)
            ]
        else:
            found += rows
    return found


def exits_by(run: Regressing) -> list[Found]:
    """Exit on the cuts, of all and by group, and in both windows together, over its mean rate."""
    asked, kinds = run.study.tariff_effects, run.kinds(run.choices.exit_cuts)
    if not asked.exit_by or not kinds:
        return []
    has_exports = run.study.census.has("exports")
    before, after = run.study.window(asked.before), run.study.window(asked.after)
    found, errors = [], run.choices.chosen_errors.exit_linear
    sample = exit_sample(run, after, kinds)
    quartiles = run.productivity.quartiles()
    samples = {"exit": sample} if "all" in asked.exit_by else {}
    if "exporting" in asked.exit_by and has_exports:
        for name, value in (("exporters", 1.0), ("nonexporters", 0.0)):
            samples[f"exit_{name}"] = [each for each in sample if each["exporter"] == value]
    if "quartiles" in asked.exit_by:
        for number in (1, 2, 3, 4):
            name = f"exit_quartile_{number}"
            samples[name] = [each for each in sample if quartiles[each["row"]] == number]
    terms = [RELATIVE, SIZE, *(["exporter"] if has_exports else [])]
    terms += run.choices.exit_controls or ()
    for result, members in samples.items():
        found += exit_rows_of(run, result, members, (terms, kinds, {}, errors))
    if "windows" in asked.exit_by:
        both = [*exit_sample(run, before, kinds), *sample]
        start = after.start
        for each in both:
            each["later"] = float(each["row"].year == start)
            for kind in kinds:
                cut = each[cut_of(kind)]
                each[f"later {kind}"] = None if cut is None else cut * each["later"]
        later = {kind: f"later {kind}" for kind in kinds}
        named = ([*terms, "later", *later.values()], kinds, later, "establishment")
        if any(each["later"] for each in with_cuts(both, kinds)):
            found += exit_rows_of(run, "exit_pooled", both, named)
    return found


def exit_sample(run: Regressing, window: Any, kinds: Sequence[str]) -> Sample:
    """Who is there in the window's first year, whether it exits, and its cuts."""
    staying = present(run.rows, window.end)
    sample = run.sample(run.measured([window.start]), window.start)
    for each in sample:
        each["exit"] = float(each["row"].establishment_id not in staying)
    run.add_cuts(sample, window, kinds)
    return run.with_trend(sample, *(run.choices.exit_controls or ()))


def exit_rows_of(run: Regressing, result: str, sample: Sample, named: Any) -> list[Found]:
    """A row per kind; of pooled windows mean cut, rate and counts are those of the later one."""
    terms, kinds, term_of, errors = named
    of_whom = [each for each in sample if each.get("later", 1.0)] if term_of else sample
    counts, inside = CutCounts(of_whom, kinds), with_cuts(sample, kinds)
    if not inside:
        return []
    told = with_cuts(of_whom, kinds)
    regressors = (*terms, *map(cut_of, kinds))
    fit = linear_model(
        arrays(inside, ("exit", *regressors)),
        "exit",
        regressors,
        [each["row"].industry for each in inside],
        clusters=run.clusters(inside, errors, kinds),
        is_nested=run.is_nested("industry4", errors),
        leaves_out=run.leaves_out(errors),
        shares=run.shares(inside, errors, kinds),
    )
    rate = sum(each["exit"] for each in told) / len(told) if told else None
    found = []
    for kind in kinds:
        term = term_of.get(kind, cut_of(kind))
        mean = math.fsum(each[cut_of(kind)] for each in told) / len(told) if told else None
        value, error = fit.estimates.get(term, (None, None))
        shown = sloped(value, error, mean)
        sizes = [shown.pop("value"), shown.pop("error")]
        over = [None if each is None or not rate else each / rate for each in sizes]
        row = effect(
            result, "establishment", kind, *over, **shown, outcome="exit", errors=errors,
            observations=fit.rows, clusters=fit.shocks.get(term, fit.clusters),
            degrees_of_freedom=None if term in fit.shocks else fit.degrees,
            **counts.beside(cut_of(kind)),
        )  # fmt: skip
        numbers = ("slope", "slope_standard_error", "effect", "standard_error")
        row |= {name: blurred(row[name], fit.blur) for name in numbers}
        row["note"] = "; ".join((fit.problem, fit.why.get(term, "")))
        found.append(row)
    return found


def of_outcome(row: Found, result: str) -> Found:
    """The row of a further outcome, which is no part of the growth of productivity."""
    outcome = f"log_{result.removesuffix('_deepest')}"
    none = dict.fromkeys(("output_share", "contribution", "contribution_standard_error"))
    return row | none | {"result": result, "outcome": outcome, "accounting": None}


def deepest(run: Regressing, fit: Any, x: Any, s: Any, named: Any) -> list[Found]:
    """The same slopes, with the mean cuts of the industries whose home cuts are deepest."""
    asked = run.study.tariff_effects
    kinds = [kind for kind in ("home", "foreign") if kind in asked.kinds]
    if asked.deepest is None or "home" not in kinds:
        return []
    ranked = sorted(row[1] for row in x)[::-1]
    last = ranked[max(1, math.floor(asked.deepest * len(x) + 0.5)) - 1] if ranked else 0.0
    kept = [i for i, row in enumerate(x) if row[1] >= last]
    picked = [x[i] for i in kept], [s[i] for i in kept]
    rows = in_rows(kinds, fit, picked, asked.industry_weights, named)
    return [{**row, "observations": len(x)} for row in rows]


def control_of(run: Regressing, name: str, code: str, year: int) -> float | None:
    """A control's value of an industry, whose code begins with one of the table, in a year."""
    return next(
        (
            row["value"]
            for row in run.controls
            if (row["variable"], row["year"]) == (name, year) and code.startswith(row["industry"])
        ),
        None,
    )


def left_out(fit: Any, data: Any, groups: list[str]) -> Any:
    """The fit with the covariance of leaving out each group of industries."""
    if fit is None:
        return None
    names, moved = sorted(set(groups)), []
    for name in names:
        kept = [i for i, group in enumerate(groups) if group != name]
        without = fitted(*([each[i] for i in kept] for each in data), spare=0)
        if without is None:
            return fit[0], None, len(names) - 1
        moved.append(without[0] - fit[0])
    if len(names) < 2:
        return fit[0], None, len(names) - 1
    covariance = (len(names) - 1) / len(names) * sum(np.outer(m, m) for m in moved)
    return fit[0], covariance, len(names) - 1


def in_rows(kinds: Sequence[str], fit: Any, found: Any, weights: str, named: Any) -> list[Found]:
    """A row per kind, and one of both; `named` are errors and how many groups they are of."""
    (x, s), (errors, groups) = found, named
    shared = {"errors": errors, "weights": weights, "output_share": 1.0, "observations": len(s)}
    shared["degrees_of_freedom"] = None if fit is None else fit[2]
    shared["clusters"] = groups if errors == "cv3" else None
    rows, means = [], []
    for place, kind in enumerate(kinds, start=1):
        mean = sum(a * b[place] for a, b in zip(s, x, strict=True)) / sum(s) if sum(s) else None
        value = error = None
        if fit is not None:
            value = fit[0][place]
            error = None if fit[1] is None else math.sqrt(fit[1][place, place])
        told = sloped(value, error, mean)
        means.append(0.0 if mean is None else 100.0 * mean)
        rows.append(
            effect(
                "double_difference", "industry", kind, told.pop("value"), told.pop("error"),
                **shared, **told, accounting="selection" if kind == "home" else None,
            )
        )  # fmt: skip
    if len(kinds) == 2:
        value = error = None
        if fit is not None:
            c = np.array([0.0, *means])
            value = float(c @ fit[0])
            error = None if fit[1] is None else math.sqrt(max(c @ fit[1] @ c, 0.0))
        both = effect("double_difference", "industry", "home_and_foreign", value, error, **shared)
        rows.append(both)
    return rows


def fitted(y: Any, x: Any, w: Any, spare: int = 1) -> Any:
    """Coefficients and their HC3 covariance; None where there are too few rows, or no rank."""
    if len(y) < len(x[0] if x else ()) + spare or not x:
        return None
    y, x, w = (np.array(each, dtype=float) for each in (y, x, w))
    root = np.sqrt(w)[:, None]
    scaled = x * root
    if np.linalg.matrix_rank(scaled / np.linalg.norm(scaled, axis=0), tol=1e-5) < x.shape[1]:
        return None
    bread = np.linalg.inv(scaled.T @ scaled)
    beta = bread @ scaled.T @ (y * root[:, 0])
    leverage = np.einsum("ij,jk,ik->i", scaled, bread, scaled)
    if (1.0 - leverage).min() < 1e-9:
        return beta, None, len(y) - x.shape[1]
    residual = (y - x @ beta) * root[:, 0] / (1.0 - leverage)
    meat = (scaled * residual[:, None]).T @ (scaled * residual[:, None])
    return beta, bread @ meat @ bread, len(y) - x.shape[1]


def level(
    rows: list[Row],
    run: Regressing,
    prices: Prices,
    at: tuple[str, int],
    outcome: str | None = None,
) -> float | None:
    """Log of an industry's real output per job in a year, or of another outcome."""
    jobs = sum(row.weight for row in rows)
    if outcome == "employment":
        return math.log(jobs) if jobs > 0 else None
    if outcome == "establishments":
        return math.log(len(rows)) if rows else None
    if outcome == "output":
        jobs = 1
    output = sum(getattr(row, run.study.productivity.numerator) for row in rows)
    deflator = prices.log(at[1], at[0])
    if jobs <= 0 or output <= 0 or deflator is None:
        return None
    return math.log(output / jobs) - deflator


def industry_cut(run: Regressing, code: str, kind: str) -> float | None:
    """The industry's cut over the window after, or per year of it."""
    cuts = run.cuts.industry[kind]
    found = [cuts[code[:n]] for n in range(1, len(code) + 1) if code[:n] in cuts]
    window = run.study.window(run.study.tariff_effects.after)
    years = window.end - window.start if run.study.tariffs.per == "year" else 1
    return found[0] / years if found else None


def growth_sample(run: Regressing) -> Sample:
    """Who has productivity at both ends of the later window, with growth and acceleration."""
    asked = run.study.tariff_effects
    before, after = run.study.window(asked.before), run.study.window(asked.after)
    levels = {
        (row.establishment_id, row.year): value for row, value in run.productivity.of_row.items()
    }
    pace = (after.end - after.start) / (before.end - before.start)
    rows = [
        row for row in run.measured([after.start]) if (row.establishment_id, after.end) in levels
    ]
    sample = run.sample(rows, after.start)
    for each in sample:
        name = each["row"].establishment_id
        each[GROWTH] = levels[name, after.end] - each["log_productivity"]
        early = [levels.get((name, year)) for year in (before.start, before.end)]
        each[ACCELERATION] = None if None in early else each[GROWTH] - pace * (early[1] - early[0])
        each[EXPORTER_GROWTH] = each[GROWTH] if each["row"].exporter else None
    run.add_cuts(sample, after, asked.kinds)
    return sample


def of_establishments(run: Regressing) -> list[Found]:
    """The double difference, growth of exporters and growth by cuts of inputs."""
    asked, choices = run.study.tariff_effects, run.choices
    if not run.cuts.known:
        return []
    sample = growth_sample(run)
    both = tuple(kind for kind in ("home", "foreign") if kind in asked.kinds)
    found = slopes(run, sample, ("double_difference", ACCELERATION), both, ((), "none"))
    if "foreign" in asked.kinds and run.study.census.has("exports"):
        named = ("existing_exporters", EXPORTER_GROWTH)
        options = (choices.growth_controls, choices.growth_effects)
        found += slopes(run, sample, named, ("foreign",), options)
    if "input" in asked.kinds:
        named = ("intermediate_inputs", GROWTH)
        options = (choices.growth_controls, "none")
        rows = slopes(run, sample, named, ("input", *both), options)
        found += [row for row in rows if row["kind"] == "input"]
    return found


def slopes(
    run: Regressing, sample: Sample, named: Any, kinds: Sequence[str], options: Any
) -> list[Found]:
    """Rows of one result."""
    (result, outcome), (controls, effects) = named, options
    asked = run.study.tariff_effects
    inside = [each for each in sample if each[outcome] is not None]
    inside = run.with_trend(inside, *controls)
    counts, inside = CutCounts(inside, kinds), with_cuts(inside, kinds)
    terms = (*map(cut_of, kinds), *controls)
    fit = None
    if inside and kinds:
        rows = [each["row"] for each in inside]
        fit = linear_model(
            arrays(inside, (outcome, *terms)),
            outcome,
            terms,
            [run.group(row, effects) for row in rows],
            clusters=run.clusters(inside, asked.clusters, run.kinds(asked.kinds)),
            is_nested=run.is_nested(effects, asked.clusters),
            leaves_out=run.leaves_out(asked.clusters),
            shares=run.shares(inside, asked.clusters, kinds),
        )
    found = []
    for kind in kinds:
        total = sum(each["row"].sales for each in inside)
        weighted = math.fsum(each["row"].sales * each[cut_of(kind)] for each in inside)
        mean = weighted / total if total else None
        value, error = fit.estimates.get(cut_of(kind), (None, None)) if fit else (None, None)
        told = sloped(value, error, mean)
        is_double = result == "double_difference"
        row = effect(
            result, "establishment", kind, told.pop("value"), told.pop("error"), **told,
            outcome=outcome, errors=asked.clusters, output_share=share_of(run, result),
            observations=fit.rows if fit and (value is not None or fit.estimates) else 0,
            clusters=fit.shocks.get(cut_of(kind), fit.clusters) if fit else None,
            degrees_of_freedom=fit.degrees if fit and cut_of(kind) not in fit.shocks else None,
            accounting=None if is_double else result,
            **counts.beside(cut_of(kind)),
        )  # fmt: skip
        numbers = ("slope", "slope_standard_error", "effect", "standard_error", "contribution",
                   "contribution_standard_error")  # fmt: skip
        row |= {name: blurred(row[name], fit.blur) for name in numbers} if fit else {}
        row["note"] = (
            "; ".join((fit.problem, fit.told, fit.why.get(cut_of(kind), ""))) if fit else ""
        )
        found.append(row)
    return found


def share_of(run: Regressing, result: str) -> float | None:
    """Output that an effect reaches: all, or that of the first year's exporters."""
    if result != "existing_exporters":
        return 1.0
    window = run.study.window(run.study.tariff_effects.after)
    rows = [row for row in run.rows if row.year == window.start]
    total = sum(row.sales for row in rows)
    return sum(row.sales for row in rows if row.exporter) / total if total else None


def less_plant(rows: list[Found]) -> list[Found]:
    """The effect over industries less that within establishments, by kind."""
    named = {(r["unit"], r["kind"]): r for r in rows if r["result"] == "double_difference"}
    found = []
    for kind in ("home", "foreign"):
        if ("industry", kind) in named and ("establishment", kind) in named:
            pair = [named[unit, kind] for unit in ("industry", "establishment")]
            effects = [row["effect"] for row in pair]
            spreads = [row["standard_error"] for row in pair]
            value = None if None in effects else effects[0] - effects[1]
            error = None if None in spreads else math.hypot(*spreads)
            errors = pair[0]["errors"]
            found.append(
                effect("industry_less_plant", "industry", kind, value, error, errors=errors)
            )
            blur = getattr(effects[1], "blur", 0.0)
            for name in ("effect", "standard_error"):
                found[-1][name] = blurred(found[-1][name], blur)
    return found


def new_exporters(run: Regressing, tables: dict[str, list[Found]]) -> list[Found]:
    """The two-stage effect of starting to export, times the output of starters."""
    after = run.study.tariff_effects.after
    kind = (run.choices.growth_cuts or ("foreign",))[0]
    found = []
    for row in tables["regressions"]:
        named = (row["window"], row["model"], row["sample"], row["term"], row["outcome"])
        if named == (after, "two_stage", "all", "export_start", GROWTH):
            share = next(
                r["starter_output_share"] for r in tables["export_entry"]
                if r["window"] == after and r["quartile"] is None
            )  # fmt: skip
            value, error = row["coefficient"], row["standard_error"]
            found.append(
                effect(
                    "new_exporters", "establishment", kind,
                    None if value is None else 100.0 * value,
                    None if error is None else 100.0 * error,
                    errors=row["errors"], output_share=share,
                    degrees_of_freedom=row.get("degrees_of_freedom"),
                    observations=row["observations"], accounting="new_exporters",
                )
            )  # fmt: skip
            for name in ("effect", "standard_error", "contribution",
                         "contribution_standard_error"):  # fmt: skip
                found[-1][name] = blurred(found[-1][name], getattr(value, "blur", 0.0))
    return found


def composition(tables: dict[str, list[Found]], window: Any) -> list[Found]:
    """Output that the cut moves to exporters, times the premium weighted by employment."""
    probits = [row for row in tables["regressions"] if row["model"] == "entry_probit"]
    rule = next((r["errors"] for r in probits if r["window"] == window.name), "information")
    quartiles = [
        row
        for row in tables["export_entry"]
        if row["window"] == window.name and row["quartile"] is not None
    ]
    premium = [
        row
        for row in tables["regressions"]
        if (row["model"], row["weighting"], row["term"])
        == ("exporter_premium", "employment", "exporter")
    ]
    if not quartiles or not premium:
        return []
    beta, spread = premium[0]["coefficient"], premium[0]["standard_error"]
    due = [row["probability_due_to_cut"] for row in quartiles]
    errors = [row["probability_standard_error"] for row in quartiles]
    shares = [row["output_share"] for row in quartiles]
    value = error = None
    if None not in (*due, *errors, *shares, beta, spread):
        moved = sum(a * b for a, b in zip(due, shares, strict=True))
        own = math.hypot(*(a * b for a, b in zip(errors, shares, strict=True)))
        value, error = 100.0 * moved * beta, 100.0 * math.hypot(own * beta, moved * spread)
    return [
        effect(
            "export_composition", "establishment", quartiles[0]["cut"] or "foreign", value, error,
            errors=rule, output_share=1.0, accounting="export_composition",
            observations=sum(row["probit_establishments"] for row in quartiles),
        )
    ]  # fmt: skip
