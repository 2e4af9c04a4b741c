"""What the driver collects is in one order, whatever order the engine had."""

from tradegains.engines.start import Engine
from tradegains.statistics.collecting import collect_in_order


def test_rows_are_ordered_by_all_columns(engine: Engine) -> None:
    rows = [(2, "b", 0.5), (1, None, 2.0), (2, "a", 1.0), (1, "c", -1.0), (1, "c", -2.0)]
    frame = engine.spark.createDataFrame(rows, "year int, code string, value double")
    found = collect_in_order(frame).to_pylist()
    assert [tuple(row.values()) for row in found] == [
        (1, "c", -2.0),
        (1, "c", -1.0),
        (1, None, 2.0),
        (2, "a", 1.0),
        (2, "b", 0.5),
    ]
