"""Gains by a ranking are steps: a number stands from its value down to the next smaller one."""

import numpy as np
from matplotlib.figure import Figure

from tradegains.figures.ranked import RankedCurve, draw_ranked, line_styles


def test_a_number_holds_down_to_the_next_smaller_value(monkeypatch):
    # Industries with the cuts 1, 3 and 8: below 3 counts one of them, below 8 two, and all three.
    kept = {}
    monkeypatch.setattr("tradegains.figures.ranked.saved", lambda figure: kept.update(it=figure))
    curve = RankedCurve("post", np.array([3.0, 8.0]), np.array([5.0, 2.0]), 1.0, everything=4.0)
    draw_ranked([curve], median=None, x_title="", y_title="", mark="")
    figure: Figure = kept["it"]
    [line] = [one for one in figure.axes[0].lines if one.get_drawstyle() == "steps-post"]
    everything = 8.0 + 0.09 * 5
    assert list(line.get_xdata()) == [everything, 8.0, 3.0, 1.0]
    assert list(line.get_ydata()) == [4.0, 2.0, 5.0, 5.0]


def test_the_last_curve_is_solid_and_no_two_neighbours_look_alike():
    for number in range(1, 8):
        colours, dashes = line_styles(number)
        styles = list(zip(colours, map(str, dashes), strict=True))
        assert len(styles) == number
        assert dashes.count("solid") == 1
        assert dashes[-1] == "solid"
        assert len(set(styles)) == min(number, 5)
