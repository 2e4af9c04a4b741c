"""What users are told: every problem says how to mend it."""

import ast
from pathlib import Path

import tradegains

PACKAGE = Path(tradegains.__file__).parent
CURED_BY_CALLER = {"store/judging.py"}
"""Modules whose problems are given one cure together, where they are raised."""


def problems_of(code: str) -> list[ast.Call]:
    """The calls that make a problem."""
    calls = (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call))
    return [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Problem"]


def has_cure(call: ast.Call) -> bool:
    # A cure is the fourth; ** may bring one along.
    named = {keyword.arg for keyword in call.keywords}
    return len(call.args) > 3 or bool(named & {"cure", None})


def test_every_problem_says_how_to_mend_it() -> None:
    found = [
        (str(path.relative_to(PACKAGE)), call)
        for path in sorted(PACKAGE.rglob("*.py"))
        for call in problems_of(path.read_text(encoding="utf-8"))
    ]
    assert len(found) > 200
    silent = [f"{name}:{call.lineno}" for name, call in found if not has_cure(call)]
    assert [each for each in silent if each.partition(":")[0] not in CURED_BY_CALLER] == []
