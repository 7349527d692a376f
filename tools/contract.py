r"""The contract between prose and code: every numbered equation has code and a check, and the check bites.

An equation is a display `$$ ... \tag{4.9} $$` of a lesson's Markdown cell; 4 is the lesson. Displays are written so
and in no other way, with a number for every row. A display without a number stands in a cell tagged `derivation`, and
the very next cell is code that asserts something of what it computes.
Its code is every public function of recmath_lib whose docstring says `Eq. (4.9)`. Several in a row are written
`Eq. (4.5) and (4.6)`, `Eq. (4.5), (4.6)` or with `Eq.` before each. `see Eq. (4.9)` points to an equation and no more.
Its check is every test decorated with `@pytest.mark.equation("4.9")`. It bites if it fails when its function returns
1.001 times the result (bite.py).
`Eq. (4.9)` anywhere in lessons, exercises, solutions, library or README.md must name an equation that a lesson shows.

What is not verified: the text of a formula is not parsed, so nothing here compares it with the code. Verified is that a
function and a test of that function stand behind its number. Whether the test computes the result another way, and
whether an assert tests the derivation above it, is for readers to judge.
"""

import ast
import builtins
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import nbformat

PACKAGE = "recmath_lib"
LESSONS = "notebooks"
NUMBER = r"\d+\.\d+"
LITERAL = re.compile(r"```.*?```|`[^`\n]*`|<!--.*?-->", re.DOTALL)  # Markdown shows this as it is, or not at all
DISPLAY = re.compile(r"\$\$.*?\$\$", re.DOTALL)
INLINE = re.compile(r"(?<!\\)\$(?:(?!\n\n)[^$])+\$")
OTHER_DISPLAY = re.compile(r"\$\$|\\\[|\\begin\{\w+\*?\}|<math\b")
CODE_DISPLAY = re.compile(r"\$\$|\\begin\{|%%latex|\b(?:Math|Latex)\(")
TAG = re.compile(r"\\tag\*?\{([^}]*)\}")
ONE_ROW = re.compile(r"\\begin\{(\w*matrix|cases)\*?\}.*?\\end\{\1\*?\}|\\substack\{[^}]*\}", re.DOTALL)
FRAME = re.compile(r"\$\$|\\(?:begin|end)\{\w+\*?\}|^\[[^]]*\]")  # of a display or a row, with nothing in it
WORD = r"\b(?i:eqn?s?\.|equations?)"
GAP = r"(?:[\s~*_$\[]|&nbsp;)*"
JOIN = r",?\s*(?:and|or|to|through|[-–])?\s*"
BRACKET = rf"\({NUMBER}(?:,\s*{NUMBER})*\)"
CITATION = re.compile(rf"{WORD}{GAP}(?:{BRACKET}|{NUMBER})(?:[$*_]*{JOIN}(?:{WORD})?{GAP}{BRACKET})*")
RANGE = re.compile(r"\b(\d+)\.(\d+)\)[$*_]*\s*(?:to|through|[-–])\D*\1\.(\d+)")
SEE = re.compile(rf"\bsee\s+{CITATION.pattern}")


@dataclass(frozen=True)
class Mention:
    """An equation's number and the place that names it."""

    number: str
    place: str


@dataclass(frozen=True)
class Equation:
    """A numbered display of a notebook."""

    number: str
    place: str
    formula: str

    @property
    def lesson(self) -> str:
        """The notebook's name, "04_metrics"."""
        return Path(self.place.split(",")[0]).stem


@dataclass(frozen=True)
class Code:
    """A public function and an equation that its docstring says it computes."""

    number: str
    name: str  # "metrics.dcg_at_k"
    sentence: str  # the docstring's first


@dataclass(frozen=True)
class Contract:
    """What notebooks, library and tests say about equations."""

    equations: tuple[Equation, ...]
    codes: tuple[Code, ...]
    checks: tuple[Mention, ...]  # the place is a test, "tests/test_metrics.py::test_dcg"
    citations: tuple[Mention, ...]
    faults: tuple[str, ...]  # of single cells

    def in_order(self) -> list[Equation]:
        """The equations by number: 4.9 before 4.10."""
        return sorted(self.equations, key=lambda equation: [int(part) for part in re.findall(r"\d+", equation.number)])

    def codes_for(self, number: str) -> list[Code]:
        """The functions that compute the equation."""
        return [code for code in self.codes if code.number == number]

    def tests_for(self, number: str) -> list[str]:
        """The tests that check the equation."""
        return [check.place for check in self.checks if check.number == number]


