"""Widgets of factorizations: the curves of a training, the landscape, the sweeps of ALS, over all their states."""

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from matplotlib.text import Text
from test_plots_factors import CURVES, LABELLED, TITLES, loss, paths, run
from test_widgets import (  # noqa: F401  (the tests of every widget, here on the widgets made below)
    test_a_redraw_takes_little_processor_time,
    test_an_error_is_shown_where_you_look_then_raised,
    test_every_control_has_a_name_to_be_read,
    test_every_state_draws_and_describes_itself,
    test_nothing_is_cut_or_small_in_any_state,
    test_the_png_on_the_screen_is_the_canvas,
    test_what_moves_is_where_a_full_drawing_puts_it,
    test_without_a_kernel_there_is_the_same_picture,
)

from recmath_lib.plots.landscape import Walk, landscape_message
from recmath_lib.plots.sweeps import Setting
from recmath_lib.teaching import predict
from recmath_lib.widgets import als_sweeps, loss_landscape, training_curves

REGS, SOME_REGS, RANKS = tuple(tenth / 10 for tenth in range(16)), (0.0, 0.2, 1.2), (1, 2, 5)


def landscape(**options):
    return loss_landscape(loss, paths, **{"regs": SOME_REGS, **options})


def sweeps(**options):
    return als_sweeps(run, TITLES, LABELLED, **{"regs": (0.1, 2, 1e6), "ranks": RANKS, **options})


MADE = {
    "curves": lambda: training_curves(CURVES, unit="epoch", step=1),
    "landscape": landscape,
    "sweeps": sweeps,
}


@pytest.fixture(params=MADE)
def panel(request):
    return MADE[request.param]()


# ---- the curves of a training ----------------------------------------------------------------------------------------


def test_the_slider_moves_the_marker_and_the_caption_compares_with_the_best_step():
    panel = MADE["curves"]()
    assert panel.state == 1
    for step in range(5):
        panel.controls["step"].value = step
        train, held_out = CURVES["train"][step], CURVES["held out"][step]
        assert f"The marker stands at epoch {step}: train = {train:.4f}, held out = {held_out:.4f}." in panel.live.alt
        assert f">{train:.4f}<" in panel.caption and f">{held_out:.4f}<" in panel.caption
        assert f">{held_out - 0.8:+.4f}<".replace("-", "−") in panel.caption
        assert "epoch 2, lowest held out" in panel.caption


def test_steps_may_begin_at_one():
    panel = training_curves(CURVES, first=1)
    assert (panel.controls["step"].min, panel.controls["step"].max, panel.state) == (1, 5, 5)
    assert "held out is lowest at step 3".lower() in panel.live.alt.lower()


def test_a_step_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="step must be an integer from 0 to 4, got 9"):
        training_curves(CURVES, step=9)


# ---- the landscape ---------------------------------------------------------------------------------------------------


def test_every_reg_and_start_says_where_the_ways_end():
    panel = loss_landscape(loss, paths)
    terrain = panel.live.stage.terrain
    stops = [round(-2.5 + stop / 2, 1) for stop in range(11)]
    seen = set()
    for reg, p, q in product(REGS, stops, stops):
        walk = Walk(reg, (p, q))
        message = landscape_message(terrain.look(walk), walk)
        assert len(message) < 78  # as many letters as the figure has room for
        ends = {name: path[-1] for name, path in paths((p, q), reg).items()}
        least = 2 * reg - reg**2 if reg < 1 else 1.0
        all_there = all(loss(*end, reg) - least < 1e-3 for end in ends.values())
        assert ("Steps: " in message or "curve" in message) == (all_there or reg >= 1), (walk, message)
        if message.startswith("The same minimum"):
            assert np.linalg.norm(np.subtract(*ends.values())) < 0.3
        if message.startswith("Two minima"):
            assert np.linalg.norm(np.subtract(*ends.values())) > 0.3
        seen.add(message.split(":")[0].split(".")[0][:20])
    assert len(seen) > 5


