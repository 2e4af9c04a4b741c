"""A sound study with every input, and many ways to break one of them; all invented."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from small_study import STUDY
from tradegains.store.small_tables import SMALL_TABLES, SmallColumn, SmallTable

YEARS = (1990, 1991)
Columns = dict[str, pa.Array]

SECTIONS = """
[welfare.curves]
rank_by = ["tariff_cut", "distance"]
elasticity_from = 1.0
elasticity_to = 2.0
elasticity_step = 0.5
published_elasticities = false

[intra_industry_trade]
levels = [4, 2]
matched = ["together"]

[[windows]]
name = "next"
start = 1991
end = 1992

[tariff_effects]
before = "only"
after = "next"
kinds = ["home"]
industry_weights = "sales"
clusters = "industry2"
industry_controls = ["demand"]

[regressions]
premium_years = []
exit_windows = ["only"]
exit_effects = "none"
entry_windows = ["only"]
history_from = [1990]
entry_effects = "none"
entry_controls = []
growth_effects = "none"
growth_controls = []
growth_clusters = "establishment"
plant_cuts = "value_weighted"
without_products = "industry_cut"
products_year = 1990
exit_cuts = ["home", "input"]
entry_cuts = ["foreign"]
growth_cuts = ["foreign"]

[tariffs]
measure = "points"
change = "applied"
per = "window"
input_sources = "partner"

[[populations]]
name = "large"
title = "Large"
where = "employment >= 5"
"""
RULES = """
invalid_exports = "stop"
exports_above_sales = "stop"
invalid_value_added = "keep"
"""
CHANGES = (
    ('sales = "sales"\n', 'sales = "sales"\nexports = "exports"\nvalue_added = "value_added"\n'),
    ('duplicate = "stop"\n', f'duplicate = "stop"{RULES}'),
    ("imports = []", 'imports = ["table"]'),
    ('prices = "none"', 'prices = "industry"'),
    ('levels = ["total"]\n', f'levels = ["total"]\n{SECTIONS}'),
)

CENSUS: Columns = {
    "id": pa.array(["a", "b", "c", "d"]),
    "sic": pa.array(["0111", "0111", "3211", "3211"]),
    "jobs": pa.array([5.0, 1.5, 4.0, 7.0]),
    "sales": pa.array([90.0, 8.0, 7.0, 30.0]),
    "exports": pa.array([0.0, 2.0, 0.0, 0.0]),
    "value_added": pa.array([45.0, 4.0, 3.0, 9.0]),
    "owner": pa.array(["x", "y", "y", "x"]),
}
PLANT_PRODUCTS: Columns = {
    "establishment_id": pa.array(["a", "c"]),
    "product": pa.array(["010101", "020202"]),
    "value": pa.array([1.0, 2.5]),
    "year": pa.array([1990, 1991]),
}
TABLES: dict[str, dict[str, list[Any]]] = {
    "imports": {"industry": ["01", "32"], "year": [1990, 1991], "value": [3.0, 4.0]},
    "tariff_cuts": {
        "industry": ["0111", "3211"],
        "kind": ["home", "home"],
        "before": [4.0, 2.0],
        "after": [2.0, 3.0],
    },
    "input_output": {
        "industry": ["0111", "3211"],
        "input_industry": ["3211", "72"],
        "share": [0.5, 1.0],
        "partner_share": [0.5, 1.0],
    },
    "prices": {"industry": ["01", "01"], "year": [1990, 1991], "index": [1.0, 1.1]},
    "elasticities": {"industry": ["01", "32"], "sigma": [3.0, 4.0]},
    "elasticity_concordance": {"code": ["01", "32"], "industry": ["01", "32"]},
    "concordance": {"old": ["0111", "3211"], "new": ["0111", "3212"], "weight": [1.0, 1.0]},
    "successors": {"old": ["a", "b"], "new": ["e", "f"], "year": [1991, 1991]},
    "product_tariffs": {
        "product": ["010101", "020202"],
        "kind": ["foreign", "foreign"],
        "cut": [5.0, 6.0],
    },
    "product_trade": {
        "reporter": ["here", "here"],
        "product": ["0101", "0202"],
        "year": [1990, 1991],
        "partner": ["there", "there"],
        "exports": [1.0, 2.0],
        "imports": [2.0, 1.0],
    },
    "control_totals": {"industry": ["01", "32"], "year": [1990, 1990], "sales": [9.0, 9.0]},
    "rankings": {
        "industry": ["01", "32"],
        "variable": ["distance", "distance"],
        "value": [1.0, 2.0],
    },
    "industry_controls": {
        "industry": ["01", "32"],
        "year": [1990, 1990],
        "variable": ["demand", "demand"],
        "value": [1.0, 2.0],
    },
}


SELDOM = {"elasticity_concordance"}
"""Tables that a study has only where one of them is broken: with them others are read otherwise."""


@dataclass
class Broken:
    """The files of a study before they are written."""

    folder: Path
    suffix: str = "csv"
    tables: dict[str, Columns] = field(
        default_factory=lambda: {
            name: {column: pa.array(values) for column, values in table.items()}
            for name, table in TABLES.items()
            if name not in SELDOM
        }
    )
    census: dict[int, Columns] = field(
        default_factory=lambda: {y: dict(CENSUS) for y in (*YEARS, 1992)}
    )
    products: Columns = field(default_factory=lambda: dict(PLANT_PRODUCTS))
    changes: list[tuple[str, str]] = field(default_factory=list)
    afterwards: list[Callable[[Path], object]] = field(default_factory=list)

    def path(self, name: str) -> Path:
        """Where an input lies."""
        suffix = "parquet" if name == "plant_products" else self.suffix
        return self.folder / f"{name}.{suffix}"

    def write(self) -> Path:
        """Write everything; the study's path comes back."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for year, columns in self.census.items():
            place = self.folder / "census" / f"year={year}"
            place.mkdir(parents=True)
            pq.write_table(pa.table(columns), place / "part-0.parquet")
        for name, columns in {**self.tables, "plant_products": self.products}.items():
            table = pa.table(list(columns.values()), [each.strip(" ") for each in columns])
            if self.path(name).suffix == ".parquet":
                pq.write_table(table, self.path(name))
            else:
                csv.write_csv(table, self.path(name), csv.WriteOptions(quoting_style="none"))
        for act in self.afterwards:
            act(self.folder)
        return self._write_study()

    def _write_study(self) -> Path:
        given = [f'{name} = "{self.path(name).name}"' for name in (*self.tables, "plant_products")]
        inputs = ('census = "census"\n', "\n".join(['census = "census"', *given, ""]))
        text = STUDY
        for old, new in (inputs, *CHANGES, *self.changes):
            assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
            text = text.replace(old, new)
        path = self.folder / "study.toml"
        path.write_text(text, encoding="utf-8")
        return path

    def put(self, name: str, content: bytes | None) -> None:
        """Have these bytes in a file's place; None takes it away."""

        def act(_: Path) -> None:
            self.path(name).unlink()
            if content is not None:
                self.path(name).write_bytes(content)

        self.afterwards.append(act)


