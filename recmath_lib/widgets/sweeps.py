"""The widget of lesson 02: slide through the sweeps of ALS, under any penalty, and watch films and objectives move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import product

import ipywidgets  # type: ignore[import-untyped]

from recmath_lib.plots.sweeps import Run, Runs, Setting, Sweeps, checked_setting, setting_of, sweeps_scene, times_told
from recmath_lib.plots.training import number
from recmath_lib.widgets.panel import Panel, prediction_told, value_table

PENALTIES = (("once per row", False), ("once per rating", True))


def als_sweeps(
    run: Run,
    titles: Sequence[str],
    labelled: Sequence[int],
    *,
    regs: Sequence[float],
    ranks: Sequence[int],
    reg: float | None = None,
    n_factors: int | None = None,
    weighted: bool = False,
    step: int | None = None,
    first: int = 1,
    eager: bool = False,
    widget_id: str = "02.w1",
) -> Panel:
    """The sweeps of ALS: a film map that moves, and both objectives, of which one never rises.

    Args:
        run: `run(n_factors, reg, weighted)` gives (positions, curves): item factors by sweep, each (n, k), and two
            objectives by sweep, {"plain": ..., "weighted": ...}: first the one that weighted=False minimizes. It is
            called once for each setting, and must give equally many sweeps each time.
        titles: by item, shape (n,).
        labelled: the items whose titles are shown, up to eight or so.
        regs: the stops of reg, >= 0.
        ranks: the stops of n_factors, >= 1.
        reg, n_factors: where they stand to begin with; None for the middle stop.
        weighted: the penalty to begin with: False once per row, True once per rating.
        step: the sweep to begin with; None for the last.
        first: number of the first sweep; 0 if `run` gives the start too.
        eager: True computes all runs at once, so that no slider has to wait for one.
        widget_id: the prediction that the caption repeats.

    Raises:
        ValueError: a setting, a step or an item that does not exist, or a run of another shape.
    """
    start = _start_setting(regs, ranks, reg, n_factors, weighted)
    runs = Runs(run, titles, labelled, start, first)
    begin = checked_setting(runs, start, step)
    states = sweep_states(runs, regs, ranks)
    if eager:
        for state in states:
            runs.of(state)
    panel = Panel(sweeps_scene(runs), begin, partial(_rises_caption, runs, widget_id), lambda: states)
    _add_controls(panel, runs, begin, regs, ranks)
    return panel


def _start_setting(
    regs: Sequence[float], ranks: Sequence[int], reg: float | None, n_factors: int | None, weighted: bool
) -> Setting:
    for name, stops, value in (("reg", regs, reg), ("n_factors", ranks, n_factors)):
        if not len(stops) or (value is not None and value not in stops):
            raise ValueError(f"{name} must be one of the stops {list(stops)}, got {value!r}")
    checked = [setting_of(0, rank, stop, weighted) for rank, stop in product(ranks, regs)]
    middle = checked[(len(ranks) // 2) * len(regs) + len(regs) // 2]
    return replace(
        middle,
        reg=middle.reg if reg is None else float(reg),
        n_factors=middle.n_factors if n_factors is None else int(n_factors),
    )


def _add_controls(panel: Panel, runs: Runs, begin: Setting, regs: Sequence[float], ranks: Sequence[int]) -> None:
    wide, ends = ipywidgets.Layout(width="560px"), {"min": runs.first, "max": runs.last}
    sweep = ipywidgets.IntSlider(begin.step, description="Sweep", layout=wide, **ends)
    panel.add("step", sweep, lambda setting, step: replace(setting, step=step))
    stops = [(f"{stop:g}", float(stop)) for stop in regs]
    reg = ipywidgets.SelectionSlider(options=stops, value=begin.reg, description="reg")
    panel.add("reg", reg, lambda setting, value: replace(setting, reg=value))
    n_factors = ipywidgets.SelectionSlider(
        options=[int(k) for k in ranks], value=begin.n_factors, description="n_factors"
    )
    panel.add("n_factors", n_factors, lambda setting, value: replace(setting, n_factors=value))
    penalty = ipywidgets.Dropdown(options=PENALTIES, value=begin.weighted, description="Penalty")
    panel.add("weighted", penalty, lambda setting, value: replace(setting, weighted=value))


def sweep_states(runs: Runs, regs: Sequence[float], ranks: Sequence[int]) -> list[Setting]:
    """Every sweep of every run."""
    steps = range(runs.first, runs.last + 1)
    return [
        Setting(step, int(rank), float(reg), weighted)
        for rank, reg, (_, weighted), step in product(ranks, regs, PENALTIES, steps)
    ]


def _rises_caption(runs: Runs, widget_id: str, setting: Setting) -> str:
    run = runs.of(setting)
    names = [f"after sweep {setting.step}", "change by this sweep", f"risen up to sweep {setting.step}", "risen later"]
    rows = [
        (f"{name} objective{', minimized' if place == setting.weighted else ''}", _cells(run, name, setting.step))
        for place, name in enumerate(run.curves)
    ]
    return prediction_told(widget_id) + value_table(names, rows)


def _cells(run: Sweeps, name: str, step: int) -> list[str]:
    values, place = run.curves[name], step - run.first
    change = f"{values[place] - values[place - 1]:+,.4f}".replace("-", "−") if place else "–"
    risen, all_rises = len(run.rises(name, step)), len(run.rises(name))
    return [number(float(values[place])), change, times_told(risen), times_told(all_rises - risen)]
