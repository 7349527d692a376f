"""The build, on small texts made up here: what it cuts, runs, writes and refuses."""

import json
from pathlib import Path

import build
import nbformat
import pytest
from nbval.plugin import get_sanitize_patterns

LESSON = '''\
# %% [markdown]
"""
# A lesson

$$a = b \\tag{80.1}$$
"""

# %%
print(2 + 3)
def after_which_jupytext_counts_blank_lines():
    pass

# %%
from IPython.display import HTML
HTML('<img alt="a dot" src="data:image/png;base64,QUJD">')

# %% tags=["nbval-ignore-output"]
import ipywidgets
import os
print(os.urandom(4))
ipywidgets.IntSlider(description="size")

# %% [markdown] tags=["deeper"]
r"""
## Deeper

More.
"""
'''
EXERCISE = '''\
# %%
def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION


print(double(1))

# %%
answer_80_0 = ...  # a number
### BEGIN SOLUTION
answer_80_0 = 5
### END SOLUTION
print(answer_80_0)

# %%
### BEGIN SOLUTION
print("only in the solution")
### END SOLUTION
'''


def course(root, **texts):
    """A course in this folder: lessons and exercises by name."""
    for name, text in texts.items():
        folder, _, stem = name.partition("_")
        path = root / "text" / folder / f"{stem}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return root


