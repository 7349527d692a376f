"""The widget of lesson 01: the objective of one rating as a landscape, and how trainers walk down in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

import ipywidgets  # type: ignore[import-untyped]
import numpy as np

from recmath_lib._arguments import at_least_zero
from recmath_lib.plots.landscape import THERE, Loss, Paths, Terrain, Trail, Walk, landscape_scene, walk_of
from recmath_lib.widgets.panel import Panel, prediction_told, value_table

REGS = tuple(tenth / 10 for tenth in range(16))
STOP = 0.1  # where the start can stop


def loss_landscape(
    loss: Loss,
    paths: Paths,
    *,
    reg: float = 0.2,
    start: tuple[float, float] = (-0.5, 2.0),
    reach: float = 2.5,
    regs: Sequence[float] = REGS,
    widget_id: str = "01.w1",
) -> Panel:
    """The objective of one rating over p and q: move the start and the penalty, see where each way down ends.

    Args:
        loss: objective from p, q and reg, on arrays; quadratic in p and in q, as (r - p q)² + reg (p² + q²) is.
        paths: points (p, q) from a start and a reg: for each trainer's name an array (steps + 1, 2), the start first.
            It is called as `paths((p, q), reg)`. One point per half-step shows alternating minimization best.
        reg: penalty weight to begin with, >= 0, one of `regs`.
        start: p and q to begin with, within ±reach; sliders move them by 0.1.
        reach: the picture shows -reach to reach in both directions.
        regs: the stops of the slider, increasing, >= 0.
        widget_id: the prediction that the caption repeats.

    Raises:
        ValueError: a reg that is not among regs, a negative one, a start outside, or paths of another shape.
    """
    terrain, stops = Terrain(loss, paths, reach), [at_least_zero(stop, "regs") for stop in regs]
    if reg not in stops:
        raise ValueError(f"reg must be one of {stops}, got {reg!r}")
    begin = walk_of(reg, start, reach)
    states = partial(landscape_states, stops, reach, begin)
    panel = Panel(landscape_scene(terrain, stops, begin), begin, partial(_ends_caption, terrain, widget_id), states)
    options = [(f"{stop:g}", stop) for stop in stops]
    panel.add("reg", ipywidgets.SelectionSlider(options=options, value=reg, description="reg"), _with_reg)
    panel.add("p", _place_slider("start p", begin.start[0], reach), partial(_with_place, 0))
    panel.add("q", _place_slider("start q", begin.start[1], reach), partial(_with_place, 1))
    return panel


def _place_slider(name: str, place: float, reach: float) -> Any:
    return ipywidgets.FloatSlider(place, min=-reach, max=reach, step=STOP, description=name, readout_format=".1f")


def _with_reg(walk: Walk, reg: float) -> Walk:
    return replace(walk, reg=reg)


def _with_place(axis: int, walk: Walk, place: float) -> Walk:
    p, q = walk.start
    place = round(place, 2) + 0.0  # 0.3, not 0.30000000000000004, and 0, not -0
    return replace(walk, start=(place, q) if axis == 0 else (p, place))


def landscape_states(regs: Sequence[float], reach: float, begin: Walk) -> list[Walk]:
    """Every reg with starts all over the picture, and every stop of one slider with the others as they begin."""
    coarse = [-reach, -1.0, 0.0, 1.0, reach]
    stops = [round(-reach + STOP * stop, 2) + 0.0 for stop in range(round(2 * reach / STOP) + 1)]
    spread = [Walk(reg, start) for reg, start in product(regs, product(coarse, coarse))]
    return [*spread, *(_with_place(axis, begin, stop) for axis in (0, 1) for stop in stops)]


def _ends_caption(terrain: Terrain, widget_id: str, walk: Walk) -> str:
    sight = terrain.look(walk)
    names = [f"steps to within {THERE:g}", "ends at p", "q", "p · q", "objective"]
    rows = [(name, _end_cells(trail, sight.least)) for name, trail in sight.trails.items()]
    return prediction_told(widget_id) + value_table(
        names, [*rows, ("least possible", [""] * 4 + [f"{sight.least:.4f}"])]
    )


def _end_cells(trail: Trail, least: float) -> list[str]:
    if trail.lost:
        return [trail.told, "", "", "", "beyond all bounds"]
    p, q = np.round(trail.end, 3) + 0.0  # no -0.000
    return [trail.told, f"{p:.3f}", f"{q:.3f}", f"{np.prod(trail.end) + 0.0:.3f}", f"{least + trail.above[-1]:.4f}"]
