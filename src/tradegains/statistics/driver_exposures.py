"""The sums of `transforms.exposures`, of rows on the driver: to the last bit an engine's."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tradegains.statistics.arrays import FloatArray, IntArray, NumberArray, sum_by
from tradegains.statistics.collected_rows import CollectedRows, GroupedRows, SumRows
from tradegains.tables import working as w
from tradegains.transforms.exposures import (
    OTHER,
    SHARE,
    SHOCK,
    exposed_sum,
    exposure_column,
)
from tradegains.transforms.regression_sums import mean_column, residual_column, scale_column


def sum_exposures(
    rows: CollectedRows,
    parameters: pa.Table,
    *,
    on: Sequence[str],
    by: Sequence[str],
    variables: Sequence[str],
    residuals: int,
    kind: str,
) -> SumRows:
    """As the transform of this name; `by` are the first of the keys `on`."""
    met, given = rows.by(on).meeting(parameters)
    held = _ExposedRows(met, by, kind)
    deviations = [
        met[name] - given[mean_column(i, is_weighted=False)] for i, name in enumerate(variables)
    ]
    sums: dict[str, NumberArray] = {w.ESTABLISHMENTS: np.ones(len(held.row), np.int64)}
    for m in range(residuals):
        value = deviations[0] * given[residual_column(m, 0)]
        for i, each in enumerate(deviations[1:], start=1):
            value = value + each * given[residual_column(m, i)]
        scaled = held.share * value[held.row] * given[scale_column(m, 0)][held.row]
        sums[exposed_sum(m)] = np.floor(scaled + 0.5).astype(np.int64)
    return held.rows(held.shock, sums, (SHOCK,))


def sum_shares(
    rows: CollectedRows,
    parameters: pa.Table,
    *,
    on: Sequence[str],
    by: Sequence[str],
    kind: str,
    places: int,
) -> SumRows:
    """As the transform of this name; `by` are the first of the keys `on`."""
    met, _ = rows.by(on).meeting(parameters)
    held = _ExposedRows(met, by, kind)
    counts = np.bincount(held.row, minlength=len(met.table))
    # Beside each share of a row, all of the row's in turn.
    one = np.repeat(np.arange(len(held.row)), counts[held.row])
    starts = np.cumsum(counts) - counts
    before = np.cumsum(counts[held.row]) - counts[held.row]
    other = starts[held.row[one]] + np.arange(len(one)) - before[one]
    product = held.share[one] * held.share[other]
    sums: dict[str, NumberArray] = {
        w.ESTABLISHMENTS: np.ones(len(one), np.int64),
        SHARE: np.floor(product * 2.0**places + 0.5).astype(np.int64),
    }
    pair = held.shock[one] * max(len(held.names), 1) + held.shock[other]
    return held.rows(pair, sums, (SHOCK, OTHER), one)


class _ExposedRows:
    """Each share of each row, one after the other: whose it is, of which shock, and how large."""

    def __init__(self, met: GroupedRows, by: Sequence[str], kind: str) -> None:
        lists = met.table[exposure_column(kind)].combine_chunks()
        flat = lists.flatten()
        self.row: IntArray = np.asarray(pc.list_parent_indices(lists)).astype(np.int64)
        encoded = pc.dictionary_encode(flat.field(SHOCK))
        self.names: list[Any] = encoded.dictionary.to_pylist()
        self.shock: IntArray = np.asarray(encoded.indices).astype(np.int64)
        self.share: FloatArray = np.asarray(flat.field(SHARE)).astype(np.float64)
        samples = met.by_first(by)
        self.by, self.keys = tuple(by), samples.keys
        self.sample_of_row = np.repeat(np.arange(len(samples.keys)), samples.counts)

    def rows(
        self,
        group: IntArray,
        sums: dict[str, NumberArray],
        names: Sequence[str],
        at: IntArray | None = None,
    ) -> SumRows:
        """Sums by sample and shock, or pair of shocks, with the names of both."""
        size = max(len(self.names), 1) ** len(names)
        whose = self.row if at is None else self.row[at]
        found, summed = sum_by(self.sample_of_row[whose] * size + group, sums)
        lines = []
        for place, key in enumerate(found.tolist()):
            sample, rest = divmod(key, size)
            shocks = divmod(rest, len(self.names)) if len(names) == 2 else (rest,)
            lines.append(
                dict(zip(self.by, self.keys[sample], strict=True))
                | {name: self.names[shock] for name, shock in zip(names, shocks, strict=True)}
                | {name: each[place].item() for name, each in summed.items()}
            )
        return lines