def read(root: Path) -> Contract:
    """The contract of the course in this folder: its notebooks, its library, its tests."""
    folders = (LESSONS, "exercises", "solutions")
    notebooks = [path for folder in folders for path in sorted((root / folder).glob("[0-9]*.ipynb"))]
    cells = [cell for path in notebooks for cell in cells_of(path, root)]
    library = root / PACKAGE
    texts = [*sorted(library.rglob("*.py")), *root.glob("README.md")]
    return Contract(
        equations=tuple(equation for cell in cells if cell.in_lesson for equation in cell.equations()),
        codes=tuple(code for path in sorted(library.glob("[!_]*.py")) for code in codes_of(path)),
        checks=tuple(check for path in sorted((root / "tests").glob("test_*.py")) for check in checks_of(path, root)),
        citations=tuple(
            [Mention(number, cell.place) for cell in cells for number in cited(cell.source)]
            + [citation for path in texts for citation in citations_of(path, root)]
        ),
        faults=tuple(fault for cell in cells for fault in cell.faults()),
    )


# ---- notebooks -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """A cell of a notebook, and the code of the cell after it."""

    place: str
    lesson: int
    kind: str
    source: str
    tags: tuple[str, ...]
    outputs: tuple[tuple[str, str], ...]  # the kind of content and the content, ("text/latex", "$x$")
    next_code: str

    @property
    def in_lesson(self) -> bool:
        """Whether its notebook is a lesson; exercises cite equations and show none."""
        return self.place.startswith(f"{LESSONS}/")

    @property
    def prose(self) -> str:
        """What Markdown typesets: nothing of a code cell, no literal text."""
        return LITERAL.sub("", self.source) if self.kind == "markdown" else ""

    @property
    def displays(self) -> list[str]:
        """The displayed formulas."""
        return DISPLAY.findall(self.prose)

    def equations(self) -> list[Equation]:
        """The numbered ones."""
        tagged = [(tag, display) for display in self.displays for tag in TAG.findall(display)]
        return [Equation(tag, self.place, display) for tag, display in tagged if re.fullmatch(NUMBER, tag)]

    def faults(self) -> Iterator[str]:
        """What this cell alone does against the contract."""
        faults = [*self.wrong_tags(), *self.wrong_displays()]
        faults += self.wrong_derivation() if "derivation" in self.tags else self.wrong_rows()
        return (f"{self.place}: {fault}" for fault in faults)

    def wrong_tags(self) -> Iterator[str]:
        """Tags that are no number of this lesson, or number nothing."""
        for tag in TAG.findall(self.prose):
            if not re.fullmatch(rf"{self.lesson}\.[1-9]\d*", tag):
                yield f"\\tag{{{tag}}} must be a number of this lesson, \\tag{{{self.lesson}.1}} say"
            elif not self.in_lesson:
                yield f"({tag}) is numbered outside of the lessons; show it in the lesson and cite it here"

    def wrong_displays(self) -> Iterator[str]:
        """Displays that are not written with $$, and tags in none."""
        outside = DISPLAY.sub("", self.prose)
        if other := OTHER_DISPLAY.search(INLINE.sub("", outside)):
            yield f"displays are written with $$ ... $$ only, not with {other[0]}"
        elif TAG.search(outside):
            yield "a \\tag stands outside of $$ ... $$; put it inside"
        if self.kind == "code" and (CODE_DISPLAY.search(self.source) or self.prints_display()):
            yield "code shows a formula; write it with $$ ... $$ in a Markdown cell"

    def prints_display(self) -> bool:
        """Whether an output is a displayed formula."""
        texts = ("text/markdown", "text/html")
        return any(mime == "text/latex" or (mime in texts and "$$" in content) for mime, content in self.outputs)

    def wrong_rows(self) -> Iterator[str]:
        """Displays with a row that has no number of its own."""
        for display in self.displays:
            numbers = [len(TAG.findall(row)) for row in rows_of(display)]
            if not any(numbers):
                yield f"number the formula {display} with \\tag, or tag the cell `derivation`"
            elif set(numbers) != {1}:
                yield f"{len(numbers)} rows with {sum(numbers)} numbers; write one $$ ... $$ per numbered equation"

    def wrong_derivation(self) -> Iterator[str]:
        """A derivation that is not checked at once."""
        if not asserts(self.next_code):
            yield (
                "a derivation, but the next cell asserts nothing; "
                "let a code cell follow that asserts, at its left margin, something of what it computes"
            )


def cells_of(path: Path, root: Path) -> list[Cell]:
    """The cells of a notebook; its name starts with the lesson's number."""
    cells = nbformat.read(path, as_version=4).cells
    return [
        Cell(
            place=f"{path.relative_to(root).as_posix()}, cell {cell.id}",
            lesson=int(path.stem[:2]),
            kind=cell.cell_type,
            source=cell.source,
            tags=tuple(cell.metadata.get("tags", ())),
            outputs=tuple(item for output in cell.get("outputs", ()) for item in output.get("data", {}).items()),
            next_code=after.source if after and after.cell_type == "code" else "",
        )
        for cell, after in zip_longest(cells, cells[1:])
    ]


def rows_of(display: str) -> list[str]:
    """The rows of a display; a matrix or a choice of cases is part of a row."""
    rows = re.split(r"\\\\", ONE_ROW.sub("", display))
    return [row for row in rows if FRAME.sub("", row).strip()] or [display]


