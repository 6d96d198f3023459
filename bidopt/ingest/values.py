"""Cells to values: each parser takes the distinct texts of a column, so its cost is that of the distinct ones.

A parser returns the values and which texts are bad; a missing mark is never bad.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Bools = npt.NDArray[np.bool_]
Values = Any
"""An array of numbers or days, or a pandas array of text."""
Parser = Callable[[Sequence[str]], tuple[Values, Bools]]

MISSING = frozenset({"", "-", "--", "—", "\\n", "null", "n/a", "nan", "none"})
GARBLED = "\ufffd"
"""Stands where bytes were no text."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_PLAIN_NUMBERS = re.compile(r"(?:\d{1,9}(?:\.\d+)?)?(?:\n(?:\d{1,9}(?:\.\d+)?)?)*+", re.ASCII)
_PLAIN_IDS = re.compile(r"\d{0,40}(?:\n\d{0,40})*+", re.ASCII)
"""Texts as exports have them, one a line: they are what they seem."""
_DESTROYED = re.compile(r"\d(\.\d+)?e\+?\d+", re.ASCII | re.IGNORECASE)
_DAY = r"(?:\d{8}|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{4}年\d{1,2}月\d{1,2}日?)"
_RANGE = re.compile(rf"{_DAY}\s*(?:至|到|~|-{{1,2}}|—|–)\s*{_DAY}")
_DATE = re.compile(r"(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})|年(\d{1,2})月(\d{1,2})日?|(\d\d)(\d\d))(?:[ T]\d{1,2}:.*)?")
_SERIAL = re.compile(r"\d{5}(\.\d+)?")
_SERIAL_DAYS = range(36526, 73051)  # 2000 to 2099, so that a stray count is not taken for a day
_YEARS = range(2000, 2100)  # so that a year of another calendar (佛历 2569, 民国 115, 回历 1448) is not taken for ours
_SERIAL_ZERO = dt.date(1899, 12, 30)
_IMPOSSIBLE = 1e9  # a day of a word, in any unit: hundreds of times what the largest shop has
_MOST_CHARACTERS = 255  # the platform's own names end at 60
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_UNSEEN = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
"""Zero-width characters, and marks that turn the direction of what follows: two names that look the same are one."""
_TOTAL = re.compile(r"(合计|总计|汇总|小计)([:：(（].*)?")


def by_distinct(column: "pd.Series[str]", parse: Parser) -> tuple[Values, Bools]:
    """`parse` of every cell of `column`: values and bad marks, each of shape (n_rows,)."""
    codes, distinct = coded(column)
    values, bad = parse([str(text) for text in distinct])
    return values[codes], bad[codes]


def labels(column: "pd.Series[str]", parse: Parser, blank: str = "") -> tuple[pd.Categorical, Bools]:
    """As `by_distinct` with a parser to texts, which come as one categorical; `blank` stands for ""."""
    codes, distinct = coded(column)
    texts, bad = parse([str(text) for text in distinct])
    texts[texts == ""] = blank
    same, names = pd.factorize(texts, sort=True)
    return pd.Categorical.from_codes(same[codes], pd.Index(names, dtype="str")), bad[codes]


