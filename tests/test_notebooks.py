"""What holds for every built notebook, whatever it teaches."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import build
import jupytext
import nbformat
import pytest
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[1]
PAGES = build.pages(ROOT)
WITHOUT_EXERCISES = {"00_start_here", "09_scale"}
MEGABYTES = 2**20
PICTURE = re.compile(r"data:image/[\w+.-]+;base64,[A-Za-z0-9+/=]+")


def built(*folders: str) -> pytest.MarkDecorator:
    """One test for each notebook of these folders that the texts promise, there or not."""
    paths = [notebook for _, notebook in PAGES if notebook.parent.name in folders]
    return pytest.mark.parametrize("path", paths, ids=lambda path: f"{path.parent.name}/{path.stem}")


every_notebook = built("notebooks", "exercises", "solutions")
every_lesson = built("notebooks")


def cells(path: Path, kind: str) -> list[NotebookNode]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


def code(path: Path) -> str:
    return "\n\n".join(cell.source for cell in cells(path, "code"))


def texts(path: Path) -> Iterator[str]:
    """Everything a reader of the notebook sees as text: sources and outputs."""
    for cell in nbformat.read(path, as_version=4).cells:
        yield cell.source
        for output in cell.get("outputs", ()):
            yield from (str(text) for text in [output.get("text", ""), *output.get("data", {}).values()])


def found(pattern: str | re.Pattern[str], path: Path) -> list[str]:
    """What the pattern finds in the notebook, pictures aside."""
    return [match[0] for text in texts(path) for match in re.finditer(pattern, PICTURE.sub("(picture)", text))]


# ---- sources ---------------------------------------------------------------------------------------------------------


def test_there_are_lessons_and_exercises():
    for folder in ("notebooks", "exercises", "solutions"):
        assert any(notebook.parent.name == folder for _, notebook in PAGES), f"no text gives a notebook in {folder}/"


@pytest.mark.parametrize(("text", "path"), PAGES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_is_what_its_text_gives(text, path):
    build.check(text, path)


def test_every_notebook_has_a_text():
    there = {path for folder in ("notebooks", "exercises", "solutions") for path in (ROOT / folder).glob("*.ipynb")}
    assert there == {notebook for _, notebook in PAGES}


def test_every_lesson_has_its_exercises_and_no_other():
    lessons = {path.stem for path in (ROOT / "text/lessons").glob("*.py")}
    assert {path.stem for path in (ROOT / "text/exercises").glob("*.py")} == lessons - WITHOUT_EXERCISES


@every_notebook
def test_no_triple_quotes_in_markdown(path):
    for cell in cells(path, "markdown"):
        assert '"""' not in cell.source, f"{cell.id}: they would end the cell in text/"


# ---- outputs ---------------------------------------------------------------------------------------------------------


@every_notebook
def test_every_code_cell_was_run_once_in_order(path):
    counts = [cell.execution_count for cell in cells(path, "code")]
    assert counts == list(range(1, len(counts) + 1))


@every_notebook
def test_no_error_and_nothing_on_stderr(path):
    for cell in cells(path, "code"):
        for output in cell.outputs:
            assert output.output_type != "error" and output.get("name") != "stderr", f"{cell.id}: {output}"


@every_notebook
def test_fits_into_two_megabytes(path):
    assert path.stat().st_size <= 2 * MEGABYTES


@every_notebook
def test_no_path_of_a_machine(path):
    assert not found(r"(?:/home|/root|/tmp|/Users|/var/folders|/opt)/\w+|\b[A-Z]:\\\w+|site-packages", path)
    assert not found(re.escape(str(ROOT)), path)


# ---- links and pictures ----------------------------------------------------------------------------------------------


def broken_links(markdown: str, folder: Path) -> list[str]:
    """The relative links that lead nowhere from this folder."""
    links = re.findall(r"\]\(([^)\s]+)[^)]*\)|\b(?:href|src)=[\"']([^\"']+)[\"']", re.sub(r"`[^`\n]*`", "", markdown))
    files = [re.split("[#?]", link or other)[0] for link, other in links if not re.match(r"\w+:", link or other)]
    return [file for file in files if file and not (folder / file).exists()]


