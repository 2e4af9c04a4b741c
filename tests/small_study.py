"""A small study with its census, for tests of the commands; its values must never be printed."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

STUDY = """
[study]
name = "small"
title = "Small"
source = "a test"

[inputs]
census = "census"

[census]
money_unit = "thousand"
industry_digits = 4
industry_group_digits = 2
extra_columns = ["owner"]

[census.columns]
establishment_id = "id"
year = "year"
industry = "sic"
employment = "jobs"
sales = "sales"

[census.rules]
missing_id = "stop"
duplicate = "stop"
invalid_employment = "stop"
invalid_sales = "stop"
invalid_industry = "stop"

[[windows]]
name = "only"
start = 1990
end = 1991

[matching]
continuing = ["both_ends"]
industry_at = "own_year"
annual = false

[productivity]
numerator = "sales"
denominator = "employment"
prices = "none"
median_base = ["same_year"]
bin_width = 0.1
years = [1990, 1991]

[trade]
imports = []

[welfare]
windows = ["only"]
sigma = 3.72
trade_elasticity = 4.71
levels = ["total"]
"""

SECRET_ID = "SECRET-7741"
SECRET_SALES = 918_273.0
ROWS: dict[str, list[Any]] = {
    "id": [SECRET_ID, "b", "c"],
    "sic": [111, 3211, 3211],
    "jobs": [5.0, 1.5, 4.0],
    "sales": [SECRET_SALES, 8.0, 7.0],
    "owner": ["x", "y", "y"],
}
YEARS = (1990, 1991)


def year_file(folder: Path, year: int) -> Path:
    """The census file of a year."""
    return folder / "census" / f"year={year}" / "part-0.parquet"


def write_year(folder: Path, year: int, **columns: list[Any] | None) -> None:
    """Write a year of the census with some columns replaced, or left out (None)."""
    chosen = {name: values for name, values in {**ROWS, **columns}.items() if values is not None}
    path = year_file(folder, year)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(chosen), path)


def write_study(folder: Path, *changes: tuple[str, str]) -> Path:
    """Write the study with pieces of text replaced, each of which must be there once."""
    text = STUDY
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
        text = text.replace(old, new)
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


def write_small_study(folder: Path) -> Path:
    """Write the study and its census."""
    for year in YEARS:
        write_year(folder, year)
    return write_study(folder)
