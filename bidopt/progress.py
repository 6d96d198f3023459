"""Lines of progress, some of which know how far the work is."""

from collections.abc import Callable

Progress = Callable[[str], None]


class Step(str):
    """A line that also tells what share of the work is `done`, 0 to 1."""

    done: float

    def __new__(cls, text: str, done: float) -> "Step":
        made = super().__new__(cls, text)
        made.done = done
        return made


def part(progress: Progress, start: float, end: float) -> Progress:
    """What tells of a part of the work, from the share `start` to `end` of the whole, to those who follow the whole."""

    def tell(text: str) -> None:
        progress(Step(text, start + (end - start) * text.done) if isinstance(text, Step) else text)

    return tell
