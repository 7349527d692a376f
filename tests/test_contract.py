"""The contract of prose and code: the course keeps it, and each way to break it is found in a small course."""

from pathlib import Path
from textwrap import dedent

import bite
import contract
import equations
import nbformat
import pytest
from nbformat import v4

ROOT = Path(__file__).resolve().parents[1]


# ---- the course ------------------------------------------------------------------------------------------------------


def test_the_course_keeps_the_contract():
    assert contract.read(ROOT).equations, "no notebook shows an equation"
    assert contract.problems(contract.read(ROOT)) == []


def test_every_check_bites():
    assert bite.problems(ROOT) == []


def test_the_page_of_equations_is_current():
    page = (ROOT / equations.PAGE).read_text(encoding="utf-8")
    assert page == equations.page(contract.read(ROOT)), "run: python tools/equations.py --write"


# ---- a small course, and how it can be broken ------------------------------------------------------------------------

PROSE = r"""
The mean of $n$ numbers is, whatever `$$` they cost,

$$\bar x = \frac1n\sum_i x_i \tag{80.1}$$

and the middle of two by Eq. (80.1) is

$$\begin{align}
m = \tfrac12(a + b) \tag{80.2}
\end{align}$$
"""
DERIVATION = "$$2 m = a + b$$"
ASSERT = "a, b = 1, 2\nassert 2 * 1.5 == a + b"
LIBRARY = '''
"""Means, Eq. (80.1) and (80.2)."""


def mean(values):
    """The sum over the count, Eq. (80.1)."""
    return sum(values) / len(values)


def middle(a, b):
    """Half of the sum, Eq. (80.2); see Eq. (80.1)."""
    return (a + b) / 2
'''
TESTS = """
import pytest

from recmath_lib import means


@pytest.mark.equation("80.1")
@pytest.mark.equation("80.2")
def test_means():
    assert means.mean([1, 2, 6]) == 3
    assert means.middle(1, 2) == 1.5
"""


WHOLE = ((PROSE, ()), (DERIVATION, ("derivation",)), ASSERT)


def notebook(path, cells):
    """A notebook; Markdown cells come with their tags."""
    made = [
        v4.new_code_cell(cell, id=f"80_means-{number}")
        if isinstance(cell, str)
        else v4.new_markdown_cell(cell[0], id=f"80_means-{number}", metadata={"tags": list(cell[1])})
        for number, cell in enumerate(cells)
    ]
    path.parent.mkdir(exist_ok=True)
    nbformat.write(v4.new_notebook(cells=made), path)


def course(root, cells=WHOLE, library=LIBRARY, tests=TESTS, exercises=(), solutions=(), readme=""):
    """A course of one lesson in this folder."""
    for folder in ("recmath_lib", "tests", "site"):
        (root / folder).mkdir()
    for folder, content in (("notebooks", cells), ("exercises", exercises), ("solutions", solutions)):
        notebook(root / folder / "80_means.ipynb", content)
    (root / "recmath_lib/__init__.py").touch()
    (root / "recmath_lib/means.py").write_text(dedent(library), encoding="utf-8")
    (root / "tests/test_means.py").write_text(dedent(tests), encoding="utf-8")
    (root / "README.md").write_text(readme, encoding="utf-8")
    return root


def test_a_small_course_keeps_the_contract(tmp_path, capsys):
    assert equations.main(course(tmp_path), ["--check"]) == 0
    assert "every equation has code and a check that bites" in capsys.readouterr().out


