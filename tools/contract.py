r"""The contract between prose and code: every numbered equation has code and a check, and the check bites.

An equation is a display `$$ ... \tag{4.9} $$` of a Markdown cell; 4 is its lesson. A display without a tag stands in a
cell tagged `derivation`, and the next code cell asserts something.
Its code is every public function of recmath_lib whose docstring says `Eq. (4.9)`. Several in a row are written
`Eq. (4.5) and (4.6)`, `Eq. (4.5), (4.6)` or with `Eq.` before each. `see Eq. (4.9)` points to an equation and no more.
Its check is every test decorated with `@pytest.mark.equation("4.9")`. It bites if it fails when its function returns
1.001 times the result (bite.py).
`Eq. (4.9)` anywhere in the notebooks or the library must name an equation that a lesson shows.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat

PACKAGE = "recmath_lib"
NUMBER = r"\d+\.\d+"
LITERAL = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)  # Markdown shows this as it is
DISPLAY = re.compile(r"\$\$.+?\$\$|\\begin\{((?:equation|align|gather|multline)\*?)\}.+?\\end\{\1\}", re.DOTALL)
TAG = re.compile(r"\\tag\*?\{([^}]*)\}")
CITATION = re.compile(rf"\bEqs?\.(?:\s|&nbsp;)*\({NUMBER}\)(?:,?\s*(?:and|or|to)?\s*(?:Eqs?\.\s*)?\({NUMBER}\))*")
SEE = re.compile(rf"\bsee\s+{CITATION.pattern}")
ASSERTS = re.compile(r"^\s*(?:assert\b|[\w.]*\bassert_\w+\()", re.MULTILINE)


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
    notebooks = [path for folder in ("notebooks", "exercises") for path in sorted((root / folder).glob("[0-9]*.ipynb"))]
    cells = [cell for path in notebooks for cell in cells_of(path, root)]
    library = root / PACKAGE
    return Contract(
        equations=tuple(equation for cell in cells for equation in cell.equations()),
        codes=tuple(code for path in sorted(library.glob("[!_]*.py")) for code in codes_of(path)),
        checks=tuple(check for path in sorted((root / "tests").glob("test_*.py")) for check in checks_of(path, root)),
        citations=tuple(
            [Mention(number, cell.place) for cell in cells for number in cited(cell.source)]
            + [citation for path in sorted(library.rglob("*.py")) for citation in citations_of(path, root)]
        ),
        faults=tuple(fault for cell in cells for fault in cell.faults()),
    )


# ---- notebooks -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """A cell of a notebook, and the code cell that comes next."""

    place: str
    lesson: int
    kind: str
    source: str
    tags: tuple[str, ...]
    next_code: str

    @property
    def prose(self) -> str:
        """What Markdown typesets: nothing of a code cell, no literal text."""
        return LITERAL.sub("", self.source) if self.kind == "markdown" else ""

    @property
    def displays(self) -> list[str]:
        """The displayed formulas."""
        return [display[0] for display in DISPLAY.finditer(self.prose)]

    def equations(self) -> list[Equation]:
        """The numbered ones."""
        tagged = [(tag, display) for display in self.displays for tag in TAG.findall(display)]
        return [Equation(tag, self.place, display) for tag, display in tagged if re.fullmatch(NUMBER, tag)]

    def faults(self) -> Iterator[str]:
        """What this cell alone does against the contract."""
        for tag in TAG.findall(self.prose):
            if not re.fullmatch(rf"{self.lesson}\.[1-9]\d*", tag):
                yield f"{self.place}: \\tag{{{tag}}} must be a number of this lesson, \\tag{{{self.lesson}.1}} say"
        if TAG.search(DISPLAY.sub("", self.prose)):
            yield f"{self.place}: a \\tag stands outside of $$ ... $$; put it inside"
        if "derivation" in self.tags:
            if not ASSERTS.search(self.next_code):
                yield f"{self.place}: a derivation, but the next code cell asserts nothing; check its numbers there"
        elif untagged := [display for display in self.displays if not TAG.search(display)]:
            yield f"{self.place}: number the formula {untagged[0]} with \\tag, or tag the cell `derivation`"


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
            next_code=next((later.source for later in cells[place + 1 :] if later.cell_type == "code"), ""),
        )
        for place, cell in enumerate(cells)
    ]


# ---- library and tests -----------------------------------------------------------------------------------------------


def cited(text: str) -> list[str]:
    """The numbers of the equations that a text names."""
    return [number for citation in CITATION.finditer(text) for number in re.findall(NUMBER, citation[0])]


def computed(docstring: str) -> list[str]:
    """The numbers of the equations that a function says it computes: all but those after "see"."""
    return list(dict.fromkeys(cited(SEE.sub("", docstring))))


def citations_of(path: Path, root: Path) -> list[Mention]:
    """Every equation named in a module, in docstrings, comments or messages."""
    text = path.read_text(encoding="utf-8")
    lines = {found: text.count("\n", 0, found.start()) + 1 for found in CITATION.finditer(text)}
    place = path.relative_to(root).as_posix()
    return [Mention(number, f"{place}:{line}") for found, line in lines.items() for number in cited(found[0])]


def codes_of(path: Path) -> Iterator[Code]:
    """The public functions of a module that compute an equation."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            text = ast.get_docstring(node) or ""
            sentence = " ".join(re.split(r",?\s*Eqs?\.|\.\s", text + "\n")[0].split())
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
