"""How long does converting take beside the library that reads the file, and in how much memory?

    python benchmarks/converting.py [--rows 10000000] [--repeat 3] [--formats stata,text]

For each format, alternately in each round, each a cold process: the library alone reading the
whole file into memory; the library alone reading it and writing the same Parquet by year; and
`tradegains convert` by the recipe that `--plan` proposed. Of each, the median of its ratios to
the first two within a round. Recorded in benchmarks/measured/converting.json.
"""

import argparse
import json
import sys
import tempfile
from multiprocessing import Process
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
from cold_process import Measured, run_cold

MEASURED = Path(__file__).with_name("measured") / "converting.json"
FILES = {"stata": "plants.dta", "text": "plants.csv", "spss": "plants.sav"}
READ = {
    "stata": "import pyreadstat as p; rows = p.read_dta('plants.dta')[0]",
    "spss": "import pyreadstat as p; rows = p.read_sav('plants.sav')[0]",
    "text": "import pyarrow.csv as p; rows = p.read_csv('plants.csv')",
}
WRITE = (
    "; import pyarrow as pa, pyarrow.dataset as d"
    "; rows = rows if isinstance(rows, pa.Table) else pa.Table.from_pandas(rows)"
    "; y = d.partitioning(pa.schema([('year', rows.schema.field('year').type)]), flavor='hive')"
    "; o = d.ParquetFileFormat().make_write_options(compression='zstd')"
    "; d.write_dataset(rows, 'alone', format='parquet', file_options=o, partitioning=y"
    ", existing_data_behavior='delete_matching')"
)


def main() -> None:
    """Run, print, record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeat", type=int, default=3, help="rounds")
    parser.add_argument("--formats", default="stata,text", help=f"of {', '.join(FILES)}")
    parser.add_argument("--record", type=Path, default=MEASURED, help="where to keep the numbers")
    chosen = parser.parse_args()
    found = {}
    for kind in chosen.formats.split(","):
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / FILES[kind]
            # In a process of its own: children count the memory of the one that starts them.
            maker = Process(target=make_file, args=(kind, chosen.rows, made))
            maker.start()
            maker.join()
            print(f"{made.name}: {chosen.rows:,} rows, {made.stat().st_size / 1e6:,.0f} MB")
            rounds = [one_round(kind, made.parent, number) for number in range(chosen.repeat)]
        found[f"{kind}, {chosen.rows:,} rows"] = told(rounds)
        print(json.dumps(found, indent=1))
    chosen.record.parent.mkdir(exist_ok=True)
    record = json.loads(chosen.record.read_text()) if chosen.record.exists() else {}
    chosen.record.write_text(json.dumps(record | found, indent=1) + "\n", encoding="utf-8")


def make_file(kind: str, rows: int, path: Path) -> None:
    """An invented census of ten columns in one file, sorted by year, and its recipe."""
    plants = made_plants(rows)
    if kind == "stata":
        plants.to_stata(path, write_index=False, version=118)
    elif kind == "text":
        pyarrow.csv.write_csv(pa.Table.from_pandas(plants, preserve_index=False), path)
    else:
        import pyreadstat

        pyreadstat.write_sav(plants, path, compress=True)
    plan = [*TRADEGAINS, "convert", "--plan", path, "--output", path.with_name("recipe.toml")]
    planned = run_cold(plan, path.with_name("plan.log"))
    print(f"plan: {planned.seconds:.1f} s, CPU {planned.cpu_seconds:.1f} s")


def made_plants(rows: int) -> pd.DataFrame:
    """Ids, years, codes, counts and amounts in hundredths, some of them missing."""
    draw = np.random.default_rng(1)

    def amounts(mean: float) -> np.ndarray:
        return np.round(np.exp(draw.normal(mean, 2, rows)), 2)

    return pd.DataFrame(
        {
            "plant": draw.integers(1, 400_000, rows, dtype="int32"),
            "year": np.sort(draw.integers(1990, 2000, rows, dtype="int16")),
            "isic": pd.Series(draw.integers(1500, 3800, rows)).astype(str),
            "workers": draw.integers(1, 500, rows, dtype="int32"),
            "sales": amounts(8),
            "exports": np.where(draw.random(rows) < 0.3, amounts(6), 0),
            "va": amounts(7),
            "wages": amounts(6),
            "region": draw.integers(1, 30, rows, dtype="int8"),
            "capital": np.where(draw.random(rows) < 0.1, np.nan, amounts(7)),
        }
    )


TRADEGAINS = [sys.executable, "-m", "tradegains.command.cli"]


def one_round(kind: str, folder: Path, number: int) -> dict[str, Measured]:
    """Each program once; every other round in the other order."""
    alone = [sys.executable, "-c"]
    inside = f"import os; os.chdir({str(folder)!r}); "
    output = folder / f"census-{number}"
    programs = {
        "reads": [*alone, inside + READ[kind]],
        "writes": [*alone, inside + READ[kind] + WRITE],
        "converts": [*TRADEGAINS, "convert", folder / "recipe.toml", "--output", output],
    }
    order = list(programs) if number % 2 == 0 else list(reversed(programs))
    return {name: run_cold(programs[name], folder / f"{name}.log") for name in order}


def told(rounds: list[dict[str, Measured]]) -> dict[str, float]:
    """Medians over rounds: ratios within a round, and of each program what it took."""
    found: dict[str, float] = {"rounds": len(rounds)}
    for rival in ("reads", "writes"):
        pairs = [(each["converts"], each[rival]) for each in rounds]
        found[f"seconds to the library that {rival}"] = median(
            ours.seconds / theirs.seconds for ours, theirs in pairs
        )
        found[f"CPU seconds to the library that {rival}"] = median(
            ours.cpu_seconds / theirs.cpu_seconds for ours, theirs in pairs
        )
    for name in rounds[0]:
        found[f"{name}: seconds"] = median(each[name].seconds for each in rounds)
        found[f"{name}: CPU seconds"] = median(each[name].cpu_seconds for each in rounds)
        found[f"{name}: GB"] = median(each[name].memory for each in rounds) / 1e9
    found["other cores"] = median(each["converts"].other_cores for each in rounds)
    return {name: round(value, 3) for name, value in found.items()}


if __name__ == "__main__":
    main()
