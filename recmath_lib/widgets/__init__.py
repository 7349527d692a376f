"""Things to move: `panel` is what every widget is made of, the other modules hold the widgets of the lessons."""

from recmath_lib.widgets.bpr import ranking_epochs, triple_step
from recmath_lib.widgets.factor_map import factor_map
from recmath_lib.widgets.landscape import loss_landscape
from recmath_lib.widgets.metrics import metric_staircase, ranking_playground
from recmath_lib.widgets.ranking import ranking_forces, swap_heat_map
from recmath_lib.widgets.spectrum import rank_explorer
from recmath_lib.widgets.sweeps import als_sweeps
from recmath_lib.widgets.taste import taste_panel
from recmath_lib.widgets.training import training_curves

__all__ = [
    "als_sweeps",
    "factor_map",
    "loss_landscape",
    "metric_staircase",
    "rank_explorer",
    "ranking_epochs",
    "ranking_forces",
    "ranking_playground",
    "swap_heat_map",
    "taste_panel",
    "training_curves",
    "triple_step",
]
