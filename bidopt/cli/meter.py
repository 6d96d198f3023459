"""How far a command is and how long it will still take, on stderr."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from bidopt.progress import Step

if TYPE_CHECKING:
    from rich.progress import Progress

    from bidopt.prose import Language

PATIENCE = 2.0
"""Seconds before anybody asks how long it will take."""
LEAST_DONE = 0.02
"""A smaller share tells nothing of the rest."""


class Meter:
    """Takes lines of progress: a bar on a terminal, else the lines themselves, each with the time that remains.

        with Meter(language) as progress:
            job.run(shop, day, progress)

    The bar goes when the work ends; terminals that cannot move their cursor get lines.
    """

    def __init__(self, language: "Language") -> None:
        self._language = language
        self._start = time.monotonic()
        self._done = 0.0
        self._bar: Progress | None = None

    def __enter__(self) -> Self:
        self._bar = _bar()
        if self._bar is not None:
            self._task = self._bar.add_task("", total=1.0, left="", visible=False)
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, line: str) -> None:
        from bidopt.prose import STAGE, say

        stage, _, _ = line.partition(" ")
        self._done = max(self._done, line.done) if isinstance(line, Step) else self._done
        left = self._left()
        if self._bar is None:
            print(f"{line}  ({left})" if left else line, file=sys.stderr, flush=True)
            return
        told = say(STAGE, stage, self._language) if stage in STAGE else line
        long = time.monotonic() - self._start > PATIENCE
        self._bar.update(self._task, description=told, completed=self._done, left=left, visible=long)

    def _left(self) -> str:
        """The time that remains if the rest goes as the work went so far, "" while that is too early to say."""
        from bidopt.prose import terminal

        passed = time.monotonic() - self._start
        if passed < PATIENCE or not LEAST_DONE <= self._done < 1:
            return ""
        seconds = round(passed * (1 - self._done) / self._done)
        minutes, code = -(-seconds // 60), "left_minutes" if seconds >= 120 else "left_seconds"
        return terminal(code, self._language, seconds=seconds, minutes=minutes)


def _bar() -> "Progress | None":
    """A bar on stderr, None where it is no terminal that can draw one."""
    if not sys.stderr.isatty():
        return None
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True, emoji=False, markup=False, highlight=False)
    if console.is_dumb_terminal:
        return None
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}", markup=False),
    )
    return Progress(*columns, console=console, transient=True)
