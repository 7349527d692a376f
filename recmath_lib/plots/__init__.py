"""Pictures of the lessons: `base` is the house style and what all share, the other modules hold the scenes."""

from recmath_lib.plots.base import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PALE,
    PURPLE,
    SKY,
    VERMILLION,
    YELLOW,
    house,
    picture,
)
from recmath_lib.plots.bounds import cost_and_step
from recmath_lib.plots.bpr import triple_step
from recmath_lib.plots.epochs import ranking_epochs
from recmath_lib.plots.factor_map import factor_map
from recmath_lib.plots.landscape import loss_landscape
from recmath_lib.plots.metrics import discount_curves, gain_bars, intervals, precision_recall_steps, staircase
from recmath_lib.plots.ranking import pair_push, ranking_forces
from recmath_lib.plots.spectra import direction_ends, scree
from recmath_lib.plots.spectrum import rank_explorer
from recmath_lib.plots.swaps import swap_heat_map
from recmath_lib.plots.sweeps import als_sweeps
from recmath_lib.plots.taste import Taste, taste_picture
from recmath_lib.plots.training import training_curves

__all__ = [
    "BLACK",
    "BLUE",
    "GREEN",
    "GREY",
    "INK",
    "ORANGE",
    "PALE",
    "PURPLE",
    "SKY",
    "VERMILLION",
    "YELLOW",
    "Taste",
    "als_sweeps",
    "cost_and_step",
    "direction_ends",
    "discount_curves",
    "factor_map",
    "gain_bars",
    "house",
    "intervals",
    "loss_landscape",
    "pair_push",
    "picture",
    "precision_recall_steps",
    "rank_explorer",
    "ranking_epochs",
    "ranking_forces",
    "scree",
    "staircase",
    "swap_heat_map",
    "taste_picture",
    "training_curves",
    "triple_step",
]
