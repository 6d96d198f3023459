"""The plan as an Excel workbook: changed bids, changed budgets, every word with its forecast."""

import datetime as dt
import io
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter

from bidopt.export import changes
from bidopt.export.why import budget_reasons, word_reasons
from bidopt.export.wujie import BID_COLUMNS, BUDGET_COLUMNS
from bidopt.prose import BUDGET_TYPE, COLUMN, MATCH_TYPE, WORD_TYPE, Language, phrase, say

FORECAST_COLUMNS = (
    *BID_COLUMNS[:-1],
    *("quality_score", "now_spend", "new_spend", "now_gmv", "new_gmv", "now_profit", "new_profit", "reason"),
)
WIDTHS = {"reason": 52, "keyword": 24, "campaign_name": 20, "ad_group_name": 20, "change": 10}
DEFAULT_WIDTH = 14
CREATED = dt.datetime(2000, 1, 1)
"""A fixed date, so that the same plan makes the same bytes."""


def workbook(words: pd.DataFrame, budgets: pd.DataFrame, language: Language) -> bytes:
    """An .xlsx whose ids are text, whose money is numbers, and in which no cell runs as a formula."""
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        book.set_properties({"created": CREATED})
        changed = _told_words(changes.changed_words(words), language)
        _sheet(book, "sheet_bids", changed.assign(bid_new=changes.settable(changed)), BID_COLUMNS, language)
        _sheet(book, "sheet_budgets", _told_budgets(budgets, language), BUDGET_COLUMNS, language)
        _sheet(book, "sheet_words", _told_words(words, language), FORECAST_COLUMNS, language)
    return content.getvalue()


def _told_words(words: pd.DataFrame, language: Language) -> pd.DataFrame:
    return words.assign(
        word_type=[say(WORD_TYPE, code, language) for code in words["word_type"]],
        match_type=[say(MATCH_TYPE, code, language) for code in words["match_type"]],
        change=changes.change(words),
        reason=word_reasons(words, language),
    )


def _told_budgets(budgets: pd.DataFrame, language: Language) -> pd.DataFrame:
    changed = changes.changed_budgets(budgets)
    unlimited = np.isposinf(changed["budget_now"])
    return changed.assign(
        budget_now=changed["budget_now"].astype(object).mask(unlimited, say(BUDGET_TYPE, "unlimited", language)),
        budget_type=[say(BUDGET_TYPE, code, language) for code in changed["budget_type"]],
        reason=budget_reasons(changed, language),
    )


def _sheet(book: Any, title: str, rows: pd.DataFrame, columns: Sequence[str], language: Language) -> None:
    sheet = book.add_worksheet(phrase(title, language))
    head = book.add_format({"bold": True, "bg_color": "#EEF2F7", "bottom": 1})
    money, percent = book.add_format({"num_format": "0.00"}), book.add_format({"num_format": "+0.0%;-0.0%;0.0%"})
    for place, name in enumerate(columns):
        sheet.set_column(place, place, WIDTHS.get(name, DEFAULT_WIDTH))
        sheet.write_string(0, place, COLUMN[name][language], head)
        _write_column(sheet, place, rows[name], percent if name == "change" else money)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(rows), len(columns) - 1)


def _write_column(sheet: Any, place: int, cells: Iterable[Any], number_format: Any) -> None:
    for row, cell in enumerate(cells, 1):
        if isinstance(cell, str):
            sheet.write_string(row, place, cell)
        elif np.isfinite(cell):
            sheet.write_number(row, place, cell, number_format)
