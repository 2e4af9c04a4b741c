import pytest

from tradegains.formulas.outcomes import delta_ln, minus, rate, window_scale


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


def test_a_window_must_end_after_it_starts() -> None:
    assert window_scale(1978, 1988, 8) == 0.8
    for end in (1988, 1980):
        with pytest.raises(ValueError, match="ends after"):
            window_scale(1988, end, 8)


def test_a_level_without_a_name_is_the_level() -> None:
    assert delta_ln(0.0, 1.0).note == "the level at the start is not positive"
