"""A yes or no, or a share, in the place of an amount: refused, or told of."""

import logging
from pathlib import Path
from typing import Any

import pytest

from small_study import ROWS, write_study, write_year
from tradegains.inputs.reading import judge_inputs
from tradegains.study import read_study

ROWS_OF = 30


def judged(folder: Path, *changes: tuple[str, str], **columns: Any) -> list[str]:
    """What is wrong, where both years have these values in turn."""
    for year in (1990, 1991):
        rows = {name: (values * ROWS_OF)[:ROWS_OF] for name, values in ROWS.items()}
        given = {name: (values * ROWS_OF)[:ROWS_OF] for name, values in columns.items()}
        write_year(folder, year, **rows | given | {"id": list(range(ROWS_OF))})
    mapped = ('sales = "sales"', 'sales = "sales"\nexports = "abroad"')
    rule = ('invalid_sales = "stop"', 'invalid_sales = "stop"\ninvalid_exports = "stop"')
    above = ('duplicate = "stop"', 'duplicate = "stop"\nexports_above_sales = "stop"')
    study = read_study(write_study(folder, mapped, rule, above, *changes))
    return [each.what[:26] for error in judge_inputs(study).errors for each in error.problems]


@pytest.mark.parametrize("kind", [int, float])
def test_a_yes_or_no_is_refused_unless_it_is_meant(tmp_path: Path, kind: type) -> None:
    flags = [kind(0), kind(1), None]
    assert judged(tmp_path, abroad=flags) == ["column 'abroad' (exports) "]
    assert judged(tmp_path, abroad=[0.0, 0.5, 1.0]) == []
    assert judged(tmp_path, abroad=[0, 2]) == judged(tmp_path, abroad=[0]) == []  # nobody exports
    assert judged(tmp_path, sales=[1.0], abroad=flags)[0] == "column 'sales' (sales) is "
    stated = ("[census]\n", '[census]\nflags_as_amounts = ["exports"]\n')
    assert judged(tmp_path, stated, abroad=flags) == []


def test_shares_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for abroad, sales, said in (
        ([0.0, 0.25, 1.0], [900.0], "exports are from 0 to 1 in every row, "),
        ([0.0, 25.0, 100.0], [90_000.0], "exports are at most 100 in every row, "),
        ([0.0, 25.0, 100.5], [90_000.0], ""),
        ([0.0, 0.25, 0.5], [0.75], ""),  # billions
        ([0.0], [900.0], ""),
    ):
        caplog.clear()
        with caplog.at_level(logging.WARNING, "tradegains"):
            assert judged(tmp_path, abroad=abroad, sales=sales) == []
        assert [each[: len(said)] for each in caplog.messages] == [said] * bool(said)
