"""What a check finds is exactly what a run refuses before it uses its engine."""

from pathlib import Path
from typing import Any

import pytest
from broken_inputs import TABLES, Break, Broken, breaks
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tradegains.command.check import Checked, check_study
from tradegains.errors import TradegainsError
from tradegains.pipeline import run
from tradegains.progress import Progress
from tradegains.store.small_tables import SMALL_TABLES
from tradegains.study import read_study

BREAKS = breaks()
QUIET = Progress(None)


class EngineUsedError(Exception):
    """The run accepted its inputs."""


class NoEngine:
    """An engine that cannot be used."""

    name = "embedded"
    has_ended = False

    @property
    def spark(self) -> Any:
        raise EngineUsedError


def told_by(errors: tuple[TradegainsError, ...]) -> list[tuple[Any, ...]]:
    """Problems as they are told; only a run can keep the ids of a cycle in a file."""
    return [
        (each.what, each.where, each.count, each.cure.partition("; ")[0])
        for error in errors
        for each in error.problems
    ]


def refusal(path: Path, output: Path) -> TradegainsError | None:
    """The error with which a run stops before it uses its engine, if it does."""
    try:
        run(NoEngine(), read_study(path), output=str(output), progress=QUIET)
    except TradegainsError as error:
        return error
    except EngineUsedError:
        return None
    raise AssertionError("a run without an engine ended well")


def judged(broken: Broken) -> Checked:
    """The check of a study, which must tell what the run refuses."""
    path = broken.write()
    output = broken.folder / "output"
    checked = check_study(path, output=str(output))
    assert not output.exists()
    refused = refusal(path, output)
    if refused is None:
        assert checked.errors == ()
    else:
        assert told_by(checked.errors) == told_by((refused,))
        assert checked.exit_code == refused.exit_code
        assert type(checked.errors[0]) is type(refused)
    return checked


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_sound_study_is_passed_and_run(tmp_path: Path, suffix: str) -> None:
    assert set(TABLES) == set(SMALL_TABLES), "every small table is broken in some way"
    assert judged(Broken(tmp_path / "study", suffix)).errors == ()


@pytest.mark.parametrize("one", BREAKS, ids=lambda one: one.name)
def test_one_broken_input_is_told_by_both(tmp_path: Path, one: Break) -> None:
    broken = Broken(tmp_path / "study")
    one.act(broken)
    checked = judged(broken)
    found = [each for each in checked.problems if one.said in each.what]
    assert found, str(checked.problems)
    assert checked.exit_code == (2 if one.input == "study" else 3)
    for each in checked.problems:
        assert each.cure or "no rows" in each.what, each


def test_names_of_breaks_are_their_own() -> None:
    names = [one.name for one in BREAKS]
    assert len(set(names)) == len(names)
    assert len(names) > 300


NAMED = {each.name: each for each in BREAKS}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(chosen=[NAMED["product_tariffs_missing"], NAMED["tariff_cuts_no_home_cuts"]], suffix="csv")
@given(
    chosen=st.lists(st.sampled_from(BREAKS), min_size=2, max_size=4, unique_by=lambda b: b.input),
    suffix=st.sampled_from(["csv", "parquet"]),
)
def test_several_broken_inputs_are_told_at_once(
    tmp_path_factory: pytest.TempPathFactory, chosen: list[Break], suffix: str
) -> None:
    broken = Broken(tmp_path_factory.mktemp("broken") / "study", suffix)
    for one in chosen:
        one.act(broken)
    checked = judged(broken)
    assert len(checked.problems) >= len({one.input for one in chosen} - {"census"})
