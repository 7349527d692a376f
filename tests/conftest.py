"""What all tests share: pictures without a screen, the same examples in every run, the tools within reach."""

import sys
from pathlib import Path

import matplotlib
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))
matplotlib.use("Agg")  # not MPLBACKEND: the kernels of the notebook tests would inherit it
settings.register_profile("course", derandomize=True, deadline=None, database=None)
settings.load_profile("course")