def test_the_table_and_the_page_lead_from_an_equation_to_its_tests(tmp_path, capsys):
    assert equations.main(course(tmp_path), ["--write"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows == [
        ["equation", "lesson", "function", "test"],
        ["(80.1)", "80_means", "means.mean", "tests/test_means.py::test_means"],
        ["(80.2)", "80_means", "means.middle", "tests/test_means.py::test_means"],
    ]
    page = (tmp_path / equations.PAGE).read_text(encoding="utf-8")
    assert r"$$\bar x = \frac1n\sum_i x_i \tag{80.1}$$" in page
    assert "- `recmath_lib.means.mean`: The sum over the count." in page
    assert "- checked by `test_means.py::test_means`" in page


LOST = "$$c = 1 \\tag{80.3}$$", ()
PLACE = "notebooks/80_means.ipynb, cell 80_means-"


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        pytest.param(
            {"cells": (*WHOLE, LOST), "tests": TESTS.replace('"80.1")', '"80.1", "80.3")')},
            [f"{PLACE}3: (80.3) has no code; say `Eq. (80.3)`"],
            id="an equation without code",
        ),
        pytest.param(
            {"library": LIBRARY.replace("def middle", "def _middle").replace("middle", "_middle").replace("__m", "_m")},
            [f"{PLACE}0: (80.2) has no code"],
            id="only private code",
        ),
        pytest.param(
            {"library": LIBRARY.replace("sum, Eq. (80.2); see", "sum; see Eq. (80.2) and")},
            [f"{PLACE}0: (80.2) has no code"],
            id="code that only points to it",
        ),
        pytest.param(
            {"tests": TESTS.replace('@pytest.mark.equation("80.2")\n', "")},
            [f"{PLACE}0: (80.2) has no check; mark the test that computes it another way"],
            id="an equation without a check",
        ),
        pytest.param(
            {"library": LIBRARY + "\n\n# as in Eq. (80.1), (80.7)\n"},
            ["recmath_lib/means.py:15: no lesson shows Eq. (80.7)"],
            id="a reference in code to none",
        ),
        pytest.param(
            {"cells": (*WHOLE, ("By Eq. (80.1) and Eq. (80.9) it follows.", ()))},
            [f"{PLACE}3: no lesson shows Eq. (80.9)"],
            id="a reference in prose to none",
        ),
        pytest.param(
            {"cells": (*WHOLE, "x = 1  # Eq. (80.9)")},
            [f"{PLACE}3: no lesson shows Eq. (80.9)"],
            id="a reference in a code cell to none",
        ),
        pytest.param(
            {"tests": TESTS.replace('"80.2"', '"80.2", "80.4"')},
            ["tests/test_means.py::test_means: no lesson shows Eq. (80.4)"],
            id="a check of none",
        ),
        pytest.param(
            {"cells": (*WHOLE, ("$$x = 1 \\tag{80.1}$$", ()))},
            [f"{PLACE}3: (80.1) is already in {PLACE}0; renumber"],
            id="two equations with one number",
        ),
        pytest.param(
            {"cells": (*WHOLE, ("$$x = 1$$", ()))},
            [f"{PLACE}3: number the formula $$x = 1$$ with \\tag, or tag the cell `derivation`"],
            id="an untagged display",
        ),
        pytest.param(
            {"cells": (*WHOLE, ("$$x = 1 \\tag{*}$$", ("derivation",)), ASSERT)},
            [f"{PLACE}3: \\tag{{*}} must be a number of this lesson"],
            id="a tag that is no number",
        ),
        pytest.param(
            {"cells": (*WHOLE, ("An inline $x = 1 \\tag{80.1}$.", ()))},
            [f"{PLACE}3: a \\tag stands outside of $$ ... $$"],
            id="a tag outside of a display",
        ),
    ],
)
def test_what_breaks_the_contract_is_found(tmp_path, broken, expected):
    said = contract.problems(contract.read(course(tmp_path, **broken)))
    assert len(said) == len(expected) and all(map(str.startswith, said, expected)), said


def said_of(root, *cells):
    """What the contract says of cells that follow a whole course."""
    return contract.problems(contract.read(course(root, (*WHOLE, *cells))))


@pytest.mark.parametrize(
    "display",
    [
        r"\[x = 1\]",
        r"\\[x = 1\\]",
        r"\begin{displaymath}x = 1\end{displaymath}",
        r"\begin{eqnarray}x &=& 1\end{eqnarray}",
        r"\begin{equation}x = 1 \tag{80.1}\end{equation}",
        r"\begin{align*}x &= 1\end{align*}",
        r"\begin{pmatrix}x\end{pmatrix}",
        r"<math display='block'><mi>x</mi></math>",
        r"$$x = 1 \tag{80.1}",
    ],
)
def test_a_display_without_two_dollars_is_found(tmp_path, display):
    (said,) = said_of(tmp_path, (f"So for $n$ numbers\n\n{display}\n", ()))
    assert said.startswith(f"{PLACE}3: displays are written with $$ ... $$ only, not with")