def asserts(source: str) -> bool:
    """Whether code asserts, on its outermost level, something that depends on what it computes."""
    try:
        statements = ast.parse(re.sub(r"^[%!].*", "", source, flags=re.MULTILINE)).body
    except SyntaxError:
        return False
    return any(depends(condition) for statement in statements for condition in conditions(statement))


def conditions(statement: ast.stmt) -> list[ast.expr]:
    """What a statement asserts: the condition of `assert`, the arguments of `assert_allclose(a, b)`."""
    if isinstance(statement, ast.Assert):
        return [statement.test]
    call = statement.value if isinstance(statement, ast.Expr) else None
    if isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1].startswith("assert_"):
        return call.args
    return []


def depends(condition: ast.expr) -> bool:
    """Whether a condition can come out either way: it names a value, and no part of it is constant."""
    if isinstance(condition, ast.BoolOp):
        return all(map(depends, condition.values))
    names = [node.id for node in ast.walk(condition) if isinstance(node, ast.Name)]
    return not isinstance(condition, ast.Tuple) and not set(names) <= set(dir(builtins))


# ---- library and tests -----------------------------------------------------------------------------------------------


def cited(text: str) -> list[str]:
    """The numbers of the equations that a text names, with all between "(4.1) to (4.4)"."""
    return [
        number for citation in CITATION.finditer(text) for number in re.findall(NUMBER, RANGE.sub(run, citation[0]))
    ]


def run(ends: re.Match[str]) -> str:
    """A range of equations, each by its number."""
    chapter, first, last = ends.groups()
    return " ".join(f"{chapter}.{number}" for number in range(int(first), int(last) + 1)) or ends[0]


def computed(docstring: str) -> list[str]:
    """The numbers of the equations that a function says it computes: all but those after "see"."""
    return list(dict.fromkeys(cited(SEE.sub("", docstring))))


def citations_of(path: Path, root: Path) -> list[Mention]:
    """Every equation named in a text, of a module in docstrings, comments or messages."""
    text = path.read_text(encoding="utf-8")
    lines = {found: text.count("\n", 0, found.start()) + 1 for found in CITATION.finditer(text)}
    place = path.relative_to(root).as_posix()
    return [Mention(number, f"{place}:{line}") for found, line in lines.items() for number in cited(found[0])]


def codes_of(path: Path) -> Iterator[Code]:
    """The public functions of a module that compute an equation."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            text = ast.get_docstring(node) or ""
            sentence = " ".join(re.split(rf",?\s*{WORD}|\.\s", text + "\n")[0].split())
            for number in computed(text):
                yield Code(number, f"{path.stem}.{node.name}", sentence)


def checks_of(path: Path, root: Path) -> Iterator[Mention]:
    """The tests of a file that check an equation."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            for number in marked(node.decorator_list):
                yield Mention(number, f"{path.relative_to(root).as_posix()}::{node.name}")


def marked(decorators: Iterable[ast.expr]) -> Iterator[str]:
    """The numbers in `@pytest.mark.equation("4.9")`."""
    for node in decorators:
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.equation":
            yield from (ast.literal_eval(number) for number in node.args)


# ---- the contract ----------------------------------------------------------------------------------------------------


def problems(course: Contract) -> list[str]:
    """Everything that breaks the contract but checks that do not bite, each with its place and what to do."""
    return [*course.faults, *twice(course), *without_code(course), *without_check(course), *dangling(course)]


def twice(course: Contract) -> Iterator[str]:
    """Numbers that two equations have."""
    first: dict[str, str] = {}
    for equation in course.equations:
        if equation.number in first:
            yield f"{equation.place}: ({equation.number}) is already in {first[equation.number]}; renumber"
        first.setdefault(equation.number, equation.place)


def without_code(course: Contract) -> Iterator[str]:
    """Equations that no function computes."""
    for equation in course.equations:
        if not course.codes_for(equation.number):
            yield (
                f"{equation.place}: ({equation.number}) has no code; "
                f"say `Eq. ({equation.number})` in the docstring of the public function of {PACKAGE} that computes it"
            )


def without_check(course: Contract) -> Iterator[str]:
    """Equations that no test checks."""
    for equation in course.equations:
        if not course.tests_for(equation.number):
            yield (
                f"{equation.place}: ({equation.number}) has no check; "
                f'mark the test that computes it another way with @pytest.mark.equation("{equation.number}")'
            )


def dangling(course: Contract) -> Iterator[str]:
    """Citations and markers that name an equation of no lesson."""
    shown = {equation.number for equation in course.equations}
    for citation in course.citations:
        if citation.number not in shown:
            yield f"{citation.place}: no lesson shows Eq. ({citation.number}); correct the number or show the equation"
    for check in course.checks:
        if check.number not in shown:
            yield f"{check.place}: no lesson shows Eq. ({check.number}); correct the marker or show the equation"
