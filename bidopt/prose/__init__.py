"""The words people read, in Chinese and English: one place to change them.

Codes stand in files for machines, these texts in files for people.
"""

import math
from collections.abc import Iterable, Mapping

from bidopt.prose.classes import CLASS, TREND, WORD_CLASS
from bidopt.prose.codes import (
    BUDGET_TYPE,
    COLUMN,
    FIGURE,
    FILE_STATUS,
    KIND,
    MATCH_TYPE,
    SEVERITY,
    STATUS,
    WORD_TYPE,
)
from bidopt.prose.gates import GATE, PASSED_OVER, TO_DO
from bidopt.prose.languages import Language
from bidopt.prose.notes import CONVERSIONS, NOTE
from bidopt.prose.page import PAGE
from bidopt.prose.reasons import BUDGET_REASON, BY_HAND, LIMIT, LIMIT_VALUE, NUMBERS, REASON
from bidopt.prose.report import PHRASE, REPORT
from bidopt.prose.screens import STAGE, TERMINAL
from bidopt.prose.shops import SHOPS
from bidopt.prose.show import SHOW
from bidopt.prose.track import TRACK
from bidopt.prose.whatif import WHATIF
from bidopt.prose.workbook import SHEET, SHEET_COLUMN, WORKBOOK

__all__ = [
    "BUDGET_REASON", "BUDGET_TYPE", "BY_HAND", "CLASS", "COLUMN", "CONVERSIONS", "FIGURE", "FILE_STATUS", "KIND",
    "LIMIT", "LIMIT_VALUE", "MATCH_TYPE", "NOTE", "NUMBERS", "PAGE", "PASSED_OVER", "PHRASE", "REASON", "REPORT",
    "SEVERITY", "SHEET", "SHEET_COLUMN", "SHOPS", "SHOW", "STAGE", "STATUS", "TERMINAL", "TO_DO", "TRACK", "TREND",
    "WHATIF", "WORD_CLASS", "WORD_TYPE", "WORKBOOK", "Language", "fill", "fleet", "gate", "joined", "labelled",
    "listed", "note", "number", "phrase", "say", "terminal", "yuan",
]  # fmt: skip


_PHRASE = PHRASE | REPORT | TRACK | CLASS | PAGE
_TERMINAL = WHATIF | TERMINAL | TRACK | SHOW


def say(texts: dict[str, dict[Language, str]], code: str, language: Language) -> str:
    """The text of `code`, or the code itself where an older file holds one no longer known."""
    return texts.get(code, {}).get(language, code)


def number(value: float | None, form: str = ",.0f") -> str:
    """`value` for people; a dash where it is not known."""
    return "-" if value is None or not math.isfinite(value) else format(value, form)


def yuan(amount: float, language: Language) -> str:
    """A budget for people."""
    return say(BUDGET_TYPE, "unlimited", language) if amount == math.inf else number(amount, ",.2f")


def listed(names: Iterable[str], language: Language) -> str:
    """`names` one after the other."""
    return ("、" if language == "zh" else ", ").join(names)


def labelled(label: str, text: str, language: Language) -> str:
    """`text` behind the name of what it is about."""
    return f"{label}{'：' if language == 'zh' else ': '}{text}"


def joined(sentences: Iterable[str], language: Language) -> str:
    """`sentences` as one."""
    return ("；" if language == "zh" else "; ").join(sentences)


class _Count(int):
    """A whole number that takes its noun along: `{words:word|words}` of 1 is "1 word"."""

    def __format__(self, form: str) -> str:
        one, either, many = form.partition("|")
        return f"{int(self)} {one if self == 1 else many}" if either else format(int(self), form)


def fill(text: str, values: Mapping[str, object]) -> str:
    """`text` with its values put in; a count may bring its noun."""
    return text.format(**{name: _Count(v) if isinstance(v, int) else v for name, v in values.items()})


def phrase(code: str, language: Language, /, **values: object) -> str:
    """The sentence of `code` with its values put in."""
    return fill(_PHRASE[code][language], values)


def terminal(code: str, language: Language, /, **values: object) -> str:
    """The terminal's text of `code` with its values put in."""
    return fill(_TERMINAL[code][language], values)


def note(code: str, language: Language, /, **values: object) -> str:
    """The warning or alert of `code` with its numbers put in."""
    return fill(NOTE[code][language], values)


def gate(code: str, language: Language, /, **values: object) -> str:
    """What a gate says, with its numbers put in."""
    return fill(GATE[code][language], values)


def fleet(code: str, language: Language, /, **values: object) -> str:
    """What is said of many shops, with its numbers put in."""
    return fill(SHOPS[code][language], values)
