"""Every number that another library reported is explained by our own functions under that library's convention."""

import dataclasses

import pytest

from recmath_lib import metrics, zoo

ROWS = zoo.load().rows
LIBRARIES = {"scikit-learn", "pytrec_eval", "ir_measures", "ranx", "LightGBM", "XGBoost"}


def name(row):
    return f"{row.library} {row.call} {row.metric} of {row.list_name}"


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_explains_what_the_library_reports(row):
    assert zoo.explain(row) == pytest.approx(row.value, abs=1e-9)


def test_every_library_is_asked_for_what_it_can_report():
    asked = {(row.library, row.metric) for row in ROWS}
    assert asked >= {(library, "NDCG@2") for library in LIBRARIES}
    assert asked >= {(library, "AP@2") for library in LIBRARIES - {"scikit-learn"}} | {("scikit-learn", "AP")}
    for list_name in ("exercise", "exercise, all tied", "nothing relevant"):
        assert {row.library for row in ROWS if row.list_name == list_name} == LIBRARIES


def test_every_convention_is_met_and_makes_a_difference():
    assert {row.convention for row in ROWS} == set(zoo.CONVENTIONS)
    values = {metric: {round(row.value, 9) for row in ROWS if row.metric == metric} for metric in ("NDCG@2", "AP@2")}
    reported = {row.library: row.value for row in zoo.load().select("exercise", "AP@2")}
    assert reported["pytrec_eval"] == 0.5 and reported["LightGBM"] == 1
    assert len(values["NDCG@2"]) > 10 and len(values["AP@2"]) > 4


def test_ours_is_among_the_conventions():
    row = next(row for row in ROWS if "ours" in zoo.CONVENTIONS[row.convention].says and row.metric == "NDCG@5")
    given = zoo.load().lists[row.list_name]
    assert metrics.ndcg_from_scores(given.labels, given.scores, row.k) == pytest.approx(row.value, abs=1e-9)


def test_a_selection_is_one_list_and_one_metric():
    chosen = zoo.load().select("exercise", "NDCG@2")
    assert {(row.list_name, row.metric, row.k) for row in chosen} == {("exercise", "NDCG@2", 2)}
    assert zoo.load().select("exercise", "NDCG@77") == ()


def test_refuses_a_row_it_does_not_know():
    with pytest.raises(ValueError, match="row must name a list and a convention of the zoo, got "):
        zoo.explain(dataclasses.replace(ROWS[0], convention="by the moon"))
