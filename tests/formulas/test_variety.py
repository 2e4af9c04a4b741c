import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegains.formulas.variety import Consumption, autarky_choices, is_preferred, trade_choice


def test_widget_example():
    # MT: 12 workers, one per widget and four per variety.
    much, varied = autarky_choices(12, overhead=4)
    assert (much, varied) == (Consumption(1, 8.0), Consumption(2, 2.0))
    with_trade = trade_choice(much)
    assert with_trade == Consumption(2, 4.0)
    # "Compared to choice B, the same number of varieties, but more of each variety"
    assert (with_trade.varieties, with_trade.units_each > varied.units_each) == (2, True)
    # "Compared to choice A, the same number of units, but more varieties"
    assert (with_trade.units, with_trade.varieties > much.varieties) == (8.0, True)
    assert is_preferred(with_trade, much)
    assert is_preferred(with_trade, varied)


def test_a_third_variety_would_leave_no_unit():
    # 12 - 3 x 4 = 0 workers are left to make widgets.
    assert len(autarky_choices(12, overhead=4)) == 2
    assert len(autarky_choices(12.5, overhead=4)) == 3
    assert autarky_choices(4, overhead=4) == ()


def test_workers_per_unit():
    # 12 - 4 = 8 workers make 4 units at two workers each.
    assert autarky_choices(12, overhead=4, workers_per_unit=2)[0] == Consumption(1, 4.0)


@pytest.mark.parametrize(("overhead", "workers_per_unit"), [(0, 1), (4, 0), (-1, 1)])
def test_work_must_be_positive(overhead, workers_per_unit):
    with pytest.raises(ValueError, match="some work"):
        autarky_choices(12, overhead=overhead, workers_per_unit=workers_per_unit)


def test_preference_is_strict_and_partial():
    much, varied = Consumption(1, 8.0), Consumption(2, 2.0)
    assert not is_preferred(much, much)
    assert not is_preferred(much, varied)
    assert not is_preferred(varied, much)
    assert is_preferred(Consumption(2, 2.5), varied)
    assert is_preferred(Consumption(2, 4.0), much)


@given(st.integers(1, 200), st.floats(0.5, 20.0), st.floats(0.1, 3.0), st.integers(2, 5))
def test_trade_beats_every_choice_with_the_same_number_of_varieties_at_home(
    workers, overhead, workers_per_unit, countries
):
    for choice in autarky_choices(workers, overhead=overhead, workers_per_unit=workers_per_unit):
        # All workers are used, and trade moves units without making or losing any.
        used = choice.varieties * overhead + choice.units * workers_per_unit
        assert used == pytest.approx(workers, rel=1e-12)
        traded = trade_choice(choice, countries=countries)
        assert traded.units == pytest.approx(choice.units, rel=1e-12)
        assert traded.varieties == countries * choice.varieties
