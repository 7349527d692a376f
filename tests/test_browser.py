"""The lessons in a real browser, used as you would use them: run all cells, then move every control."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, TimeoutError, expect, sync_playwright

import course

LESSONS, EXERCISES = (sorted((course.ROOT / folder).glob("*.ipynb")) for folder in ("notebooks", "exercises"))
PATIENCE = 120_000  # milliseconds for whatever should happen, on a loaded machine too
OUTPUT = ".jp-Notebook .jp-OutputArea-output"
IDLE = ".jp-Notebook-ExecutionIndicator[data-status=idle]"
FAULTS = f"{OUTPUT} [role=alert], {OUTPUT} img:not([alt]), {OUTPUT} img[alt=''], .jp-Notebook [data-mjx-error]"
RUN_ALL = """async () => {
    const notebook = jupyterapp.shell.currentWidget;
    await notebook.sessionContext.ready;
    await jupyterapp.commands.execute("notebook:clear-all-cell-outputs");
    await jupyterapp.commands.execute("notebook:run-all-cells");
    return notebook.model.toJSON();
}"""
SHOWS = "panel => [...panel.querySelectorAll('.widget-html-content')].map(view => view.innerHTML).join(' ')"
REACTS = f"([panel, before]) => panel.querySelector('img').naturalWidth && ({SHOWS})(panel) !== before"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next((trial[0] for trial in course.BROWSERS if course.works(trial)), None)
    if found is None:
        pytest.skip("Chromium is not installed or cannot run here, so no lesson was tried in a browser.")
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=shutil.which(found)) as chromium:
        yield chromium


@pytest.fixture(scope="module")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What JupyterLab says of itself, started as `course.py lab` does, on copies."""
    root = tmp_path_factory.mktemp("lab")
    for folder in course.COPIED:
        shutil.copytree(course.ROOT / folder, root / "my_work" / folder)
    options = ["--no-browser", "--expose-app-in-browser", "--ip=127.0.0.1", "--port=0"]
    command = [sys.executable, "-m", "jupyterlab", *course.lab_options(root), *options]
    ours = {name: str(root) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
    with (root / "log").open("wb") as log:
        server = subprocess.Popen(command, env=os.environ | ours, stdout=log, stderr=log)
        try:
            yield introduction(server, root)
        finally:
            server.terminate()  # it ends its kernels, then itself
            server.wait(PATIENCE / 1000)


def introduction(server: subprocess.Popen[bytes], root: Path) -> dict[str, str]:
    """What the server writes into a file once it listens: its address and its token."""
    latest = time.monotonic() + PATIENCE / 1000
    while not (found := [info for path in root.glob("jpserver-*.json") if (info := course.read_json(path))]):
        assert server.poll() is None and time.monotonic() < latest, (root / "log").read_text(encoding="utf-8")
        time.sleep(0.1)
    return found[0]


@pytest.fixture
def page(browser: Browser, lab: dict[str, str]) -> Iterator[Page]:
    """An empty page. Nothing may complain in its console, nothing may leave the machine."""
    with browser.new_context() as context:
        context.set_default_timeout(PATIENCE)
        trouble = watched(context, lab["url"])
        yield context.new_page()
        assert trouble == []


def watched(context: BrowserContext, home: str) -> list[str]:
    """The list of what goes wrong out of sight, from now on; requests to other hosts are refused."""
    trouble: list[str] = []
    outside = re.compile(rf"^(?!{re.escape(home)}|data:|blob:)")
    context.route(outside, lambda route: route.abort())
    context.on("request", lambda request: trouble.append(request.url) if outside.match(request.url) else None)
    context.on("weberror", lambda error: trouble.append(str(error.error)))
    context.on("console", lambda line: trouble.append(line.text) if line.type == "error" else None)
    return trouble


def run_all(page: Page, lab: dict[str, str], path: Path) -> list[dict[str, Any]]:
    """Open a notebook and run it; return the outputs of all its cells."""
    page.goto(f"{lab['url']}lab/tree/{path.parent.name}/{path.name}?reset&token={lab['token']}")
    page.locator(IDLE).wait_for()
    notebook = page.wait_for_function(RUN_ALL).json_value()  # evaluate would wait for ever
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert [f"{output['ename']}: {output['evalue']}" for output in outputs if output["output_type"] == "error"] == []
    assert [output["text"] for output in outputs if output.get("name") == "stderr"] == []
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert page.locator(FAULTS).all_text_contents() == []
    return outputs


def use(control: Locator) -> None:
    """Move a slider by one stop, choose the next option of a list, press a button."""
    if control.get_attribute("role") == "slider":
        at_the_end = control.get_attribute("aria-valuenow") == control.get_attribute("aria-valuemax")
        control.press("ArrowLeft" if at_the_end else "ArrowRight")
    elif options := control.locator("option").count():
        control.select_option(index=(control.evaluate("list => list.selectedIndex") + 1) % options)
    else:
        control.click()


def reaction(panel: Locator, control: Locator) -> str | None:
    """Use a control, wait until the panel shows something new, and return the alt text of its picture."""
    before = panel.evaluate(SHOWS)
    use(control)
    try:
        panel.page.wait_for_function(REACTS, arg=[panel.element_handle(), before])
    except TimeoutError:
        name = control.evaluate("control => control.closest('.widget-inline-hbox, button').textContent")
        pytest.fail(f"nothing new after the use of {name}")
    panel.page.locator(IDLE).wait_for()
    assert panel.page.locator(FAULTS).all_text_contents() == []
    return panel.locator("img").first.get_attribute("alt")


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_and_each_control_does_something(path: Path, lab: dict[str, str], page: Page) -> None:
    widgets = [out for out in run_all(page, lab, path) if "widget-view" in str(out.get("data"))]
    assert widgets, "a lesson without a widget"
    panels = page.locator(f"{OUTPUT} > .jupyter-widgets")
    expect(panels).to_have_count(len(widgets))
    for panel in panels.all():
        told = panel.locator("img").first.get_attribute("alt")
        controls = panel.locator(".noUi-handle, select, button").all()
        assert {reaction(panel, control) for control in controls} - {told}, "its alt text always tells the same"


@pytest.mark.parametrize("path", EXERCISES, ids=lambda path: path.stem)
def test_an_exercise_runs_unsolved(path: Path, lab: dict[str, str], page: Page) -> None:
    run_all(page, lab, path)
    expect(page.locator(OUTPUT).get_by_text("not solved yet").first).to_be_visible()
