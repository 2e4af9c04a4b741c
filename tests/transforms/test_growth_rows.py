"""Growth of establishments beyond the pace of an earlier window of another length."""

import pyarrow as pa
import pytest

from tradegains.tables import working as w
from tradegains.transforms.regression_rows import (
    ACCELERATION,
    EXPORTER_GROWTH,
    GROWTH,
    growth_rows,
)

EXPORTS = 2
# id, year, membership, log productivity, its later value in each window.
ROWS = (
    ("a", 1978, 0, 1.0, 2.0, None),
    ("a", 1988, EXPORTS, 2.0, None, 2.5),
    ("b", 1988, 0, 3.0, None, 3.25),
    ("c", 1988, 0, 4.0, None, None),
    ("d", 1978, 0, 1.0, None, None),
    ("d", 1988, EXPORTS, 1.5, None, 1.0),
)


def test_growth_less_the_earlier_pace_and_that_of_exporters(engine):
    names = (w.ESTABLISHMENT_ID, w.YEAR, w.MEMBERSHIP, w.LOG_PRODUCTIVITY)
    names += tuple(w.later_column(w.LOG_PRODUCTIVITY, window) for window in ("pre", "post"))
    columns = dict(zip(names, zip(*ROWS, strict=True), strict=True))
    types = (pa.string(), pa.int32(), pa.int64(), *[pa.float64()] * 3)
    table = pa.table(
        {n: pa.array(v, t) for (n, v), t in zip(columns.items(), types, strict=True)}
        | {
            w.INDUSTRY: pa.array([1011] * len(ROWS), pa.int64()),
            w.EMPLOYMENT: pa.array([5_000] * len(ROWS), pa.int64()),
            "employment": pa.array([5.0] * len(ROWS)),
        }
    )
    medians = pa.table({w.INDUSTRY: pa.array([1011], pa.int64()), w.CENTRE: [2.0]})
    found = growth_rows(
        engine.spark.createDataFrame(table),
        engine.spark.createDataFrame(medians),
        windows=("pre", "post"),
        years=(1978, 1988),
        pace=0.8,
        exporter=EXPORTS,
    ).toArrow()
    told = {row[w.ESTABLISHMENT_ID]: row for row in found.to_pylist()}
    # c has no productivity at the end; b and d have no growth before it.
    assert sorted(told) == ["a", "b", "d"]
    assert told["a"][ACCELERATION] == pytest.approx(0.5 - 0.8 * 1.0)
    assert [told[name][ACCELERATION] for name in "bd"] == [None, None]
    assert [told[name][GROWTH] for name in "abd"] == [0.5, 0.25, -0.5]
    assert [told[name][EXPORTER_GROWTH] for name in "abd"] == [0.5, None, -0.5]
    assert told["b"]["relative_productivity"] == 1.0
