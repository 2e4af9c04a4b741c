"""Foreign files written by other programs' libraries, and the command run on them."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tradegains.convert.converting import convert
from tradegains.convert.planning import Asked, plan


@dataclass(frozen=True)
class Workshop:
    """A folder with foreign files, where recipes are planned and followed."""

    folder: Path

    def planned(self, *files: str, **asked: str) -> str:
        """The recipe that is proposed for files."""
        path = self.folder / "recipe.toml"
        path.unlink(missing_ok=True)
        plan([str(self.folder / file) for file in files], path, Asked(**asked))
        return path.read_text(encoding="utf-8")

    def converted(self, recipe: str) -> dict[int, pa.Table]:
        """The census of a recipe, by year."""
        self.report(recipe)
        folders = sorted((self.folder / "census").glob("year=*"))
        return {int(each.name[5:]): read(each / "part-0.parquet") for each in folders}

    def report(self, recipe: str) -> str:
        """What following a recipe tells."""
        path = self.folder / "recipe.toml"
        path.write_text(recipe, encoding="utf-8")
        return convert(path, self.folder / "census")


def read(path: Path) -> pa.Table:
    return pq.read_table(path, partitioning=None)
