"""Small economies with a study of them, to be run, released and attacked as a folder."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq

from intruder.unsafe import Thresholds

FIRST, LAST = 1990, 1993
WINDOWS = {"early": (1990, 1992), "late": (1991, 1993)}
RESTRICTIONS = {
    "nonexporting": "exports = 0",
    "small": "employment < 30",
    "tiny": "employment < 12",
}
POPULATIONS = {
    "large": "employment >= 25",
    "larger": "employment >= 28",
    "sells_home": "domestic_sales > exports",
}
CHANGES_OF_ONE = ("amount", "industry", "gone")


@dataclass(frozen=True)
class Row:
    """An establishment in a year; amounts in units of the census's own."""

    industry: str
    enterprise: str | None
    jobs: int
    sales: int
    exports: int

    @property
    def home(self) -> int:
        return self.sales - self.exports


@dataclass(frozen=True)
class Economy:
    """A census, and what a study asks of it.

    Attributes:
        rows: By establishment and year.
        imports: By industry and year; empty where imports are the census's own exports.
        continuing: The rules for who continues.
        restrictions: Names of `RESTRICTIONS`.
        levels: Of market shares and welfare.
        annual: Whether consecutive years are matched as well.
        curves: Whether figures 3 to 5 are made.
        described: Levels at which productivity is described.
        populations: Names of `POPULATIONS`.
        groups: Of enterprises, each left out in turn; 0: numbers have no errors.
    """

    rows: Mapping[tuple[str, int], Row]
    imports: Mapping[tuple[str, int], int]
    continuing: tuple[str, ...]
    restrictions: tuple[str, ...]
    levels: tuple[str, ...]
    annual: bool
    curves: bool = False
    described: tuple[str, ...] = ("total",)
    populations: tuple[str, ...] = ()
    groups: int = 0

    @property
    def industries(self) -> list[str]:
        return sorted({row.industry for row in self.rows.values()})

    def contributor(self, name: str, year: int) -> str:
        """The enterprise, or the establishment itself where none is named."""
        return self.rows[name, year].enterprise or f"establishment {name}"


def draw_economy(random: Random) -> Economy:
    """Some groups of industries, a few of which are small, dominated or of one enterprise."""
    industries = [
        f"{group}{number:02d}" for group in range(11, 11 + random.randint(2, 3))
        for number in range(1, 1 + random.randint(1, 3))
    ]  # fmt: skip
    rows: dict[tuple[str, int], Row] = {}
    for industry in industries:
        for number in range(random.choice((2, 6, 14, 30, 45, 60))):
            rows |= _establishment(f"{industry}-{number}", industry, industries, random)
    tabled = random.random() < 0.5
    imports = {
        (industry, year): random.randint(100, 5000)
        for industry in industries
        for year in range(FIRST, LAST + 1)
    }
    stricter = random.sample(["domestic_both_ends", "every_year"], random.randint(0, 2))
    return Economy(
        rows,
        imports if tabled else {},
        ("both_ends", *stricter),
        tuple(random.sample(sorted(RESTRICTIONS), random.randint(0, 3))),
        random.choice((("total",), ("total", "industry2"))),
        annual=random.random() < 0.5,
        curves=random.random() < 0.5,
        described=("total", *random.choice(((), ("industry2",), ("industry4",)))),
        populations=tuple(random.sample(sorted(POPULATIONS), random.randint(0, 2))),
    )


def corrected(economy: Economy, random: Random) -> Economy:
    """The same census after the correction of one establishment."""
    rows = dict(economy.rows)
    name = random.choice(sorted({one for one, _ in rows}))
    change = random.choice(CHANGES_OF_ONE)
    for key in [key for key in rows if key[0] == name]:
        row = rows.pop(key)
        if change == "amount":
            rows[key] = replace(row, jobs=row.jobs + 1, sales=row.sales + random.randint(1, 90))
        elif change == "industry":
            rows[key] = replace(row, industry=random.choice(economy.industries))
    return replace(economy, rows=rows)


def _establishment(
    name: str, industry: str, industries: list[str], random: Random
) -> dict[tuple[str, int], Row]:
    """Its rows: it may come, go, pause, or change its industry."""
    jobs = max(1, int(random.lognormvariate(2.5, 1.0)))
    exports = random.random() < 0.4
    years = [year for year in range(FIRST, LAST + 1) if random.random() < 0.9]
    enterprise = random.choice((None, None, name, name, f"group {random.randint(1, 6)}"))
    rows = {}
    for year in years:
        jobs = max(1, int(jobs * random.uniform(0.8, 1.3)))
        sales = jobs * random.randint(20, 200) * (20 if random.random() < 0.01 else 1)
        if random.random() < 0.01:  # without productivity, but there
            sales = 0
        sold = int(sales * random.random()) if exports and random.random() < 0.9 else 0
        home = industry if random.random() < 0.97 else random.choice(industries)
        rows[name, year] = Row(home, enterprise, jobs, sales, sold)
    return rows


