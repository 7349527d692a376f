"""Widgets of ranking losses: one triple, the epochs, the forces, the swaps, over all their states."""

import math
import re

import numpy as np
import pytest
from test_plots_ranking import (
    CURVES,
    FORCES,
    GRADES,
    SCORES,
    STARTS,
    TABLES,
    TITLES,
    judged,
    swapped_ndcg,
    triple_gradient,
)
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

from recmath_lib.plots.bpr import Triple
from recmath_lib.plots.ranking import Pushed
from recmath_lib.teaching import predict
from recmath_lib.widgets import ranking_epochs, ranking_forces, swap_heat_map, triple_step


def triple(**options):
    return triple_step(triple_gradient, STARTS, **{"n_steps": 6, "reg": 0.01, **options})


def epochs(**options):
    return ranking_epochs(TABLES, CURVES, TITLES, [0, 2], **options)


def forces(**options):
    stops = {"slopes": (0.5, 1.0, 2.0), "cuts": (1, 3, 6), "n_steps": 4}
    return ranking_forces(SCORES, GRADES, TITLES, FORCES, judged, **{**stops, **options})


def swaps(**options):
    return swap_heat_map(SCORES, GRADES, TITLES, swapped_ndcg, **{"cuts": range(1, 7), **options})


MADE = {"triple": triple, "epochs": epochs, "forces": forces, "swaps": swaps}


@pytest.fixture(params=MADE)
def panel(request):
    return MADE[request.param]()


@pytest.mark.parametrize("name", MADE)
def test_the_caption_sets_the_prediction_beside_what_is_seen(name, capsys):
    predict("99.w8", "it turns", ["it turns", "it rises"])
    assert "You predicted: <b>it turns</b>" in MADE[name](widget_id="99.w8").caption
    assert "You predicted" not in MADE[name](widget_id="99.never").caption


# ---- one triple ------------------------------------------------------------------------------------------------------


def test_controls_lead_to_every_setting():
    panel = triple()
    assert panel.state == Triple(0, "wrong order", 0.2) and len(panel.states()) == 3 * 5 * 7
    panel.controls["step"].value = 3
    panel.controls["start"].value = "settled"
    panel.controls["lr"].value = 1.0
    assert panel.state == Triple(3, "settled", 1.0)


def test_the_buttons_step_to_the_end_and_back_to_the_start():
    panel = triple(n_steps=2)
    seen = []
    for _ in range(3):
        panel.controls["next"].click()
        seen.append((panel.state.step, panel.controls["step"].value))
    assert seen == [(1, 1), (2, 2), (2, 2)]
    panel.controls["reset"].click()
    assert (panel.state.step, panel.controls["step"].value) == (0, 0)


def test_an_error_behind_a_step_button_is_shown(monkeypatch, caplog):
    panel = triple()
    monkeypatch.setattr(panel.live.stage, "draw", lambda state: 1 / 0)
    panel.controls["next"].click()  # ipywidgets catches what a button raises, and only logs it
    assert 'role="alert"' in panel.alert and "division by zero" in panel.alert


def test_the_caption_has_margin_probability_push_and_loss_of_every_state():
    panel = triple()
    for state in panel.states():
        panel.show(state)
        arrows = np.array(STARTS[state.start])
        for step in range(state.step + 2):
            x = float(arrows[0] @ (arrows[1] - arrows[2]))
            if step in (0, state.step, state.step + 1):
                sigma = 1 / (1 + math.exp(-x))
                cells = f"{sigma:.4f}", f"{1 - sigma:.4f}", f"{math.log1p(math.exp(-x)):.4f}"
                assert all(f">{cell}<" in panel.caption for cell in cells), (state, step)
            arrows = arrows - state.lr * triple_gradient(*arrows, 0.01)


def test_an_lr_between_the_stops_is_refused():
    with pytest.raises(ValueError, match=r"lr must be one of the stops \[0\.05, 0\.1, 0\.2, 0\.5, 1\.0\], got 0\.3"):
        triple(lr=0.3)


# ---- the epochs ------------------------------------------------------------------------------------------------------


def test_the_slider_tells_each_epoch_and_the_best_ones():
    panel = epochs()
    assert panel.state == 4
    for step in range(5):
        panel.controls["step"].value = step
        for name, values in CURVES.items():
            assert f">{values[step]:.4f}<" in panel.caption
            best = min(values) if name == "loss" else max(values)
            assert f">{best:.4f}<" in panel.caption and f">{values.index(best)}<" in panel.caption


# ---- the forces ------------------------------------------------------------------------------------------------------


def test_slope_and_k_lead_to_every_setting_and_ndcg_is_told_after_each_step():
    panel = forces()
    assert panel.state == Pushed(0, 1.0, 3) and len(panel.states()) == 3 * 3 * 5
    rates = panel.live.stage.races.lr
    for slope in (0.5, 1.0, 2.0):
        panel.controls["slope"].value = slope
        for k in (1, 3, 6):
            panel.controls["k"].value = k
            now = {name: np.array(SCORES) for name in FORCES}
            for step in range(5):
                panel.controls["step"].value = step
                assert panel.state == Pushed(step, slope, k)
                for name, scores in now.items():
                    assert f">{judged(scores, GRADES, k):.4f}<" in panel.caption
                    gradient = FORCES[name](scores, GRADES, slope, k)
                    hardest = abs(gradient[np.argmax(np.abs(gradient))])
                    row = panel.caption.split(f"{name}, lr {rates[name]:g}<")[1].split("</tr>")[0]
                    told = re.findall(r">([+−][\d.]+)<", row)[-1].replace("−", "-")
                    assert abs(float(told)) == pytest.approx(hardest, abs=1e-4)
                    now[name] = scores - rates[name] * gradient


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"slope": 3}, r"slope must be one of the stops \[0\.5, 1\.0, 2\.0\], got 3"),
        ({"k": 2}, r"k must be one of the stops \[1, 3, 6\], got 2"),
        ({"cuts": (1, 7)}, "k must be an integer from 1 to 6, got 7"),
        ({"slopes": (0.0, 1.0)}, "slope must be a finite number > 0, got 0.0"),
        ({"slopes": ()}, r"slope must be one of the stops \[\], got None"),
    ],
)
def test_stops_that_do_not_exist_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        forces(**change)


# ---- the swaps -------------------------------------------------------------------------------------------------------


def test_the_caption_counts_the_pairs_of_every_k():
    panel = swaps(k=1)
    for k in range(1, 7):
        panel.controls["k"].value = k
        change = swapped_ndcg(SCORES, GRADES, k)
        order = sorted(range(6), key=lambda film: (-SCORES[film], film))
        pairs = [(a, b) for a in range(6) for b in range(a)]
        counted = sum(change[order[a], order[b]] > 1e-9 for a, b in pairs)
        beyond = sum(b >= k for _, b in pairs)
        alike = sum(GRADES[order[a]] == GRADES[order[b]] and b < k for a, b in pairs)
        assert counted + beyond + alike == 15
        assert re.findall(r">(\d+)</td>", panel.caption) == [str(n) for n in (15, beyond, alike, counted)]
        assert f"{counted} of 15 pairs count" in panel.live.alt