@pytest.mark.parametrize(
    "source",
    [
        'display(Math("$$x = 1$$"))',
        'Latex(r"x = 1")',
        "%%latex\nx = 1",
        'Markdown("$$x = 1$$")',
        'x = r"\\begin{align}"',
    ],
)
def test_a_display_of_a_code_cell_is_found(tmp_path, source):
    (said,) = said_of(tmp_path, source)
    assert said.startswith(f"{PLACE}3: code shows a formula; write it with $$ ... $$ in a Markdown cell")


@pytest.mark.parametrize("data", [{"text/latex": "x = 1"}, {"text/markdown": "$$x = 1$$"}])
def test_a_display_in_an_output_is_found(tmp_path, data):
    path = course(tmp_path) / "notebooks/80_means.ipynb"
    read = nbformat.read(path, as_version=4)
    read.cells[2].outputs = [v4.new_output("display_data", data={**data, "text/plain": "x"})]
    nbformat.write(read, path)
    (said,) = contract.problems(contract.read(tmp_path))
    assert said.startswith(f"{PLACE}2: code shows a formula")


def test_what_is_no_display_is_left_alone(tmp_path):
    inline = r"$\begin{pmatrix}a \\[2pt] b\end{pmatrix}$, `\[x\]` and <!-- $$x = 1$$ --> for \$5"
    assert said_of(tmp_path, (inline, ()), "axis.set_title('$x$')") == []


@pytest.mark.parametrize(
    "rows",
    [
        r"\begin{aligned} x &= 1 \\ y &= 2 \end{aligned} \tag{80.1}",
        r"\begin{align} x &= 1 \tag{80.1} \\ y &= 2 \nonumber \end{align}",
        r"\begin{gathered} x = 1 \\[4pt] y = 2 \end{gathered} \tag{80.1}",
        r"\begin{array}{l} x = 1 \\ y = 2 \end{array} \tag{80.1}",
        r"x = 1 \\ y = 2 \tag{80.1}",
        r"x = 1 \tag{80.1} \tag{80.2}",
    ],
)
def test_one_number_for_several_rows_is_found(tmp_path, rows):
    (said,) = numbered_once(said_of(tmp_path, (f"$${rows}$$", ())))
    assert said.startswith(f"{PLACE}3: ") and "one $$ ... $$ per numbered equation" in said


def numbered_once(said):
    """What is said but that a number is in use already."""
    return [line for line in said if "is already in" not in line]


@pytest.mark.parametrize(
    ("display", "tags"),
    [
        (r"\begin{align} x &= 1 \tag{80.1} \\ y &= 2 \tag{80.2} \\ \end{align}", ()),
        (r"H = \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} \tag{80.1}", ()),
        (r"y = \begin{cases} 1 & x > 0 \\ 0 \end{cases}\quad \sum_{\substack{i \\ j}} \tag{80.1}", ()),
        (r"\begin{aligned} x &= 1 + 1 \\ &= 2 \end{aligned}", ("derivation",)),
    ],
)
def test_rows_that_are_one_equation_or_numbered_each_are_left_alone(tmp_path, display, tags):
    assert numbered_once(said_of(tmp_path, (f"$${display}$$", tags), ASSERT)) == []


NOTHING = (
    "# assert a == b",
    '"""\nassert a == b\n"""',
    "assert True",
    "assert 2 * 1.5 == 1 + 2",
    "assert len([1]) == 1",
    "assert a == b or True",
    'assert (a == b, "told")',
    "def never():\n    assert a == b",
    "if False:\n    assert a == b",
    "np.testing.assert_allclose(1, 1)",
    "assert a ==",
)


@pytest.mark.parametrize("source", NOTHING)
def test_a_derivation_whose_next_cell_asserts_nothing_is_found(tmp_path, source):
    (said,) = said_of(tmp_path, (DERIVATION, ("derivation",)), source, ASSERT)
    assert said.startswith(f"{PLACE}3: a derivation, but the next cell asserts nothing")