@dataclass(frozen=True)
class Break:
    """A way to break one input: what is done, and words that a message about it has."""

    name: str
    input: str
    act: Callable[[Broken], object]
    said: str


def _added(one: Break) -> Break:
    """The same way to break an input, of a study that has it."""
    if one.input not in SELDOM:
        return one

    def act(broken: Broken) -> None:
        table = TABLES[one.input]
        broken.tables[one.input] = {column: pa.array(values) for column, values in table.items()}
        one.act(broken)

    return replace(one, act=act)


def breaks() -> list[Break]:
    """Every way."""
    return [
        *(_added(each) for table in SMALL_TABLES.values() for each in _of_small_table(table)),
        *_of_particular_tables(),
        *_of_census(),
        *_of_plant_products(),
        *_of_names(),
    ]


def _of_small_table(table: SmallTable) -> Iterator[Break]:
    name = table.name
    files = {
        "missing": (None, "does not exist"),
        "empty": (b"", "is empty"),
        "garbage": (b"\x00\xff\xfe", "in UTF-16"),
        "latin": ("é,ß\nç,ü\n".encode("latin-1"), "not in UTF-8"),
        "semicolons": (b"a;b\n1,5;2\n", "between its values"),
        "without_rows": ((",".join(TABLES[name]) + "\n").encode(), "has no rows"),
    }
    for way, (content, said) in files.items():
        yield Break(f"{name}_{way}", name, lambda b, c=content: b.put(name, c), said)
    yield Break(f"{name}_folder", name, lambda b: _fold(b, name), "folder holds no file")
    yield Break(f"{name}_twice", name, lambda b: _repeat_row(b.tables[name]), "more than one row")
    for column in table.columns:
        if column.name in TABLES[name]:
            yield from _of_column(table, column)


