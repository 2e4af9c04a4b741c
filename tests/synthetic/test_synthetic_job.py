"""The job writes the census its arguments ask for, and gives a refusal's exit code."""

import contextlib
import runpy
import sys
from pathlib import Path

import pytest

import tradegains.engines.start

JOB = Path(__file__).parents[2] / "jobs" / "synthesize_census.py"


@pytest.fixture
def job(engine, monkeypatch):
    """Run the job on the engine of these tests: one process has one."""
    monkeypatch.setattr(
        tradegains.engines.start, "start_engine", lambda _: contextlib.nullcontext(engine)
    )

    def run(*arguments: object) -> int:
        monkeypatch.setattr(sys, "argv", [JOB.name, *map(str, arguments)])
        return runpy.run_path(str(JOB))["main"]()

    return run


def test_job_writes_a_census(job, tmp_path, capsys):
    arguments = ("--output", tmp_path, "--establishments", 50, "--years", 1990, 1991)
    assert job(*arguments, "--unplanted") == 0
    assert sorted(path.name for path in (tmp_path / "census").iterdir()) == [
        "year=1990",
        "year=1991",
    ]
    assert str(tmp_path) in capsys.readouterr().out


def test_job_refuses_with_the_exit_code_of_a_usage_error(job, tmp_path, capsys):
    assert job("--output", tmp_path, "--years", 1990, 1991) == 2
    assert "published windows" in capsys.readouterr().err
