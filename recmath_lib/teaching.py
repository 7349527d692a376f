"""What every lesson does with its reader: ask for a prediction, and show the code that runs."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from IPython.display import display

_PREDICTIONS: dict[str, str] = {}


def predict(widget_id: str, choice: str | None, options: Sequence[str]) -> None:
    """Remember what you expect to see, and print it in one line.

    Args:
        widget_id: the widget the prediction is about, such as "04.w1".
        choice: one of the options; None while you have not chosen, which also forgets an earlier choice.
        options: the possible answers, two or more different texts.

    Raises:
        ValueError: fewer than two options or two equal ones, or a choice that is not among them.
    """
    if len(set(options)) < 2 or len(set(options)) < len(options):
        raise ValueError(f"options must be two or more different texts, got {list(options)}")
    if choice is not None and choice not in options:
        raise ValueError(f"choice must be one of {_listed(options)}, or None; got {choice!r}")
    _PREDICTIONS.pop(widget_id, None)
    if choice is None:
        print(f"{widget_id}: your prediction? Put {_listed(options)} in place of None and run this cell again.")
        return
    _PREDICTIONS[widget_id] = choice
    print(f'{widget_id}: you predict "{choice}". Now look.')


def predicted(widget_id: str) -> str | None:
    """The choice made for this widget; None if there is none."""
    return _PREDICTIONS.get(widget_id)


def show_source(function: Callable[..., Any]) -> None:
    """Display the source of a function of the library: the code that runs, not a copy of it.

    Args:
        function: a function or class written in Python.

    Raises:
        TypeError: something that has no Python source.
    """
    display(source(function))


@dataclass(frozen=True)
class Source:
    """Code to be shown. As Markdown every front end highlights it in its own theme, and readers can hear it as text."""

    file: str
    code: str

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        text = f"# {self.file}\n\n{self.code}"
        return {"text/markdown": f"````python\n{text}````\n", "text/plain": text}


def source(function: Callable[..., Any]) -> Source:
    """The source of a function with the file it stands in."""
    path = Path(inspect.getfile(function))
    return Source(f"{path.parent.name}/{path.name}", inspect.getsource(function))


def _listed(options: Sequence[str]) -> str:
    return ", ".join(f'"{option}"' for option in options[:-1]) + f' or "{options[-1]}"'