def cells(path):
    return nbformat.read(path, as_version=4).cells


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A lesson and an exercise, built, in a path with a blank and an accent."""
    root = course(tmp_path_factory.mktemp("le cinéma"), lessons_80_demo=LESSON, exercises_80_demo=EXERCISE)
    assert build.main(root, []) == 0
    return root


# ---- what is written -------------------------------------------------------------------------------------------------


def test_writes_three_notebooks_and_nothing_else(demo):
    files = {
        path.relative_to(demo).as_posix() for path in demo.rglob("*") if path.is_file() and "text" not in path.parts
    }
    assert files == {"notebooks/80_demo.ipynb", "exercises/80_demo.ipynb", "solutions/80_demo.ipynb"}


def test_building_again_gives_the_same_bytes(demo):
    before = (demo / "notebooks/80_demo.ipynb").read_bytes().replace(random_line(demo), b"")
    assert build.main(demo, ["80"]) == 0
    assert (demo / "notebooks/80_demo.ipynb").read_bytes().replace(random_line(demo), b"") == before


def random_line(root):
    """The one output of the lesson that is meant to differ."""
    text = cells(root / "notebooks/80_demo.ipynb")[3].outputs[0].text
    return json.dumps(text).encode()


def test_cells_are_numbered_and_run_in_order(demo):
    lesson = cells(demo / "notebooks/80_demo.ipynb")
    assert [cell.id for cell in lesson] == [f"80_demo-{number:03d}" for number in range(5)]
    assert [cell.execution_count for cell in lesson if cell.cell_type == "code"] == [1, 2, 3]


def test_metadata_is_the_kernel_the_tags_and_the_fold(demo):
    notebook = nbformat.read(demo / "notebooks/80_demo.ipynb", as_version=4)
    assert notebook.metadata == {"kernelspec": build.KERNEL}
    assert [cell.metadata for cell in notebook.cells] == [
        *({}, {}, {}),
        {"tags": ["nbval-ignore-output"]},
        {"tags": ["deeper"], "jp-MarkdownHeadingCollapsed": True},
    ]


def test_a_widget_keeps_what_shows_without_a_kernel(demo):
    *_, widget = cells(demo / "notebooks/80_demo.ipynb")[3].outputs
    assert list(widget.data) == ["text/plain"]


def test_exercise_and_solution(demo):
    assert [cell.source for cell in cells(demo / "exercises/80_demo.ipynb")] == [
        'def double(x):\n    """Twice x."""\n    ...  # your code here\n\n\nprint(double(1))',
        "answer_80_0 = ...  # a number\nprint(answer_80_0)",
    ]
    assert [cell.source for cell in cells(demo / "solutions/80_demo.ipynb")] == [
        'def double(x):\n    """Twice x."""\n    return 2 * x\n\n\nprint(double(1))',
        "answer_80_0 = 5\nprint(answer_80_0)",
        'print("only in the solution")',
    ]
    printed = {
        name: [cell.outputs[0].text for cell in cells(demo / name / "80_demo.ipynb")]
        for name in ("exercises", "solutions")
    }
    assert printed == {"exercises": ["None\n", "Ellipsis\n"], "solutions": ["2\n", "5\n", "only in the solution\n"]}


# ---- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        "x = 1\n### BEGIN SOLUTION\nx = 2",
        "x = 2\n### END SOLUTION",
        "def f():\n    ### BEGIN SOLUTION\n    return 1\n### END SOLUTION",
        "### BEGIN SOLUTION\nx = 1\n### BEGIN SOLUTION\nx = 2\n### END SOLUTION",
    ],
)
def test_refuses_blocks_that_do_not_pair(tmp_path, code, capsys):
    root = course(tmp_path, exercises_80_demo=f"# %%\n{code}\n")
    assert build.main(root, []) == 1
    assert "80_demo-000: BEGIN SOLUTION and END SOLUTION must pair" in capsys.readouterr().out
    assert not list(root.rglob("*.ipynb"))


def test_refuses_a_cell_that_fails(tmp_path, capsys):
    root = course(tmp_path, lessons_80_demo="# %%\nprint(1)\n\n# %%\nnobody = 0\nprint(1 / nobody)\n")
    assert build.main(root, []) == 1
    said = capsys.readouterr().out
    assert all(
        part in said for part in ("80_demo.ipynb: 80_demo-001: the cell fails", "nobody = 0", "ZeroDivisionError")
    )
    assert not list(root.rglob("*.ipynb"))


@pytest.mark.parametrize(
    "code",
    [
        "n = globals().get('n', 0) + 1\nprint('run', n)",
        "n = globals().get('n', 0) + 1\nn",
        "from IPython.display import HTML\nn = globals().get('n', 0) + 1\nHTML(f'<b>{n}</b>')",
        "n = globals().get('n', 0) + 1\nif n > 1:\n    print('again')",
    ],
)
def test_refuses_a_cell_that_does_not_repeat_itself(tmp_path, code, capsys):
    root = course(tmp_path, lessons_80_demo=f"# %%\n{code}\n")
    assert build.main(root, []) == 1
    said = capsys.readouterr().out
    assert all(part in said for part in ("80_demo-000: a second run differs", code, "first:", "second:"))
    assert not list(root.rglob("*.ipynb"))


def test_a_failure_keeps_the_old_notebook_and_builds_the_others(demo, tmp_path, capsys):
    root = course(tmp_path, lessons_80_a="# %%\nprint(1)\n", lessons_81_b="# %%\nprint(1)\n")
    assert build.main(root, ["80"]) == 0
    assert [path.stem for path in root.rglob("*.ipynb")] == ["80_a"]
    before = (root / "notebooks/80_a.ipynb").read_bytes()
    course(root, lessons_80_a="# %%\nprint(1 / 0)\n")
    assert build.main(root, []) == 1
    assert (root / "notebooks/80_a.ipynb").read_bytes() == before
    assert (root / "notebooks/81_b.ipynb").exists()


def test_refuses_a_name_that_no_text_has(tmp_path, capsys):
    with pytest.raises(SystemExit, match="2"):
        build.main(course(tmp_path, lessons_80_a="# %%\n1\n"), ["79"])
    assert "no text starts with '79'" in capsys.readouterr().err


def test_nbval_overlooks_the_pixels_that_the_build_overlooks_and_no_alt_text():
    ((pattern, _),) = get_sanitize_patterns((Path(__file__).parent / "nbval.cfg").read_text(encoding="utf-8"))
    assert pattern == build.IMAGE.pattern
    assert build.IMAGE.sub("", '<img alt="a dot" src="data:image/png;base64,QUJ+/D==">') == '<img alt="a dot" src="">'


# ---- --check ---------------------------------------------------------------------------------------------------------


def edited(root, change):
    """Change the built lesson with a function of its JSON."""
    path = root / "notebooks/80_demo.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    change(notebook)
    path.write_text(json.dumps(notebook), encoding="utf-8")


@pytest.fixture
def bare(tmp_path):
    """The lesson, written without being run."""
    root = course(tmp_path, lessons_80_demo=LESSON)
    (root / "notebooks").mkdir()
    nbformat.write(build.from_text(root / "text/lessons/80_demo.py", "notebooks"), root / "notebooks/80_demo.ipynb")
    return root


def test_check_compares_sources_and_not_outputs(bare):
    output = {"output_type": "stream", "name": "stdout", "text": "anything"}
    edited(bare, lambda notebook: notebook["cells"][1].update(outputs=[output], execution_count=7))
    assert build.main(bare, ["--check"]) == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda notebook: notebook["cells"][1].update(source="print(2 + 4)"),
        lambda notebook: notebook["cells"][0].update(source="# Another lesson"),
        lambda notebook: notebook["cells"][3].update(metadata={}),
        lambda notebook: notebook["cells"][1].update(id="other"),
        lambda notebook: notebook["cells"].pop(),
        lambda notebook: notebook["cells"].append(
            {"cell_type": "markdown", "id": "x", "metadata": {}, "source": "more"}
        ),
        lambda notebook: notebook["metadata"].clear(),
    ],
    ids=["code", "markdown", "tags", "id", "fewer cells", "more cells", "kernel"],
)
def test_check_finds_what_differs_from_the_text(bare, change, capsys):
    edited(bare, change)
    assert build.main(bare, ["--check"]) == 1
    assert "80_demo.ipynb: not what its text gives; run: python tools/build.py 80_demo" in capsys.readouterr().out


def test_check_finds_a_text_that_was_never_built(bare):
    course(bare, exercises_80_demo=EXERCISE)
    assert build.main(bare, ["--check"]) == 1