def test_the_sliders_move_reg_and_start_and_the_caption_has_the_ends():
    panel = landscape(reg=0.2, start=(1.0, 2.0))
    panel.controls["reg"].value = 1.2
    panel.controls["p"].value = -0.30000000000000004
    panel.controls["q"].value = 0.7
    assert panel.state == Walk(1.2, (-0.3, 0.7))
    for way in paths((-0.3, 0.7), 1.2).values():
        p, q = way[-1] + 0.0
        assert f">{p:.3f}<" in panel.caption and f">{q:.3f}<" in panel.caption
        assert f">{loss(p, q, 1.2):.4f}<" in panel.caption
    assert "least possible" in panel.caption and ">1.0000<" in panel.caption
    assert "From p = -0.3, q = 0.7" in panel.live.alt


def test_a_start_of_minus_zero_is_zero():
    panel = landscape(start=(0.1, 0.1))
    panel.controls["p"].value = -1e-17
    assert math.copysign(1, panel.state.start[0]) == 1


def test_no_mark_leaves_the_picture():
    panel = landscape()
    for state in panel.states():
        panel.live.stage.draw(state)
        stage = panel.live.stage
        low, high = stage.start.axes.get_xlim()
        for marks in (stage.start, stage.minima, stage.saddle):
            assert all(low < value < high for value in np.ravel(marks.get_data()))
        heights = [np.asarray(way.falling.get_ydata()) for way in stage.ways.values()]
        bottom, top = stage.ways["SGD"].falling.axes.get_ylim()
        assert all(bottom < np.nanmin(each) and np.nanmax(each) < top for each in heights)


def test_ways_are_told_apart_by_more_than_colour():
    ways = landscape().live.stage.ways.values()
    assert len({way.line.get_marker() for way in ways}) == len({way.line.get_linestyle() for way in ways}) == 2


def test_a_way_that_breaks_is_shown_as_an_error():
    def broken(start, reg):
        return paths(start, reg) if reg < 1 else {"SGD": [1.0]}

    panel = loss_landscape(loss, broken, regs=SOME_REGS)
    with pytest.raises(ValueError, match="paths"):
        panel.controls["reg"].value = 1.2
    assert 'role="alert"' in panel.alert and "must have shape" in panel.alert and panel.state.reg == 0.2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reg": 0.3}, r"reg must be one of \[0.0, 0.2, 1.2\], got 0.3"),
        ({"regs": (0.2, -1)}, "regs must be a finite number >= 0, got -1"),
        ({"start": (9.0, 0.0)}, "start must be two numbers from -2.5 to 2.5"),
    ],
)
def test_a_landscape_that_does_not_fit_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        landscape(**change)


# ---- the sweeps of ALS -----------------------------------------------------------------------------------------------


def test_each_control_leads_to_its_run_and_its_sweep():
    panel = sweeps()
    assert panel.state == Setting(6, 2, 2.0, False)  # the middle of each, and the last sweep
    panel.controls["weighted"].value = True
    panel.controls["n_factors"].value = 5
    panel.controls["reg"].value = 0.1
    panel.controls["step"].value = 2
    assert panel.state == Setting(2, 5, 0.1, True)
    assert "after sweep 2 of 6, n_factors 5, reg 0.1, penalty once per rating" in panel.live.alt
    assert "weighted objective, minimized" in panel.caption and ">50.1000<" in panel.caption
    assert ">60.0000<" in panel.caption and ">+10.0000<" in panel.caption


def test_the_caption_counts_rises_so_far_and_later():
    panel = sweeps()
    for step, (so_far, later) in {1: ("never", "once"), 2: ("once", "never"), 6: ("once", "never")}.items():
        panel.controls["step"].value = step
        watched = panel.caption.split("weighted objective")[1]
        assert watched.count(">never<") + watched.count(">once<") == 2
        assert watched.index(f">{so_far}<") < watched.rindex(f">{later}<")


