"""Results go to stdout as tables or as one JSON object; progress and failures go to stderr."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from bidopt.errors import BidoptError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

WIDTH = 100
"""Columns; tables are never wider."""


BARS, ASCII_BARS = "▁▂▃▄▅▆▇█", "_.-:=+*#"
"""Of a sparkline, from low to high; the second where the console's encoding lacks the first."""


def progress(message: str) -> None:
    """One line on stderr."""
    print(message, file=sys.stderr, flush=True)


def print_json(facts: Any) -> None:
    """One JSON value on stdout, escaped where the console has no Unicode."""
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    print(json.dumps(facts, ensure_ascii=not unicode, indent=2, allow_nan=False))


def tell_failure(error: BidoptError, as_json: bool) -> None:
    """What is wrong and what to do, on stderr; with --json on stdout too."""
    for line in (f"Error: {error.message}", error.hint):
        if line:
            print(line, file=sys.stderr)
    if as_json:
        print_json({"error": {"message": error.message, "hint": error.hint, "exit_code": error.exit_code}})


def spark(values: Sequence[float]) -> str:
    """`values` as a line of bars between their lowest and their highest."""
    low, high = min(values), max(values)
    bars = BARS if _can_show(BARS) else ASCII_BARS
    return "".join(bars[round((x - low) / ((high - low) or 1) * (len(bars) - 1))] for x in values)


def _can_show(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def stdout() -> "Console":
    """A rich console on stdout, no wider than the terminal and WIDTH."""
    from rich.console import Console

    console = Console(highlight=False, emoji=False, markup=False, soft_wrap=False)
    console.width = min(console.width if console.is_terminal else WIDTH, WIDTH)
    return console


def table(
    headers: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Iterable[int] = (), title: str = ""
) -> "Table":
    """A plain table; the columns in `numbers` stand right and are never broken."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    right = set(numbers)
    made = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        collapse_padding=True,
        pad_edge=False,
    )
    for place, header in enumerate(headers):
        made.add_column(header, justify="right" if place in right else "left", no_wrap=place in right, overflow="fold")
    for row in rows:
        made.add_row(*(Text(cell) for cell in row))
    return made
