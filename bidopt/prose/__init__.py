"""The words people read, in Chinese and English: one place to change them.

Codes stand in files for machines, these texts in files for people.
"""

import math

from bidopt.prose.codes import (
    BUDGET_TYPE,
    COLUMN,
    FIGURE,
    FILE_STATUS,
    KIND,
    LIMIT,
    MATCH_TYPE,
    REASON,
    SEVERITY,
    STATUS,
    WORD_TYPE,
)
from bidopt.prose.languages import Language
from bidopt.prose.notes import CONVERSIONS, NOTE
from bidopt.prose.report import PHRASE, REPORT
from bidopt.prose.screens import TERMINAL

__all__ = [
    "BUDGET_TYPE", "COLUMN", "CONVERSIONS", "FIGURE", "FILE_STATUS", "KIND", "LIMIT", "MATCH_TYPE", "NOTE", "PHRASE",
    "REASON", "REPORT", "SEVERITY", "STATUS", "TERMINAL", "WORD_TYPE", "Language", "note", "number", "phrase", "say",
    "terminal", "yuan",
]  # fmt: skip


def say(texts: dict[str, dict[Language, str]], code: str, language: Language) -> str:
    """The text of `code`, or the code itself where an older file holds one no longer known."""
    return texts.get(code, {}).get(language, code)


def number(value: float | None, form: str = ",.0f") -> str:
    """`value` for people; a dash where it is not known."""
    return "-" if value is None or not math.isfinite(value) else format(value, form)


def yuan(amount: float, language: Language) -> str:
    """A budget for people."""
    return say(BUDGET_TYPE, "unlimited", language) if amount == math.inf else number(amount, ",.2f")


def phrase(code: str, language: Language, /, **values: object) -> str:
    """The sentence of `code` with its values put in."""
    return (PHRASE | REPORT)[code][language].format(**values)


def terminal(code: str, language: Language, /, **values: object) -> str:
    """The terminal's text of `code` with its values put in."""
    return TERMINAL[code][language].format(**values)


def note(code: str, language: Language, /, **values: object) -> str:
    """The warning, gate or alert of `code` with its numbers put in."""
    return NOTE[code][language].format(**values)
