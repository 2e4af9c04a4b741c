"""The synthetic censuses of the benchmark, generated once and kept under build/benchmark/.

    python benchmarks/censuses.py FOLDER ESTABLISHMENTS YEAR...

A program of its own: generating leaves caches and threads behind that no measurement should meet.
"""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

YEARS = tuple(range(1978, 1997))
STUDY_YEARS = (1978, 1980, 1988, 1996)
SEED = 1988


@dataclass(frozen=True)
class Size:
    """Millions of rows; a dense census has them all in the years of the study."""

    millions: float
    dense: bool = False

    @property
    def name(self) -> str:
        """Short name, as in the table.

        Example:
            >>> Size(10).name, Size(100, dense=True).name
            ('10M', 'dense 100M')
        """
        return f"{'dense ' * self.dense}{self.millions:g}M"

    @property
    def years(self) -> tuple[int, ...]:
        """Years that the census has."""
        return STUDY_YEARS if self.dense else YEARS


def census_of(size: Size, folder: Path) -> Path:
    """The folder with year=YYYY folders, generated when it is not there."""
    target = folder / size.name.replace(" ", "-")
    if not (target / "done").exists():
        shutil.rmtree(target, ignore_errors=True)
        establishments = round(size.millions * 1e6 / len(size.years))
        words = [__file__, target, establishments, *size.years]
        subprocess.run([sys.executable, *map(str, words)], check=True)
        (target / "done").touch()
    return target / "census"


def rows_read(census: Path) -> int:
    """Rows of the study's years, by the files' footers."""
    files = [file for year in STUDY_YEARS for file in census.glob(f"year={year}/*.parquet")]
    return sum(pq.read_metadata(file).num_rows for file in files)


def write_census(folder: Path, establishments: int, years: tuple[int, ...]) -> None:
    """Draw the rows of these years only, without the tables that a whole demonstration has."""
    from tradegains.engines.start import start_engine
    from tradegains.synthetic.census import drawn_rows
    from tradegains.synthetic.establishments import DrawnPopulation, draw_establishments
    from tradegains.synthetic.plan import Factors, home_table
    from tradegains.synthetic.rows import as_census
    from tradegains.synthetic.truths import TRUTHS

    with start_engine("embedded") as engine:
        # Never on the driver: memory stays the same whatever the number of establishments.
        lots = engine.spark.createDataFrame(home_table())
        population = DrawnPopulation(establishments, years, SEED)
        drawn = draw_establishments(engine.spark, population, TRUTHS, lots)
        census = as_census(drawn_rows(drawn, years, Factors(), seed=SEED))
        census.write.partitionBy("year").parquet(str(folder / "census"))


if __name__ == "__main__":
    write_census(Path(sys.argv[1]), int(sys.argv[2]), tuple(map(int, sys.argv[3:])))
