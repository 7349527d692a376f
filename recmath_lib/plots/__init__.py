"""Pictures of the lessons: `house` is the style and the machinery that all share, the other modules hold the scenes."""

from recmath_lib.plots.metrics import discount_curves, gain_bars, intervals, precision_recall_steps, staircase
from recmath_lib.plots.taste import taste_picture
from recmath_lib.plots.training import training_curves

__all__ = [
    "discount_curves",
    "gain_bars",
    "intervals",
    "precision_recall_steps",
    "staircase",
    "taste_picture",
    "training_curves",
]
