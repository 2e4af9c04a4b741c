"""What an engine tells of its running jobs, for the live line of a terminal."""

from types import SimpleNamespace

from pyspark.status import SparkStageInfo

from tradegains.engines.engine import Engine


def engine_of(stages: dict[int, SparkStageInfo | None], **choices: bool) -> Engine:
    tracker = SimpleNamespace(getActiveStageIds=lambda: [*stages], getStageInfo=stages.get)
    context = SimpleNamespace(statusTracker=lambda: tracker)
    return Engine("spark", SimpleNamespace(sparkContext=context), "", **choices)


def stage(tasks: int, completed: int) -> SparkStageInfo:
    return SparkStageInfo(1, 0, "", tasks, 0, completed, 0)


def test_tasks_of_all_stages_are_added_and_one_that_has_just_ended_is_none():
    stages = {1: stage(1000, 10), 2: stage(8, 3), 3: None}
    assert engine_of(stages).doing() == "13 of 1,008 tasks"


def test_nothing_is_told_between_jobs_by_other_engines_or_by_one_that_ends():
    assert engine_of({}).doing() == ""
    assert engine_of({1: stage(8, 3)}, is_classic=False).doing() == ""
    assert Engine("spark", None, "").doing() == ""  # as from a connection that is gone
