"""What the benchmarks of fits share: two sides take turns, and each ratio compares the same moment of the machine."""

import gc
import time
from collections.abc import Callable
from typing import Any

import numpy as np

Run = Callable[[], Any]


def seconds(run: Run) -> float:
    """By the wall clock, because both sides may use two cores."""
    gc.collect()
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def turns(ours: Run, peer: Run, rounds: int = 5) -> tuple[list[float], list[float]]:
    """Seconds of both sides, turn by turn, after one run of each that is not counted."""
    ours(), peer()
    pairs = [(seconds(ours), seconds(peer)) for _ in range(rounds)]
    return [mine for mine, _ in pairs], [its for _, its in pairs]


def spread(values: list[float], digits: int = 2) -> str:
    median, least, most = float(np.median(values)), min(values), max(values)
    return f"{median:.{digits}f} ({least:.{digits}f} to {most:.{digits}f})"


def compare(name: str, mine: list[float], its: list[float], least: float | None) -> str:
    """A row of a table: the peer's seconds, ours, their ratio, the least ratio wanted (if any) and if it is reached."""
    ratios = [theirs / our for our, theirs in zip(mine, its, strict=True)]
    verdict = "" if least is None else f"{least:.2f} {'met' if np.median(ratios) >= least else 'MISSED'}"
    return f"{name:28}{spread(its, 3):>26}{spread(mine, 3):>26}{spread(ratios):>24}  {verdict}"


HEAD = f"{'median (least to most)':28}{'seconds, the peer':>26}{'seconds, ours':>26}{'ratio':>24}  least wanted"