def _of_column(table: SmallTable, column: SmallColumn) -> Iterator[Break]:
    name, key = table.name, column.name
    ways: dict[str, tuple[Callable[[Broken], object], str]] = {
        "null": (lambda b: _set(b.tables[name], key, None), "is empty"),
        "twice": (lambda b: _name_again(b, name, key), "more than once"),
    }
    if not column.optional:
        ways["dropped"] = (lambda b: b.tables[name].pop(key), "is missing")
        ways["renamed"] = (lambda b: _rename(b.tables[name], key), "is missing")
    if column.kind in ("year", "number"):
        expected = "a year" if column.kind == "year" else "a finite number"
        for word in ("hush", "19 90", "inf"):
            ways[f"is_{word}"] = (lambda b, w=word: _set_text(b.tables[name], key, w), expected)
        ways["flags"] = (lambda b: _of_type(b, name, key, pa.bool_()), "is bool where")
    else:
        ways["doubles"] = (lambda b: _of_type(b, name, key, pa.float64()), "is double where")
    if column.kind == "year":
        ways["half"] = (lambda b: _set_text(b.tables[name], key, "1990.5"), "is not a year")
    for bound, said in ((column.above, "is not above"), (column.least, "is below")):
        if bound is not None:
            low = bound if said == "is not above" else bound - 1e-9
            ways["low"] = (lambda b, v=low: _set(b.tables[name], key, v), said)
    if column.words:
        ways["word"] = (lambda b: _set(b.tables[name], key, "abroad"), "is none of")
    if column.lengths:
        ways["mixed"] = (lambda b: _set(b.tables[name], key, "011"), "characters")
        ways["long"] = (lambda b: _set_all(b.tables[name], key, ["01111", "32111"]), "characters")
    for way, (act, said) in ways.items():
        yield Break(f"{name}_{key}_{way}", name, act, said)


