import pytest

from tradegains.formulas.outcomes import delta_ln, minus, rate


def test_a_rate_of_nothing_is_none() -> None:
    assert rate(0, 0) is None
    assert rate(None, 4) is None
    assert rate(0, 4) == 0


# End year: 3 entrants of 12 establishments, 20 of 400 jobs, 50 of 1000 sales.
def test_entry_rates_by_hand() -> None:
    assert [rate(*pair) for pair in ((3, 12), (20, 400), (50, 1000))] == [0.25, 0.05, 0.05]


def test_a_difference_with_a_missing_side_is_missing() -> None:
    assert (minus(0.5, 0.25), minus(None, 0.25), minus(0.5, None)) == (0.25, None, None)
    assert minus(0.0, 0.0) == 0.0


@pytest.mark.parametrize(
    ("start", "end", "note"),
    [
        (0.0, 1.0, "sales at the start is not positive"),
        (1.0, -1.0, "sales at the end is not positive"),
        (None, 1.0, "sales at the start is missing"),
        (
            float("nan"),
            0.0,
            "sales at the start is not a finite number; sales at the end is not positive",
        ),
    ],
)
def test_a_logarithm_that_cannot_be_taken_has_a_reason(
    start: float | None, end: float | None, note: str
) -> None:
    assert delta_ln(start, end, name="sales") == (None, note)
