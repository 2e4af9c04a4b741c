"""Evidence of a run: what its published numbers rest on. Confidential, for its owner's eyes alone.

    OUTPUT/work/evidence/RUN/cells.parquet    sums by finest cell, with the largest contributions
    OUTPUT/work/evidence/RUN/spread.parquet   contributors with several establishments, by cell
    OUTPUT/work/evidence/RUN/bins.parquet     bins of histograms by median base and membership
    OUTPUT/work/evidence/RUN/evidence.json    what the cells' sets are; written last

`release` reads it. It goes when its run is retired.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import fs, parquet

from tradegains.store.locations import locate
from tradegains.store.private import make_private, private_folder, remove_tree

FOLDER = "evidence"
_FACTS = "evidence.json"


@dataclass(frozen=True)
class Evidence:
    """What a run's published numbers rest on.

    Attributes:
        tables: cells, spread contributors and bins of histograms, by name.
        facts: what is needed to read them: sets in the order of their bits, amounts, keys.
    """

    tables: Mapping[str, pa.Table]
    facts: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """SHA-256 of all of it."""
        text = json.dumps(self.facts, sort_keys=True)
        for name, table in sorted(self.tables.items()):
            text += name + json.dumps(table.to_pydict(), sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


def keep_evidence(work: str, run: str, evidence: Evidence) -> None:
    """Write the evidence of a run in place of what is there, readable for its owner alone."""
    place = locate(f"{work}/{FOLDER}/{run}")
    if "://" not in work:
        for folder in (Path(work), Path(work, FOLDER), Path(place.path)):
            private_folder(folder)
    else:
        place.system.create_dir(place.path)
    for name, table in evidence.tables.items():
        parquet.write_table(table, f"{place.path}/{name}.parquet", filesystem=place.system)
    told = {**evidence.facts, "tables": sorted(evidence.tables)}
    facts = json.dumps(told, indent=1, sort_keys=True).encode()
    with place.system.open_output_stream(f"{place.path}/{_FACTS}") as file:
        file.write(facts)
    if "://" not in work:
        make_private(Path(place.path))


def read_evidence(work: str, run: str) -> Evidence | None:
    """The evidence of a run; None where there is none, or not all of it."""
    place = locate(f"{work}/{FOLDER}/{run}")
    path = f"{place.path}/{_FACTS}"
    if place.system.get_file_info(path).type != fs.FileType.File:
        return None
    with place.system.open_input_stream(path) as file:
        facts = json.loads(file.read())
    tables = {
        name: parquet.read_table(f"{place.path}/{name}.parquet", filesystem=place.system)
        for name in facts["tables"]
    }
    return Evidence(tables, facts)


def forget_evidence(work: str, run: str) -> None:
    """Remove the evidence of a run, if there is any."""
    place = locate(f"{work}/{FOLDER}/{run}")
    if place.system.get_file_info(place.path).type != fs.FileType.Directory:
        return
    if "://" in work:
        place.system.delete_dir(place.path)
    else:
        remove_tree(Path(place.path))
