"""What lessons do with their reader: predictions and source."""

import ast

import pytest

from recmath_lib import metrics, teaching
from recmath_lib.teaching import predict, predicted, show_source

OPTIONS = ["it rises", "it falls", "it stays"]


def test_a_prediction_is_kept_and_told_in_one_stable_line(capsys):
    predict("99.w1", "it falls", OPTIONS)
    first = capsys.readouterr().out
    predict("99.w1", "it falls", OPTIONS)
    assert capsys.readouterr().out == first == '99.w1: you predict "it falls". Now look.\n'
    assert predicted("99.w1") == "it falls"


def test_without_a_choice_it_names_the_options_and_remembers_none(capsys):
    predict("99.w2", "it rises", OPTIONS)
    predict("99.w2", None, OPTIONS)
    line = capsys.readouterr().out.splitlines()[-1]
    assert all(option in line for option in OPTIONS)
    assert predicted("99.w2") is None
    assert predicted("99.never asked") is None


def test_a_choice_that_is_no_option_names_the_options_and_keeps_the_last_one():
    predict("99.w3", "it stays", OPTIONS)
    with pytest.raises(
        ValueError, match='choice must be one of "it rises", "it falls" or "it stays", or None; got \'up\''
    ):
        predict("99.w3", "up", OPTIONS)
    assert predicted("99.w3") == "it stays"


@pytest.mark.parametrize("options", [[], ["it rises"], ["it rises", "it rises"]])
def test_options_must_leave_a_choice(options):
    with pytest.raises(ValueError, match="options must be two or more different texts"):
        predict("99.w4", None, options)


def test_source_is_the_code_that_runs(monkeypatch):
    shown = []
    monkeypatch.setattr(teaching, "display", shown.append)
    show_source(metrics.dcg_at_k)
    bundle = shown[0]._repr_mimebundle_()
    (function,) = ast.parse(bundle["text/plain"]).body
    assert function.name == "dcg_at_k" and "# recmath_lib/metrics.py" in bundle["text/plain"]
    opening, *code, closing = bundle["text/markdown"].splitlines()
    assert (opening, closing) == ("````python", "````")
    assert "\n".join(code) + "\n" == bundle["text/plain"]


def test_what_has_no_python_source_is_refused():
    with pytest.raises(TypeError):
        show_source(len)