def _of_particular_tables() -> Iterator[Break]:
    ways: dict[str, tuple[str, Callable[[Broken], object], str]] = {
        "cycle": (
            "successors",
            lambda b: _set_all(b.tables["successors"], "new", ["b", "a"]),
            "succeed one another in a cycle",
        ),
        "loop": (
            "successors",
            lambda b: _set_all(b.tables["successors"], "new", ["a", "b"]),
            "links lead from an id to itself",
        ),
        "weights": (
            "concordance",
            lambda b: _set(b.tables["concordance"], "weight", 0.9),
            "do not add up to 1",
        ),
        "new_codes": (
            "concordance",
            lambda b: _set(b.tables["concordance"], "new", "01A1"),
            "not codes of the census",
        ),
        "world": (
            "product_trade",
            lambda b: _set(b.tables["product_trade"], "partner", "World"),
            "would count twice",
        ),
        "short_products": (
            "product_trade",
            lambda b: _set_all(b.tables["product_trade"], "product", ["01", "02"]),
            "product codes of 2",
        ),
        "reporters": (
            "product_trade",
            lambda b: b.changes.append(
                ('matched = ["together"]', 'matched = ["together"]\nreporter = "here"')
            ),
            "names a reporter",
        ),
        "prices_without_industry": (
            "prices",
            lambda b: b.tables["prices"].pop("industry"),
            "no column industry",
        ),
        "prices_with_industry": (
            "prices",
            lambda b: b.changes.append(('prices = "industry"', 'prices = "economy"')),
            "has a column industry",
        ),
        "ranked_by_nothing": (
            "rankings",
            lambda b: _set_all(b.tables["rankings"], "variable", ["size", "size"]),
            "no variable of the table",
        ),
        "control_of_nothing": (
            "industry_controls",
            lambda b: _set_all(b.tables["industry_controls"], "variable", ["size", "size"]),
            "no variable of the table",
        ),
        "ranked_twice": (
            "rankings",
            lambda b: _set(b.tables["rankings"], "variable", "tariff_cut"),
            "has a table of its own",
        ),
        "cut_and_rates": (
            "tariff_cuts",
            lambda b: b.tables["tariff_cuts"].update(cut=pa.array([1.0, 2.0])),
            "cuts are given, and rates too (before, after)",
        ),
        "rates_of_the_other_change": (
            "tariff_cuts",
            lambda b: b.changes.append(('change = "applied"', 'change = "preference"')),
            "there is no column mfn and no column preferential",
        ),
        "no_cuts": (
            "tariff_cuts",
            lambda b: [b.tables["tariff_cuts"].pop(name) for name in ("before", "after")],
            "nothing to compare",
        ),
        "no_home_cuts": (
            "tariff_cuts",
            lambda b: _set_all(b.tables["tariff_cuts"], "kind", ["foreign", "foreign"]),
            "tariff_cuts has no home cuts",
        ),
        "given_inputs": (
            "tariff_cuts",
            lambda b: _set(b.tables["tariff_cuts"], "kind", "input"),
            "has cuts of inputs already",
        ),
        "kind_not_there": (
            "product_tariffs",
            lambda b: _set_all(b.tables["product_tariffs"], "kind", ["home", "home"]),
            'uses cuts of the kind "foreign", and there are none',
        ),
        "kind_not_said": (
            "product_tariffs",
            lambda b: b.tables["product_tariffs"].pop("kind"),
            "nothing says whose tariffs on what these are",
        ),
        "kind_said_twice": (
            "product_tariffs",
            lambda b: b.changes.append(('per = "window"', 'per = "window"\nproduct_kind = "home"')),
            "product_kind is stated, and the table has a column kind",
        ),
        "no_partner": (
            "input_output",
            lambda b: b.tables["input_output"].pop("partner_share"),
            "there is no column partner_share",
        ),
        "much_bought": (
            "input_output",
            lambda b: _set_all(b.tables["input_output"], "industry", ["0111", "0111"]),
            "shares add up to more than 1",
        ),
        "no_measure": (
            "control_totals",
            lambda b: b.tables["control_totals"].pop("sales"),
            "nothing to compare",
        ),
        "elasticities_finer": (
            "elasticities",
            lambda b: _set_all(b.tables["elasticities"], "industry", ["0111", "3211"]),
            "characters",
        ),
    }
    for way, (name, act, said) in ways.items():
        yield Break(f"{name}_{way}", name, act, said)


def _of_census() -> Iterator[Break]:
    def file(folder: Path, year: int = 1991) -> Path:
        return folder / "census" / f"year={year}" / "part-0.parquet"

    def cut(folder: Path) -> None:
        file(folder).write_bytes(file(folder).read_bytes()[:-7])

    def number_ids(broken: Broken) -> None:
        for columns in broken.census.values():
            columns["id"] = pa.array([1, 2, 3, 4])

    def later(act: Callable[[Path], object]) -> Callable[[Broken], object]:
        return lambda b: b.afterwards.append(act)

    ways: dict[str, tuple[Callable[[Broken], object], str]] = {
        "zero_bytes": (later(lambda f: file(f).write_bytes(b"")), "zero bytes"),
        "truncated": (later(cut), "truncated"),
        "encrypted": (later(lambda f: file(f).write_bytes(b"PARE" * 4)), "encrypted"),
        "text": (later(lambda f: file(f).write_text("id,sic\n")), "not Parquet"),
        "year_gone": (later(lambda f: file(f).rename(f / "gone")), "is not there"),
        "year_word": (
            later(lambda f: file(f).parent.rename(f / "census" / "year=last")),
            "not one of a year",
        ),
        "file_beside": (
            later(lambda f: file(f).rename(f / "census" / "x.parquet")),
            "stand outside",
        ),
        "gone": (later(lambda f: (f / "census").rename(f / "moved")), "does not exist"),
        "delta": (later(lambda f: (f / "census" / "_delta_log").mkdir()), "a Delta table"),
        "no_rows": (lambda b: _no_rows(b.census[1991]), "have no rows"),
        "types_change": (lambda b: _of_codes(b.census[1990]), "changes its type"),
        "doubled": (
            lambda b: b.census[1990].update(SALES=b.census[1990]["sales"]),
            "more than once",
        ),
        # Their ids are the successors', too.
        "whole_ids": (number_ids, "are not whole numbers"),
    }
    for column in CENSUS:
        ways[f"no_{column}"] = (lambda b, c=column: b.census[1991].pop(c), "is missing")
        type_ = pa.list_(pa.int32()) if column == "owner" else pa.bool_()
        ways[f"odd_{column}"] = (
            lambda b, c=column, t=type_: b.census[1990].update({c: pa.nulls(4, t)}),
            "is expected",
        )
    for way, (act, said) in ways.items():
        name = "successors" if way == "whole_ids" else "census"
        yield Break(f"census_{way}", name, act, said)


