import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegains.formulas.accounting import Component, total_contribution

# MT table 2 [percent]: the channels' names are ours, the numbers printed.
TABLE_2 = (
    Component("export composition", 4.1),
    Component("selection", 4.3),
    Component("new exporters", 15.3, output_share=0.23),
    Component("existing exporters", 1.4),
    Component("intermediate inputs", 0.5),
)


def test_table_2():
    # Printed with one decimal.
    assert round(TABLE_2[2].contribution, 1) == 3.5
    assert round(total_contribution(TABLE_2), 1) == 13.8
    reallocation = total_contribution(TABLE_2, names=("export composition", "selection"))
    assert round(reallocation, 1) == 8.4


def test_the_total_adds_unrounded_contributions():
    # 15.3 x 0.23 = 3.519, not 3.5.
    assert total_contribution(TABLE_2) == pytest.approx(13.819, abs=1e-12)


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(0, 1)), max_size=6))
def test_parts_add_up_to_the_whole(parts):
    components = [Component(str(i), *part) for i, part in enumerate(parts)]
    names = [component.name for component in components]
    some, rest = names[::2], names[1::2]
    whole = total_contribution(components)
    parts_sum = total_contribution(components, names=some) + total_contribution(
        components, names=rest
    )
    assert parts_sum == pytest.approx(whole, abs=1e-12)
    assert abs(whole) <= sum(abs(component.effect) for component in components) + 1e-12


def test_refusals():
    with pytest.raises(ValueError, match="same name"):
        total_contribution([Component("a", 1.0), Component("a", 2.0)])
    with pytest.raises(ValueError, match="no such component: b"):
        total_contribution([Component("a", 1.0)], names=["b"])
    for share in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="between 0 and 1"):
            Component("a", 1.0, share)