@pytest.mark.parametrize("between", [("So much for that.", ()), (DERIVATION, ("derivation",))])
def test_a_derivation_has_an_assert_of_its_own(tmp_path, between):
    (said,) = said_of(tmp_path, (DERIVATION, ("derivation",)), between, ASSERT)
    assert said.startswith(f"{PLACE}3: a derivation, but the next cell asserts nothing")


@pytest.mark.parametrize("source", ["np.testing.assert_allclose(a, 1)", "assert a == b, 'told'", "%time\nassert a"])
def test_a_derivation_that_is_checked_is_left_alone(tmp_path, source):
    assert said_of(tmp_path, (DERIVATION, ("derivation",)), source) == []


CITATIONS = ("Equation (80.9)", "eq. (80.9)", "Eqs. (80.1) to (80.9)", "Eq. $(80.9)$", "Eq.(80.9)", "**Eq.** (80.9)")


@pytest.mark.parametrize("place", ["exercises", "solutions"])
@pytest.mark.parametrize("citation", CITATIONS)
def test_a_reference_to_none_in_an_exercise_is_found(tmp_path, place, citation):
    said = contract.problems(contract.read(course(tmp_path, **{place: ((f"Use {citation}.", ()),)})))
    assert f"{place}/80_means.ipynb, cell 80_means-0: no lesson shows Eq. (80.9)" in said[-1]


def test_a_reference_to_none_in_the_readme_is_found(tmp_path):
    (said,) = contract.problems(contract.read(course(tmp_path, readme="# Means\n\nBy Eq. (80.1) and (80.9).\n")))
    assert said.startswith("README.md:3: no lesson shows Eq. (80.9)")


@pytest.mark.parametrize("place", ["exercises", "solutions"])
def test_an_equation_numbered_outside_of_the_lessons_is_found(tmp_path, place):
    (said,) = contract.problems(contract.read(course(tmp_path, **{place: (LOST,)})))
    assert said.startswith(f"{place}/80_means.ipynb, cell 80_means-0: (80.3) is numbered outside of the lessons")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Eq. (4.5) and (4.6).", ["4.5", "4.6"]),
        ("Eq. (4.5), (4.6)", ["4.5", "4.6"]),
        ("Eq. (4.5), Eq. (4.6) and Eq.\n    (4.7)", ["4.5", "4.6", "4.7"]),
        ("Eqs. (4.9) to (4.11)", ["4.9", "4.10", "4.11"]),
        ("Eqs. (4.9)–(4.11), eqs. (4.1)-(4.2)", ["4.9", "4.10", "4.11", "4.1", "4.2"]),
        ("Eq. (0.2) to (4.1), Eq. (14.1) to (4.3), Eq. (4.3) to (4.1)", ["0.2", "4.1", "14.1", "4.3", "4.3", "4.1"]),
        ("Eq. (4.5), cut at k: Eq. (4.7)", ["4.5", "4.7"]),
        ("Equation (4.5), equations (4.6) and (4.7), eq. (4.8)", ["4.5", "4.6", "4.7", "4.8"]),
        ("Eq. $(4.5)$ and $(4.6)$, Eq.&nbsp;(4.7), Eq.~(4.8)", ["4.5", "4.6", "4.7", "4.8"]),
        ("**Eq. (4.5)** and (4.6), **Eq.** (4.7), Eq. [(4.8)](#dcg)", ["4.5", "4.6", "4.7", "4.8"]),
        ("Eq. (4.5, 4.6), Equation 4.7, 0.3", ["4.5", "4.6", "4.7"]),
        ("Eq. (4.5), 0.5 of it; p in (0.5), seq. (4.5), eq(0.5)", ["4.5"]),
    ],
)
def test_how_equations_are_cited(text, numbers):
    assert contract.cited(text) == numbers


# ---- checks that do not bite -----------------------------------------------------------------------------------------

