"""The picture of lesson 05's bound: what a margin costs, over the step that counts wrong orders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from recmath_lib.plots.base import BLUE, GREY, VERMILLION, Picture, one_axes

Cost = Callable[[Any], float]


def cost_and_step(cost: Cost, margin: float, reach: float = 4.0) -> Picture:
    """What a margin costs, and the step from 1 to 0 that lies under it.

    Args:
        cost: `cost([x])` is what one triple of margin x costs.
        margin: a margin to be marked, with its cost, between -reach and reach.
        reach: how far the axis goes to both sides, > 0.

    Raises:
        ValueError: a reach that is not > 0, or a margin beyond it.
    """
    if not 0 < reach < np.inf:
        raise ValueError(f"reach must be a finite number > 0, got {reach!r}")
    if not abs(margin) <= reach:
        raise ValueError(f"margin must lie between {-reach:g} and {reach:g}, got {margin!r}")
    x = np.linspace(-reach, reach, 161)
    costs = np.array([cost([place]) for place in x])
    return one_axes((6.6, 3.2), lambda axes: _draw(axes, x, costs, margin, cost([margin])))


def _draw(axes: Axes, x: NDArray[np.float64], costs: NDArray[np.float64], margin: float, costing: float) -> str:
    step = float(margin < 0) + 0.5 * float(margin == 0)
    axes.plot(x, costs, color=BLUE)
    axes.plot([x[0], 0, 0, x[-1]], [1, 1, 0, 0], color=VERMILLION, linestyle="--")
    axes.plot([0], [0.5], color=VERMILLION, marker="o", markersize=4.5)
    axes.plot([margin, margin], [step, costing], color=GREY, linestyle=":", marker="o", markersize=4.5)
    axes.text(x[6], costs[6], "  cost: log₂(1 + e⁻ˣ)", color=BLUE, va="bottom")
    axes.text(x[6], 1.06, "wrong order: 1", color=VERMILLION, va="bottom")
    axes.text(margin, costing, f"  at the mark {costing:.2f}, step {step:g}", color=GREY, va="bottom")
    axes.set(
        xlabel="margin x, below 0 the wrong order", ylabel="loss / ln 2 of a triple", ylim=(-0.1, 1.05 * costs.max())
    )
    bound = bool((costs >= (x < 0) + 0.5 * (x == 0)).all())
    axes.set_title("The cost lies above the step that counts wrong orders" if bound else "The cost cuts the step")
    told = "Nowhere is the cost below the step" if bound else "The cost falls below the step"
    return (
        f"Cost of a triple by its margin x, from {costs[0]:.2f} at x = {x[0]:g} down to {costs[-1]:.2f} at "
        f"x = {x[-1]:g}, and a step that is 1 for x < 0, ½ at 0 and 0 for x > 0. At x = {margin:g} the cost is "
        f"{costing:.2f} and the step {step:g}. {told}."
    )
