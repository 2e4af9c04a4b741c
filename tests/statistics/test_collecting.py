"""Tasks computed side by side: their order, their failures, and what a failure ends."""

import threading

import pyarrow as pa
import pytest
from pyspark.sql import functions as F

from tradegains.statistics.collecting import (
    StoppedError,
    collect,
    collect_in_order,
    compute_together,
)


class Frame:
    """Stands for rows of an engine, and counts how often they were asked for."""

    asked = 0

    def toArrow(self):  # noqa: N802 - the engine's name
        self.asked += 1
        return pa.table({"x": [2, 1]})


def test_tasks_run_side_by_side_and_answer_in_their_order():
    meeting = threading.Barrier(2, timeout=30)

    def meet(name):
        meeting.wait()
        return name

    assert compute_together([lambda: meet("a"), lambda: meet("b")]) == ["a", "b"]


def test_the_first_failure_in_order_is_told():
    late = threading.Event()

    def first():
        late.wait(30)
        raise ValueError("first")

    def second():
        late.set()
        raise KeyError("second")

    with pytest.raises(ValueError, match="first"):
        compute_together([first, second])


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_failure_ends_the_others_at_their_next_query(failure):
    frame, began, ended = Frame(), threading.Event(), []

    def fails():
        began.wait(30)
        raise failure

    def asks():
        try:
            while True:
                collect_in_order(frame)
                began.set()
        except StoppedError:
            ended.append(frame.asked)

    with pytest.raises(failure):
        compute_together([fails, asks])
    assert ended == [frame.asked]


def test_a_task_outside_is_not_stopped_by_an_earlier_failure():
    with pytest.raises(ZeroDivisionError):
        compute_together([lambda: 1 // 0])
    assert collect_in_order(Frame())["x"].to_pylist() == [1, 2]


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_rows_are_those_of_toarrow_type_by_type(spark, rows):
    frame = spark.range(rows).select(
        F.col("id"),
        F.col("id").cast("int").alias("whole"),
        F.when(F.col("id") > 2, F.ln(F.col("id"))).alias("log"),
        (F.col("id") == 1).alias("is_one"),
        F.concat(F.lit("λ"), F.col("id").cast("string")).alias("text"),
    )
    told, found = frame.orderBy("id").toArrow(), collect_in_order(frame)
    assert (found.column_names, found.schema.types) == (told.column_names, told.schema.types)
    assert found.to_pylist() == told.to_pylist()


@pytest.mark.only("embedded")  # classic Spark plans in the process that asks
def test_no_query_is_planned_twice(spark):
    client = spark.client
    asked = []
    frame = spark.range(3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "schema", lambda plan: asked.append(plan))
        assert collect(frame).num_rows == 3
    assert asked == []
