"""Build notebooks/ from text/lessons/, exercises/ and solutions/ from text/exercises/, run twice in one kernel.

In an exercise, `### BEGIN SOLUTION` ... `### END SOLUTION` is cut: an indented block to `...  # your code here`, one at
the margin to nothing; there the author writes the stub, `answer_04_0 = ...`, on the line before.
"""

import argparse
import os
import re
import sys
from collections import defaultdict
from copy import deepcopy
from pathlib import Path

import jupytext  # type: ignore[import-untyped]
import nbformat
from jupyter_client import AsyncKernelManager, kernelspec
from nbclient import NotebookClient, exceptions
from nbformat import NotebookNode

FOLDERS = (("lessons", "notebooks"), ("exercises", "exercises"), ("exercises", "solutions"))
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
OPTIONS = {"store_widget_state": False, "record_timing": False, "coalesce_streams": True}
WIDGET = "application/vnd.jupyter.widget-view+json"  # names a model that dies with its kernel
BLOCK = re.compile(r"(?ms)^([ \t]*)### BEGIN SOLUTION\n((?:(?!### BEGIN).)*?)^\1### END SOLUTION(?:\n|\Z)")
STUB = re.compile(r"(?m)^\w+ = \.\.\.[^\n]*\n(?=### BEGIN SOLUTION)")
IMAGE = re.compile(r"data:image/[\w+.-]+;base64,[A-Za-z0-9+/=]+")
NOT_COMPARED = {"output_type", "metadata", "execution_count", "data", "image/png", "image/jpeg"}  # as nbval does


class BuildError(Exception):
    """No notebook can be built, or the one there is not what its text gives; the message says where and why."""


def pages(root: Path, start: str = "") -> list[tuple[Path, Path]]:
    """Each text whose name starts with `start`, with a notebook it gives."""
    return [
        (text, root / folder / f"{text.stem}.ipynb")
        for source, folder in FOLDERS
        for text in sorted((root / "text" / source).glob(f"{start}*.py"))
    ]


def without_blocks(code: str, keep: bool) -> str:
    """The code of a solution, without markers and stubs (keep), or of the exercise, a gap in place of each block."""
    if keep:
        return BLOCK.sub(lambda block: block[2], STUB.sub("", code)).strip("\n")
    return BLOCK.sub(lambda block: f"{block[1]}...  # your code here\n" if block[1] else "", code).strip("\n")


def prepare(cell: NotebookNode, cell_id: str, folder: str) -> NotebookNode:
    """The cell as the notebook has it before it is run."""
    metadata = {key: value for key, value in cell.metadata.items() if key in ("tags", "jupyter")}  # which fold
    if "deeper" in metadata.get("tags", ()) and re.match("#+ ", cell.source):
        metadata["jp-MarkdownHeadingCollapsed"] = True
    if cell.cell_type != "code":
        return nbformat.v4.new_markdown_cell(cell.source, id=cell_id, metadata=metadata)
    source = without_blocks(cell.source, keep=folder != "exercises")
    if re.search("### *(BEGIN|END) SOLUTION", source):
        raise BuildError(f"{cell_id}: BEGIN SOLUTION and END SOLUTION must pair, indented alike\n\n{cell.source}")
    return nbformat.v4.new_code_cell(source, id=cell_id, metadata=metadata)


def from_text(text: Path, folder: str) -> NotebookNode:
    """The notebook that the text gives in this folder, not yet run."""
    read = jupytext.read(text).cells
    cells = [prepare(cell, f"{text.stem}-{number:03d}", folder) for number, cell in enumerate(read)]
    kept = [cell for cell in cells if cell.source]  # a cell that is all solution leaves nothing
    return nbformat.v4.new_notebook(cells=kept, metadata={"kernelspec": KERNEL}, nbformat_minor=5)