def unspoken_pictures(text: str) -> list[str]:
    """The pictures without alt text."""
    tags = [tag for tag in re.findall(r"<img\b[^>]*>", text) if not re.search(r"\balt=(\"[^\"]*\w|'[^']*\w)", tag)]
    return tags + re.findall(r"!\[\s*\]\([^)]*\)", text)


@every_notebook
def test_every_relative_link_leads_somewhere(path):
    for cell in cells(path, "markdown"):
        assert not broken_links(cell.source, path.parent), cell.id


@every_notebook
def test_every_picture_has_an_alt_text(path):
    for text in texts(path):
        assert not unspoken_pictures(PICTURE.sub("(picture)", text))


@pytest.mark.parametrize(
    ("markdown", "broken"),
    [
        ("[a](here.md#top) and [b](https://example.org) and [c](#down)", []),
        ("[a](gone.ipynb)", ["gone.ipynb"]),
        ('<a href="gone.ipynb#x">a</a>', ["gone.ipynb"]),
        ("`[a](gone.md)` shows how a link is written", []),
    ],
)
def test_a_broken_link_is_found(tmp_path, markdown, broken):
    (tmp_path / "here.md").touch()
    assert broken_links(markdown, tmp_path) == broken


@pytest.mark.parametrize("text", ['<img src="a.png">', '<img alt="" src="a.png">', "![](a.png)"])
def test_a_picture_without_alt_text_is_found(text):
    assert unspoken_pictures(text)
    assert not unspoken_pictures('<img src="a.png" alt="a line that falls">![a line](a.png)')


# ---- the shape of a lesson -------------------------------------------------------------------------------------------


@every_lesson
def test_core_has_at_most_30_cells(path):
    core = [cell for cell in nbformat.read(path, as_version=4).cells if "deeper" not in cell.metadata.get("tags", ())]
    assert len(core) <= 30


@every_lesson
def test_the_median_code_cell_has_at_most_6_lines(path):
    assert median(len(cell.source.splitlines()) for cell in cells(path, "code")) <= 6


@every_lesson
def test_asserts_at_least_5_times(path):
    assert sum(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(code(path)))) >= 5


# ---- solutions stay out of exercises ---------------------------------------------------------------------------------


def statements(source: str, wanted: Callable[[int], bool] = lambda line: True) -> set[str]:
    """The statements, at any depth, that start on a wanted line."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]
    return {ast.unparse(node) for node in nodes if wanted(node.lineno)}


def secrets(source: str) -> set[str]:
    """The statements that stand in solution blocks and nowhere else."""
    inside, block = False, set()
    for number, line in enumerate(source.splitlines(), start=1):
        inside = (inside or "### BEGIN SOLUTION" in line) and "### END SOLUTION" not in line
        block |= {number} if inside else set()
    return statements(source, block.__contains__) - statements(source, lambda line: line not in block)


@pytest.mark.parametrize("stem", [path.stem for _, path in PAGES if path.parent.name == "exercises"])
def test_no_solution_in_the_exercise(stem):
    text = jupytext.read(ROOT / f"text/exercises/{stem}.py")
    solution = secrets("\n".join(cell.source for cell in text.cells if cell.cell_type == "code"))
    assert solution, "an exercise without a solution block"
    assert not solution & statements(code(ROOT / f"exercises/{stem}.ipynb"))
    assert solution <= statements(code(ROOT / f"solutions/{stem}.ipynb"))


def test_a_solution_that_stayed_is_found():
    source = (
        "def f(x):\n    y = 2\n    ### BEGIN SOLUTION\n    y = 2\n    if x:\n        return y\n    ### END SOLUTION\n"
    )
    assert secrets(source) == {"if x:\n    return y", "return y"}
    assert secrets(source) & statements("return y".join(["def f(x, y):\n    ", "\n"]))
