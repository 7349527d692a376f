"""The picture of lesson 05's bound: its title is checked against the curves, and its words name their ends."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from recmath_lib import bpr, plots
from recmath_lib.plots import bounds


def drawn(cost, margin):
    axes = Figure().subplots()
    x = np.linspace(-4, 4, 161)
    return axes, bounds._draw(axes, x, np.array([cost([place]) for place in x]), margin, cost([margin]))


def test_the_curve_is_the_cost_and_the_step_counts_wrong_orders():
    axes, alt = drawn(bpr.misordered_bound, -1.0)
    curve, step, tie, mark = axes.lines
    x, cost = curve.get_data()
    np.testing.assert_allclose(cost, np.log2(1 + np.exp(-x)), rtol=1e-12)
    assert step.get_xydata().tolist() == [[-4, 1], [0, 1], [0, 0], [4, 0]]
    assert tie.get_xydata().tolist() == [[0, 0.5]]
    np.testing.assert_allclose(mark.get_xydata(), [[-1, 1], [-1, np.log2(1 + np.e)]])
    assert axes.get_title(loc="left") == "" and "above the step" in axes.get_title()
    assert "At x = -1 the cost is 1.89 and the step 1. Nowhere is the cost below the step." in alt


def test_a_cost_that_is_no_bound_is_called_so():
    axes, alt = drawn(lambda x: 0.9 * bpr.misordered_bound(x), 0.0)
    assert axes.get_title() == "The cost cuts the step" and "The cost falls below the step" in alt
    assert "the step 0.5" in alt


def test_a_picture_with_words():
    picture = plots.cost_and_step(bpr.misordered_bound, margin=2.0)
    assert picture.png.startswith(b"\x89PNG") and "At x = 2 the cost is 0.18 and the step 0." in picture.alt


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"margin": 5.0}, "margin must lie between -4 and 4, got 5.0"),
        ({"margin": np.nan}, "margin must lie between -4 and 4, got nan"),
        ({"margin": 0.0, "reach": 0.0}, "reach must be a finite number > 0, got 0.0"),
        ({"margin": 0.0, "reach": np.inf}, "reach must be a finite number > 0, got inf"),
    ],
)
def test_says_which_argument_is_wrong(options, says):
    with pytest.raises(ValueError, match=says):
        plots.cost_and_step(bpr.misordered_bound, **options)