def run_twice(notebook: NotebookNode, folder: Path) -> tuple[NotebookNode, NotebookNode]:
    """The notebook after a first and after a second run in one kernel, that of the Python which runs this."""
    runs = deepcopy(notebook), deepcopy(notebook)
    kernel = AsyncKernelManager(kernel_spec_manager=kernelspec.KernelSpecManager(kernel_dirs=[]))
    client = NotebookClient(notebook, kernel, timeout=120, extra_arguments=["--log-level=ERROR"], **OPTIONS)
    with client.setup_kernel(cwd=str(folder), cleanup_kc=True):
        for run in runs:
            client.nb = run
            for number, cell in enumerate(run.cells):
                execute(client, cell, number)
    return runs


def execute(client: NotebookClient, cell: NotebookNode, number: int) -> None:
    """Run one cell; of a widget only what shows without a kernel is kept."""
    try:
        client.execute_cell(cell, number)
    except (exceptions.CellControlSignal, exceptions.DeadKernelError) as error:
        raise BuildError(f"{cell.id}: the cell fails\n\n{error}") from error
    for output in cell.get("outputs", ()):
        output.get("data", {}).pop(WIDGET, None)


def compared(outputs: list[NotebookNode]) -> dict[str, list[str]]:
    """What two runs must have in common: everything but pictures and counters."""
    found = defaultdict(list)
    for output in outputs:
        stream = {output.name: output.text} if output.output_type == "stream" else {}
        for key, value in (stream or output | output.get("data", {})).items():
            found[key].append(IMAGE.sub("(image)", str(value)))
    return {key: values for key, values in found.items() if key not in NOT_COMPARED}


def demand_equal(first: NotebookNode, second: NotebookNode) -> None:
    """Raise BuildError at the first code cell that said something else in the second run."""
    for one, two in zip(first.cells, second.cells, strict=True):
        ignored = one.cell_type != "code" or "nbval-ignore-output" in one.metadata.get("tags", ())
        if not ignored and (a := compared(one.outputs)) != (b := compared(two.outputs)):
            raise BuildError(f"{one.id}: a second run differs\n\n{one.source}\n\nfirst:  {a}\nsecond: {b}")


def build(text: Path, notebook: Path) -> None:
    """Write the notebook, or nothing if a cell fails or does not repeat itself."""
    notebook.parent.mkdir(exist_ok=True)
    first, second = run_twice(from_text(text, notebook.parent.name), notebook.parent)
    demand_equal(first, second)
    part = notebook.with_suffix(".part")
    part.write_text(nbformat.writes(first) + "\n", encoding="utf-8", newline="\n")
    os.replace(part, notebook)  # at once: nobody reads half a notebook


def check(text: Path, notebook: Path) -> None:
    """Raise BuildError if the notebook is not the one that its text gives, outputs aside."""
    built = nbformat.read(notebook, as_version=4) if notebook.exists() else NotebookNode(cells=[])
    bare = [cell | {"outputs": [], "execution_count": None} if "outputs" in cell else cell for cell in built.cells]
    if built | {"cells": bare} != from_text(text, notebook.parent.name):
        raise BuildError(f"not what its text gives; run: python tools/build.py {text.stem}")


def main(root: Path, arguments: list[str]) -> int:
    """Build or check what the command line names; 0 if all went well."""
    parser = argparse.ArgumentParser(description="Build the notebooks from text/. Each is run twice.")
    parser.add_argument("start", nargs="?", default="", help="how the names start, such as 04; without it, all")
    parser.add_argument("--check", action="store_true", help="run nothing, say which notebooks differ from the text")
    options = parser.parse_args(arguments)
    work, failed = check if options.check else build, False
    for text, notebook in pages(root, options.start) or parser.error(f"no text starts with {options.start!r}"):
        try:
            work(text, notebook)
            result = "as its text says"
        except BuildError as error:
            result, failed = f"{error}\n", True
        print(f"{notebook.relative_to(root)}: {result}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parents[1], sys.argv[1:]))