def coded(column: "pd.Series[str]") -> tuple[npt.NDArray[np.integer[Any]], "pd.Index[str]"]:
    """(codes, texts) of a column, texts that no cell has perhaps among them."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(), column.cat.categories
    codes, distinct = pd.factorize(column)
    return codes, pd.Index(distinct)


def numbers(texts: Sequence[str]) -> tuple[npt.NDArray[np.float64], Bools]:
    """Floats, NaN where missing; `8.49%` is 0.0849. Bad: what is no number, below 0, or impossibly large."""
    if _all_are(_PLAIN_NUMBERS, texts):
        return np.array([float(text) if text else np.nan for text in texts], dtype=float), _none_bad(texts)
    values = np.array([_number(text) for text in texts], dtype=float)
    absent = np.array([is_missing(text) for text in texts], dtype=bool)
    bad = ~((values >= 0) & (values <= _IMPOSSIBLE)) & ~absent
    return np.where(bad, np.nan, values), bad


def ids(texts: Sequence[str]) -> tuple[Values, Bools]:
    """Ids as text, "" where missing. Bad: those that Excel turned into 6.00123E+11, and what is no text."""
    if _all_are(_PLAIN_IDS, texts):
        return _texts(list(texts)), _none_bad(texts)
    cleaned = [_id(text) for text in texts]
    bad = [bool(_DESTROYED.fullmatch(text)) or _is_no_text(text) for text in cleaned]
    return _texts(cleaned), np.array(bad, dtype=bool)


def names(texts: Sequence[str]) -> tuple[Values, Bools]:
    """Text without its wrapping, "" where missing. Bad: what is garbled, too long, or no text."""
    cleaned = [_unwrapped(text) for text in texts]
    return _texts(cleaned), np.array([_is_no_text(text) for text in cleaned], dtype=bool)


def dates(texts: Sequence[str]) -> tuple[npt.NDArray[np.datetime64], Bools]:
    """Days, NaT where missing. Bad: what is no day."""
    days = [_date(text) for text in texts]
    bad = [day is None and not is_missing(text) for day, text in zip(days, texts, strict=True)]
    return np.array(days, dtype="datetime64[us]"), np.array(bad, dtype=bool)


def ranges(texts: Sequence[str]) -> tuple[Values, Bools]:
    """The texts, and which of them name a span of days."""
    return _texts(list(texts)), np.array([bool(_RANGE.fullmatch(_half_width(text))) for text in texts], dtype=bool)


def total_marks(texts: Sequence[str]) -> Bools:
    """Which of the texts name a total."""
    if not _TOTAL.search("\n".join(texts)):
        return _none_bad(texts)
    return np.array([bool(_TOTAL.fullmatch(text.strip())) for text in texts], dtype=bool)


def choice(mapping: dict[str, str]) -> Parser:
    """A parser of coded texts: `mapping["*"]`, else "", for a text that it does not hold."""

    def parse(texts: Sequence[str]) -> tuple[Values, Bools]:
        cleaned = [_unwrapped(text) for text in texts]
        codes = [mapping.get(text, mapping.get("*", "")) if text else "" for text in cleaned]
        return _texts(codes), np.zeros(len(texts), dtype=bool)

    return parse


def is_missing(text: str) -> bool:
    return text.strip().lower() in MISSING


def _all_are(plain: re.Pattern[str], texts: Sequence[str]) -> bool:
    lines = "\n".join(texts)
    return lines.count("\n") == len(texts) - 1 and bool(plain.fullmatch(lines))


def _none_bad(texts: Sequence[str]) -> Bools:
    return np.zeros(len(texts), dtype=bool)


def _is_no_text(text: str) -> bool:
    return GARBLED in text or len(text) > _MOST_CHARACTERS or bool(_CONTROL.search(text))


def _number(text: str) -> float:
    plain = _half_width(text).replace(",", "").strip("¥$元 ")
    percent = plain.endswith("%")
    plain = plain.removesuffix("%").strip()
    if not _NUMBER.fullmatch(plain):
        return float("nan")
    return float(plain) / 100 if percent else float(plain)


def _id(text: str) -> str:
    plain = _half_width(_unwrapped(text)).lstrip("'").strip()
    return plain.removesuffix(".0") if plain.removesuffix(".0").isdigit() else plain


def _unwrapped(text: str) -> str:
    plain = _UNSEEN.sub("", text).strip(" \t\r\n\u00a0")
    if plain.startswith('="') and plain.endswith('"'):
        plain = plain[2:-1].strip()
    return "" if is_missing(plain) else plain


def _date(text: str) -> dt.date | None:
    plain = _half_width(_unwrapped(text)).lstrip("'")
    if match := _DATE.fullmatch(plain):
        year, month, day = (int(part) for part in match.groups() if part)
        try:
            return dt.date(year, month, day) if year in _YEARS else None
        except ValueError:
            return None
    if _SERIAL.fullmatch(plain) and int(float(plain)) in _SERIAL_DAYS:
        return _SERIAL_ZERO + dt.timedelta(days=int(float(plain)))
    return None


def _half_width(text: str) -> str:
    """NFKC turns full-width digits, signs and ￥ into their plain forms."""
    return text.strip() if text.isascii() else unicodedata.normalize("NFKC", text).strip()


def _texts(values: list[str]) -> Values:
    return pd.array(values, dtype="str")