def _of_plant_products() -> Iterator[Break]:
    name = "plant_products"
    ways: dict[str, tuple[Callable[[Broken], object], str]] = {
        "missing": (lambda b: b.put(name, None), "does not exist"),
        "empty": (lambda b: b.put(name, b""), "cannot be read"),
        "garbage": (lambda b: b.put(name, b"PAR1PAR1"), "cannot be read"),
        "folder": (lambda b: _fold(b, name), "folder holds no file"),
        "double_ids": (
            lambda b: b.products.update(establishment_id=pa.array([1.0, None])),
            "is double where",
        ),
        "flags": (lambda b: b.products.update(value=pa.array([True, False])), "is bool where"),
        "doubled": (lambda b: b.products.update(Product=pa.array([1, 2])), "more than once"),
    }
    ways["of_no_year"] = (
        lambda b: b.changes.append(("products_year = 1990\n", "")),
        "products are by year, and the study names none",
    )
    for column in PLANT_PRODUCTS:
        ways[f"no_{column}"] = (lambda b, c=column: b.products.pop(c), "is missing")
        ways[f"renamed_{column}"] = (lambda b, c=column: _rename(b.products, c), "is missing")
    for way, (act, said) in ways.items():
        yield Break(f"{name}_{way}", name, act, said)


def _of_names() -> Iterator[Break]:
    def change(old: str, new: str) -> Callable[[Broken], object]:
        return lambda b: b.changes.append((old, new))

    component = (
        '[[accounting]]\nname = "n"\nsource = "s"\neffect_from = "{}"\nshare = 1.0\n\n[trade]\n'
    )
    ways = {
        "reserved": (change('["owner"]', '["owner", "flags"]'), "column that a run makes"),
        "no_table": (change("[trade]\n", component.format("welfar.gain")), "no table welfar"),
        "condition": (change("employment >= 5", "employmnt >= 5"), "no column is called employmnt"),
        "no_column": (change("[trade]\n", component.format("welfare.gain")), "no column gain"),
    }
    for way, (act, said) in ways.items():
        yield Break(f"names_{way}", "study", act, said)


# --- what is done to columns ----------------------------------------------------------------------


def _set(columns: Columns, key: str, value: object) -> None:
    """Put a value into the first row."""
    _set_all(columns, key, [value, *columns[key].to_pylist()[1:]])


def _set_all(columns: Columns, key: str, values: list[Any]) -> None:
    if key in columns:
        columns[key] = pa.array(values)


def _set_text(columns: Columns, key: str, word: str) -> None:
    if key in columns:
        columns[key] = pa.array([word, *map(str, columns[key].to_pylist()[1:])])


def _of_type(broken: Broken, name: str, key: str, type_: pa.DataType) -> None:
    """Have a column of another type; only Parquet has types."""
    broken.suffix = "parquet"
    if key in broken.tables[name]:
        broken.tables[name][key] = pa.array([1, 0]).cast(type_)


def _of_codes(columns: Columns) -> None:
    columns["sic"] = pa.array([111, 111, 3211, 3211])


def _no_rows(columns: Columns) -> None:
    for key in columns:
        columns[key] = columns[key].slice(0, 0)


def _rename(columns: Columns, key: str) -> None:
    if key in columns:
        columns[f"{key}x"] = columns.pop(key)


def _name_again(broken: Broken, name: str, key: str) -> None:
    """Have two columns of one name."""
    if key in broken.tables[name]:
        broken.tables[name][f"{key} "] = broken.tables[name][key]


def _repeat_row(columns: Columns) -> None:
    for key, values in columns.items():
        columns[key] = pa.array([*values.to_pylist(), values[0].as_py()], values.type)


def _fold(broken: Broken, name: str) -> None:
    def replace(_: Path) -> None:
        broken.path(name).unlink()
        broken.path(name).mkdir()

    broken.afterwards.append(replace)
