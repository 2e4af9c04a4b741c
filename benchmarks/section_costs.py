"""What each section of the full study costs: its runs with the section, and without it.

    python benchmarks/section_costs.py [--rounds 3] [--engine embedded] [--establishments 35000]
                                       [--only regressions,uncertainty]

In each round the whole study, as it is shipped, runs once and then the study of every section: the
whole one without it or, of a section that is not shipped, with it. Steps run side by side, so their
seconds do not add up to the run's and do not say what would be saved; these differences do. CPU
seconds are less disturbed by other work than seconds. What is measured is recorded in
benchmarks/measured/section_costs.json.
"""

import argparse
import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from full_run import ESTABLISHMENTS, Build, Timed, study_of, timed
from run import ROOT
from section_table import WHOLE, section_table

MEASURED = Path(__file__).with_name("measured") / "section_costs.json"

SHIPPED = {
    "job_flows": (),
    "dispersion": (),
    "joint_distribution": (),
    "populations": (),
    "welfare.melitz_redding": (),
    "welfare.curves": (),
    "restrictions": (),
    "decomposition": (),
    "size_fits": (),
    "intra_industry_trade": ("product_trade",),
    "tariff_effects": ("input_output", "input_sources"),
    "regressions": ("plant_products", "product_tariffs", "input_output", "input_sources"),
}
"""Sections that a study may do without, and the keys of others that it then may not have."""

FOLLOWING = {
    "tariff_effects": ("accounting", "regressions.errors"),  # whose "cv3" is for its clusters
    "regressions": ("tariff_effects", "accounting"),
}
"""Sections that a study may not have without another."""

ADDED = {
    "uncertainty": """
[uncertainty]
groups = 100
level = 0.95
unit = "establishment"
salt = "measured"
most_undefined = 0.05
""",
}
"""Sections that the shipped study does not have."""

_HEADING = re.compile(r"\[+([\w.]+)\]+")


def main() -> int:
    """Run in turn, print, record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engine", default="embedded")
    parser.add_argument("--establishments", type=int, default=ESTABLISHMENTS, help="a year")
    parser.add_argument("--only", default=",".join((*SHIPPED, *ADDED)), metavar="SECTION,...")
    chosen = parser.parse_args()
    study, sections = study_of(chosen.establishments), chosen.only.split(",")
    shipped = (ROOT / "conf" / "studies" / study.name).read_text(encoding="utf-8")
    texts = {WHOLE: shipped} | {each: changed(shipped, each) for each in sections}
    runs: dict[str, list[Timed]] = {name: [] for name in texts}
    for _ in range(chosen.rounds):
        for name, text in texts.items():
            build = replace(Build(name, ROOT), text=text)
            runs[name].append(timed(build, study, chosen.engine, reports=False))
    record(chosen.engine, chosen.establishments, runs)
    print("\n".join(section_table(_read())))
    return 0


def changed(text: str, section: str) -> str:
    """A study without a section that it has, or with one that it has not.

    Example:
        >>> text = "[inputs]\\nproduct_trade = 'a'\\n[intra_industry_trade]\\nlevels = [2]\\n"
        >>> changed(text, "intra_industry_trade")
        '[inputs]\\n'
    """
    if section in ADDED:
        return text + ADDED[section]
    gone = tuple(f"{each}." for each in (section, *FOLLOWING.get(section, ())))
    kept, is_in = [], False
    for line in text.splitlines(keepends=True):
        if heading := _HEADING.match(line):
            is_in = f"{heading[1]}.".startswith(gone)
        if not is_in and line.split("=")[0].strip() not in SHIPPED[section]:
            kept.append(line)
    return "".join(kept)


def record(engine: str, establishments: int, runs: dict[str, list[Timed]]) -> None:
    """Keep what was measured, beside other engines."""
    known = _read()
    measured = {name: [vars(each) for each in found] for name, found in runs.items()}
    added = [name for name in runs if name in ADDED]
    of = f"{engine}, {establishments:,} establishments a year"
    known[of] = {"added": added, "runs": measured}
    MEASURED.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n", encoding="utf-8")


def _read() -> dict[str, Any]:
    return dict(json.loads(MEASURED.read_text(encoding="utf-8"))) if MEASURED.exists() else {}


if __name__ == "__main__":
    sys.exit(main())
