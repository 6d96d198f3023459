"""Cells that Excel shows as they are: never run, never rounded."""

RUNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
"""What a formula may begin with; the full-width forms count where Chinese is set."""

_EXCEL_DIGITS = 15
"""Excel keeps so many digits of a number and makes the rest zeros."""


def guarded(text: str) -> str:
    """`text` behind a tab where Excel would run it as a formula or round it as a number."""
    rounds = text.isdigit() and len(text) > _EXCEL_DIGITS
    return f"\t{text}" if text.startswith(RUNS) or rounds else text