BLUNT_LIBRARY = '''
import functools
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class State:
    name: str
    factors: np.ndarray


def loose(x):
    """A double, Eq. (80.1)."""
    return 2.0 * x


def same(x):
    """A double, Eq. (80.2)."""
    return 2.0 * x


def unused(x):
    """A double, Eq. (80.3)."""
    return 2.0 * x


def never_float(x):
    """A double, Eq. (80.4)."""
    return str(2 * x)


def loudly(function):
    return lambda x: function(x)


@loudly
def hidden(x):
    """A double, Eq. (80.5)."""
    return 2.0 * x


def states(x, *, n=2):
    """States, Eq. (80.6)."""
    for step in range(n):
        yield State("step", np.full(2, float(x + step)))


def pair(x, factor=2.0):
    """A list, an array and a number, Eq. (80.7)."""
    return [1, "one"], np.array([x], dtype=np.float32), factor * x


@functools.cache
def wrapped(x):
    """A double, Eq. (80.8)."""
    return 2.0 * x
'''
BLUNT_TESTS = """
import numpy as np
import pytest
from hypothesis import given, strategies as st

from recmath_lib import means
from recmath_lib.means import hidden, loose, never_float, pair, same, states, unused, wrapped


@pytest.mark.equation("80.1")
def test_with_a_tolerance_of_one_percent():
    assert loose(3) == pytest.approx(6, rel=0.01)


@pytest.mark.equation("80.2")
@given(st.floats(0, 1))
def test_against_itself(x):
    assert means.same(x) == same(x)


@pytest.mark.equation("80.3")
def test_of_something_else():
    assert 2 * 3 == 6


@pytest.mark.equation("80.4")
def test_of_a_text():
    assert never_float(3) == "6"


@pytest.mark.equation("80.5")
def test_hidden():
    assert hidden(3) == 6


@pytest.mark.equation("80.6")
def test_states():
    assert [state.factors.sum() for state in states(1, n=2)] == [2, 4]


@pytest.mark.equation("80.7")
@pytest.mark.parametrize("function", [pair])
@pytest.mark.parametrize("entry", [1, 2])
def test_a_function_that_is_a_parameter(function, entry):
    assert function(3)[entry] == [None, 3, 6][entry]


@pytest.mark.equation("80.8")
@given(st.floats(1, 2))
def test_wrapped(x):
    assert wrapped(x) == x + x
"""


def numbered(count):
    """Cells with as many equations."""
    return [(f"$$x = {number} \\tag{{80.{number}}}$$", ()) for number in range(1, count + 1)]


def test_a_check_that_does_not_bite_is_found(tmp_path):
    said = bite.problems(course(tmp_path, numbered(8), BLUNT_LIBRARY, BLUNT_TESTS))
    expected = [
        "recmath_lib.means.loose, Eq. (80.1): its tests stay green at 1.001 times the result",
        "recmath_lib.means.same, Eq. (80.2): its tests stay green at 1.001 times the result",
        "recmath_lib.means.unused, Eq. (80.3): none of its tests calls it",
        "recmath_lib.means.never_float, Eq. (80.4): its tests stay green at 1.001 times the result",
        "recmath_lib.means.hidden, Eq. (80.5): cannot be scaled",
    ]
    assert len(said) == len(expected) and all(map(str.startswith, said, expected)), said


def test_checks_that_are_red_as_they_are_bite_nothing(tmp_path):
    (said,) = bite.problems(course(tmp_path, tests=TESTS.replace("== 3", "== 4")))
    assert said.startswith("the tests of the equations must be green before they are tried")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2.0, 2.0 * bite.FACTOR),
        ((1, 2.0), (1, 2.0 * bite.FACTOR)),
        ({"a": [2.0], "b": True}, {"a": [2.0 * bite.FACTOR], "b": True}),
        ("2.0", "2.0"),
        (None, None),
    ],
)
def test_only_floats_are_scaled(value, expected):
    assert bite.scaled(value) == expected


def test_a_function_is_itself_again_after_it_was_scaled():
    def half(x, *, by=2.0):
        return x / by

    with bite.scaling(half) as calls:
        assert half(1.0) == 0.5 * bite.FACTOR and half(1.0, by=4.0) == 0.25 * bite.FACTOR
    assert (half(1.0), half(1.0, by=4.0), len(calls)) == (0.5, 0.25, 2)