def test_a_run_is_computed_once_and_only_when_it_is_looked_at():
    calls = []

    def counted(*setting):
        calls.append(setting)
        return run(*setting)

    panel = als_sweeps(counted, TITLES, LABELLED, regs=(0.1, 2), ranks=(2, 5), reg=0.1, n_factors=2)
    assert calls == [(2, 0.1, False)]
    for step in (1, 2, 3):
        panel.controls["step"].value = step
    panel.controls["n_factors"].value = 5
    panel.controls["n_factors"].value = 2
    assert calls == [(2, 0.1, False), (5, 0.1, False)]
    als_sweeps(counted, TITLES, LABELLED, regs=(0.1, 2), ranks=(2, 5), eager=True)
    assert len(calls) == 2 + 8 == 2 + len(set(calls[2:]))


def test_no_point_leaves_the_map_and_no_title_leaves_its_axes():
    panel = sweeps()
    land = panel.live.stage.map.axes
    frame = land.get_window_extent()
    for state in panel.states():
        panel.live.stage.draw(state)
        for dots in panel.live.stage.map.dots:
            assert np.abs(dots.get_data()).max(initial=0) <= 1 + 1e-9
        for title in panel.live.stage.map.titles:
            box = title.get_window_extent()
            assert frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1


def test_the_numbers_at_the_edges_follow_the_run():
    panel = sweeps()
    for state in panel.states()[::5]:
        panel.show(state)
        edge = panel.live.stage.runs.of(state).edge
        texts = [text.get_text() for text in panel.live.stage.map.axes.findobj(Text)]
        assert texts.count(f"{edge:g}") == texts.count(f"−{edge:g}") == 2 and f"Edges at {edge:g}." in panel.live.alt


def test_sweeps_of_another_number_are_an_error_that_is_seen():
    panel = als_sweeps(
        lambda k, reg, weighted: (
            run(k, reg, weighted) if k < 5 else ([np.ones((6, 5))] * 2, {"a": [1, 2], "b": [1, 2]})
        ),
        TITLES,
        LABELLED,
        regs=(0.1,),
        ranks=(2, 5),
        n_factors=2,
    )
    with pytest.raises(ValueError, match="run must always give equally many sweeps, got 2 after 6"):
        panel.controls["n_factors"].value = 5
    assert 'role="alert"' in panel.alert and panel.state.n_factors == 2


def test_the_state_it_starts_from_is_not_changed():
    panel = sweeps()
    before = panel.state
    panel.controls["step"].value = 1
    assert before == Setting(6, 2, 2.0, False) and panel.state == replace(before, step=1)


@pytest.mark.parametrize("make", [landscape, sweeps, lambda **options: training_curves(CURVES, **options)])
def test_the_caption_sets_the_prediction_beside_what_is_seen(make, capsys):
    predict("99.w8", "it falls", ["it falls", "it rises"])
    assert "You predicted: <b>it falls</b>" in make(widget_id="99.w8").caption
    assert "You predicted" not in make(widget_id="99.never").caption


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reg": 0.3}, r"reg must be one of the stops \[0.1, 2, 1000000.0\], got 0.3"),
        ({"n_factors": 4}, r"n_factors must be one of the stops \[1, 2, 5\], got 4"),
        ({"regs": ()}, r"reg must be one of the stops \[\], got None"),
        ({"ranks": (0, 1)}, "n_factors must be an integer >= 1, got 0"),
        ({"regs": (-1, 1)}, "reg must be a finite number >= 0, got -1"),
        ({"step": 7}, "step must be an integer from 1 to 6, got 7"),
        ({"weighted": None}, "weighted must be True or False, got None"),
    ],
)
def test_settings_that_do_not_exist_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        sweeps(**change)
