"""The metric zoo: what other libraries report for the same ranked lists, and the convention that explains each number.

The numbers were recorded with the libraries themselves (benchmarks/record_metrics.py); `explain` computes each of them
with `recmath_lib.metrics` and nothing else.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from types import MappingProxyType
from typing import Literal

from recmath_lib import metrics


@dataclass(frozen=True)
class Convention:
    """What a library means by a metric.

    gain: "exp" or "linear" for NDCG, None for AP.
    ties: equal scores in input "order"; "backwards", the last one first; "average" over the tied orders; or
        "together", one step of the recall for all of them.
    divide_by: AP is divided by all "relevant" films, or by the "reachable" ones, min(k, relevant).
    empty: the value of a query without a relevant film.
    says: the convention in a sentence.
    """

    gain: metrics.Gain | None
    ties: Literal["order", "backwards", "average", "together"]
    divide_by: Literal["relevant", "reachable"]
    empty: float
    says: str


@dataclass(frozen=True)
class RankedList:
    """Labels and scores of one query in input order, and the labels of judged films that were not ranked at all."""

    labels: tuple[float, ...]
    scores: tuple[float, ...]
    unranked: tuple[float, ...]


@dataclass(frozen=True)
class Row:
    """One recorded number: `call` of `library` reports `value` for `metric` (cut at k, None for no cut) on a list."""

    library: str
    version: str
    call: str
    metric: str
    k: int | None
    list_name: str
    value: float
    convention: str


@dataclass(frozen=True)
class Zoo:
    """All recorded rows, and the lists they were recorded on by name."""

    rows: tuple[Row, ...]
    lists: Mapping[str, RankedList]

    def select(self, list_name: str, metric: str) -> tuple[Row, ...]:
        """The rows of one list and one metric, such as ("exercise", "NDCG@2"); none recorded gives an empty tuple."""
        return tuple(row for row in self.rows if (row.list_name, row.metric) == (list_name, metric))


CONVENTIONS = {
    "linear, ties averaged": Convention(
        "linear", "average", "relevant", 0, "The label itself is the gain; equal scores share the mean of their gains."
    ),
    "linear, no ties allowed": Convention(
        "linear", "order", "relevant", 0, "The label itself is the gain; equal scores come in no order you can rely on."
    ),
    "linear, ties backwards": Convention(
        "linear", "backwards", "relevant", 0, "The label itself is the gain; of equal scores the last film comes first."
    ),
    "linear, ties in order": Convention(
        "linear", "order", "relevant", 0, "The label itself is the gain; equal scores keep their input order."
    ),
    "linear, ties in order, empty 1": Convention(
        "linear", "order", "relevant", 1, "The label itself is the gain; a query with nothing relevant counts as 1."
    ),
    "exponential, ties in order": Convention(
        "exp", "order", "relevant", 0, "The gain is 2**label - 1; equal scores keep their input order: ours."
    ),
    "exponential, ties in order, empty 1": Convention(
        "exp", "order", "relevant", 1, "The gain is 2**label - 1; a query with nothing relevant counts as 1."
    ),
    "steps of tied scores": Convention(
        None, "together", "relevant", 0, "Films of equal score enter together: one step of recall for all of them."
    ),
    "all relevant, ties backwards": Convention(
        None, "backwards", "relevant", 0, "Divides by all relevant films; of equal scores the last film comes first."
    ),
    "all relevant, ties in order": Convention(
        None, "order", "relevant", 0, "Divides by all relevant films; equal scores keep their input order."
    ),
    "min(k, relevant)": Convention(
        None, "order", "reachable", 0, "Divides by the hits that k places can hold; nothing relevant counts as 0: ours."
    ),
    "min(k, relevant), empty 1": Convention(
        None, "order", "reachable", 1, "Divides by the hits that k places can hold; nothing relevant counts as 1."
    ),
}


@cache
def load() -> Zoo:
    """The recorded numbers, in the order in which they were recorded."""
    recorded = json.loads(files("recmath_lib").joinpath("data/metric_zoo.json").read_text(encoding="utf-8"))
    lists = {
        name: RankedList(**{field: tuple(values) for field, values in fields.items()})
        for name, fields in recorded["lists"].items()
    }
    rows = (Row(version=recorded["versions"][row["library"]], **row) for row in recorded["rows"])
    return Zoo(tuple(rows), MappingProxyType(lists))


def explain(row: Row) -> float:
    """The number of a row, computed by `recmath_lib.metrics` under the row's convention.

    Raises:
        ValueError: a row whose list or convention is unknown.
    """
    if row.convention not in CONVENTIONS or row.list_name not in load().lists:
        raise ValueError(f"row must name a list and a convention of the zoo, got {row}")
    convention, given = CONVENTIONS[row.convention], load().lists[row.list_name]
    if not any(given.labels + given.unranked):
        return convention.empty
    if convention.gain is None:
        return _average_precision(given, row.k, convention)
    if convention.ties == "average":
        return metrics.ndcg_from_scores(given.labels, given.scores, row.k, convention.gain, ties="average")
    return metrics.ndcg_at_k(_ranked(given, convention), row.k, given.labels + given.unranked, convention.gain)


def _average_precision(given: RankedList, k: int | None, convention: Convention) -> float:
    ranked = _ranked(given, convention)
    n_relevant = sum(label > 0 for label in given.labels + given.unranked)
    if convention.ties == "together":
        return _area_of_tied_steps(ranked, given.scores)
    if convention.divide_by == "reachable":
        return metrics.average_precision(ranked, n_relevant, k)
    return metrics.average_precision(ranked[:k], n_relevant)


def _ranked(given: RankedList, convention: Convention) -> list[float]:
    places = range(len(given.scores))
    order = sorted(reversed(places) if convention.ties == "backwards" else places, key=lambda i: -given.scores[i])
    return [given.labels[i] for i in order]


def _area_of_tied_steps(ranked: list[float], scores: tuple[float, ...]) -> float:
    """Precision times the step of recall, Eq. (4.6), where a step is taken only after the last film of a tie."""
    ends = [
        rank for rank, (here, below) in enumerate(pairwise([*sorted(scores, reverse=True), None]), 1) if here != below
    ]
    recalls = pairwise([0.0, *(metrics.recall_at_k(ranked, rank) for rank in ends)])
    heights = (metrics.precision_at_k(ranked, rank) for rank in ends)
    return sum((now - before) * height for (before, now), height in zip(recalls, heights, strict=True))