# --- files ---


def write_economy(folder: Path, economy: Economy) -> Path:
    """Write the census, the imports and the study; the path of the study."""
    for year in range(FIRST, LAST + 1):
        of_year = [(name, row) for (name, y), row in economy.rows.items() if y == year]
        path = folder / "census" / f"year={year}" / "part.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        columns = {
            "id": [name for name, _ in of_year],
            "sic": [row.industry for _, row in of_year],
            "firm": pa.array([row.enterprise for _, row in of_year], pa.string()),
            "jobs": [float(row.jobs) for _, row in of_year],
            "sales": [float(row.sales) for _, row in of_year],
            "exported": [float(row.exports) for _, row in of_year],
        }
        pq.write_table(pa.table(columns), path)
    _write_csv(folder / "imports.csv", "industry,year,value",
               [f"{i},{y},{value}" for (i, y), value in economy.imports.items()])  # fmt: skip
    groups = sorted({industry[:2] for industry in economy.industries})
    _write_csv(folder / "rankings.csv", "industry,variable,value",
               [f"{group},place,{place}" for place, group in enumerate(groups)])  # fmt: skip
    path = folder / "study.toml"
    path.write_text(_study(economy), encoding="utf-8")
    return path


def rules_text(thresholds: Thresholds, *, counts: object = 0, values: int = 0) -> str:
    """The thresholds as a file of rules."""
    limit = "withhold" if thresholds.at_limit else "release"
    return f"""
[profile]
name = "drawn"
purpose = "Thresholds of an attack"
[contributors]
least = {thresholds.least}
[dominance]
largest = {thresholds.largest}
percent = {thresholds.share}
at_limit = "{limit}"
[prior_posterior]
percent = {thresholds.margin}
[groups]
zeros = "release"
full = "release"
[differences]
least = {thresholds.least}
[positions]
rule = "bins"
least = {thresholds.least}
[shapes]
degrees_of_freedom = 10
[models]
degrees_of_freedom = 10
explained_percent = 90.0
[rounding]
counts = {counts if isinstance(counts, int) else f'"{counts}"'}
values = {values}
"""


def _write_csv(path: Path, header: str, lines: Iterable[str]) -> None:
    path.write_text("\n".join([header, *lines, ""]), encoding="utf-8")


def _list(values: Iterable[str]) -> str:
    return "[" + ", ".join(f'"{value}"' for value in values) + "]"


def _study(economy: Economy) -> str:
    tabled = bool(economy.imports)
    windows = "\n".join(
        f'[[windows]]\nname = "{name}"\nstart = {start}\nend = {end}'
        for name, (start, end) in WINDOWS.items()
    )
    restrictions = "\n".join(
        f'[[restrictions]]\nname = "{name}"\nwhere = "{RESTRICTIONS[name]}"\ntitle = "{name}"'
        for name in economy.restrictions
    )
    populations = "\n".join(
        f'[[populations]]\nname = "{name}"\nwhere = "{POPULATIONS[name]}"\ntitle = "{name}"'
        for name in economy.populations
    )
    curves = """
[welfare.curves]
rank_by = ["place"]
elasticity_from = 1.0
elasticity_to = 3.0
elasticity_step = 1.0
published_elasticities = false

[welfare.comparisons]
balanced_within = 0.5
cutoff_percentile = 0.05
"""
    errors = f"""
[uncertainty]
groups = {economy.groups}
level = 0.95
unit = "enterprise"
salt = "drawn"
most_undefined = 0.05
"""
    return f"""
[study]
name = "drawn"
title = "Drawn"
source = "drawn"

[inputs]
census = "census"
{'rankings = "rankings.csv"' if economy.curves else ""}
{'imports = "imports.csv"' if tabled else ""}

[census]
money_unit = "thousand"
industry_digits = 4
industry_group_digits = 2

[census.columns]
establishment_id = "id"
enterprise_id = "firm"
year = "year"
industry = "sic"
employment = "jobs"
sales = "sales"
exports = "exported"

[census.rules]
missing_id = "stop"
duplicate = "stop"
invalid_employment = "stop"
invalid_sales = "stop"
invalid_exports = "stop"
missing_exports = "stop"
exports_above_sales = "stop"
invalid_industry = "stop"

{windows}

[matching]
continuing = {_list(economy.continuing)}
industry_at = "own_year"
annual = {str(economy.annual).lower()}

[job_flows]
productivity_quartiles = false

[productivity]
numerator = "sales"
denominator = "employment"
prices = "none"
median_base = ["same_year"]
bin_width = 0.1
years = [{FIRST}, {LAST}]
levels = {_list(economy.described)}

[trade]
imports = ["{"table" if tabled else "exports"}"]

[welfare]
windows = ["early", "late"]
difference = ["late", "early"]
sigma = 3.72
trade_elasticity = 4.71
levels = {_list(economy.levels)}
{curves if economy.curves else ""}
{errors if economy.groups else ""}
{restrictions}
{populations}
"""
