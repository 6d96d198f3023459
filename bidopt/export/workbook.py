"""The plan as an Excel workbook to review: in its yellow columns a person may overrule bids and budgets.

Each word stands on one row only: those whose bid changes on the first sheet, the others on the second.
"""

import datetime as dt
import io
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from bidopt.export import changes
from bidopt.export.report import notes
from bidopt.export.why import budget_reasons, word_reasons
from bidopt.prose import (
    BUDGET_TYPE,
    COLUMN,
    FIGURE,
    MATCH_TYPE,
    SEVERITY,
    SHEET,
    SHEET_COLUMN,
    STATUS,
    TREND,
    WORD_CLASS,
    WORD_TYPE,
    WORKBOOK,
    Language,
    say,
    terminal,
)
from bidopt.schema import UNIT

WORD_COLUMNS = (
    *("keyword", "campaign_name", "ad_group_name", "match_type", "word_class", "trend"),
    *("bid_now", "bid_new", "change", "own_bid", "lowest", "highest", "reason"),
    *("now_clicks", "new_clicks", "now_spend", "new_spend", "now_gmv", "new_gmv"),
    *("now_profit", "new_profit", "new_profit_low", "new_profit_high"),
    *("seen_clicks", "seen_spend", "seen_carts", "seen_orders", "seen_gmv", "quality_score"),
    *("scene_name", "word_type", "item_id", "campaign_id", "ad_group_id", "keyword_id", "run_id"),
)
BUDGET_COLUMNS = (
    *("campaign_name", "budget_type", "budget_now", "budget_new", "own_budget", "lowest", "highest", "reason"),
    *("campaign_id", "run_id"),
)
NARROWEST, WIDEST = 8, 72
"""Of a column, in characters of half width."""
LOOKED_AT = 1000
"""So many rows tell how wide a column is."""
WHOLE = ("now_clicks", "new_clicks", "seen_clicks", "seen_carts", "seen_orders", "quality_score")
A4 = 9
CREATED = dt.datetime(2000, 1, 1)
"""A fixed date, so that the same plan makes the same bytes."""


def workbook(head: dict[str, Any], words: pd.DataFrame, budgets: pd.DataFrame, language: Language) -> bytes:
    """An .xlsx whose ids are text, whose money is numbers, and in which no cell runs as a formula.

    Parameters
    ----------
    head : plan.json.
    words, budgets : see `bidopt.export`; of budgets all plans under the cap. `lowest` and `highest` beside, yuan: what
        may be chosen instead; `own_bid`, `own_budget`: what was, NaN where the plan stands.
    """
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        book.set_properties({"created": CREATED})
        style = _Style(book, language)
        words = words.sort_values(list(UNIT), kind="stable")
        told, changed = _told_words(words, language).assign(run_id=head["run_id"]), changes.is_changed(words)
        _table(style, "bids", told[changed], WORD_COLUMNS, "own_bid", ("bid_now", "bid_new"))
        _table(style, "words", told[~changed], WORD_COLUMNS, "own_bid", ("bid_now", "bid_new"))
        plans = _told_budgets(budgets, language).assign(run_id=head["run_id"])
        _table(style, "budgets", plans, BUDGET_COLUMNS, "own_budget", ("budget_now", "budget_new"))
        _notes(style, head, words)
    return content.getvalue()


class _Style:
    """The book that is written, and the formats of its cells."""

    def __init__(self, book: Any, language: Language) -> None:
        forms = {
            "head": {"bold": True, "bg_color": "#EEF2F7", "bottom": 1, "text_wrap": True, "valign": "top"},
            "money": {"num_format": "0.00"},
            "whole": {"num_format": "#,##0"},
            "percent": {"num_format": "+0.0%;-0.0%;0.0%"},
            "own": {"num_format": "0.00", "bg_color": "#FFF8D6", "border": 1, "border_color": "#E5D9A0"},
            "bold": {"bold": True},
            "wrap": {"text_wrap": True, "valign": "top"},
        }
        self.book, self.language = book, language
        self.formats = {name: book.add_format(form) for name, form in forms.items()}

    def of(self, column: str) -> Any:
        kind = "percent" if column == "change" else "whole" if column in WHOLE else "money"
        return self.formats["own" if column.startswith("own_") else kind]


def column_text(name: str, language: Language) -> str:
    """The heading of a column."""
    return (COLUMN | SHEET_COLUMN)[name][language]


def _told_words(words: pd.DataFrame, language: Language) -> pd.DataFrame:
    texts = {"word_type": WORD_TYPE, "match_type": MATCH_TYPE, "word_class": WORD_CLASS, "trend": TREND}
    said = {
        name: [say(codes, code, language) for code in words.get(name, pd.Series("", words.index))]
        for name, codes in texts.items()
    }
    return words.reindex(columns=[*dict.fromkeys([*words, *WORD_COLUMNS])]).assign(
        **said,
        bid_new=changes.settable(words),
        change=changes.change(words),
        reason=word_reasons(words, language, short=True),
    )


def _told_budgets(budgets: pd.DataFrame, language: Language) -> pd.DataFrame:
    unlimited = np.isposinf(budgets["budget_now"])
    return budgets.assign(
        budget_now=budgets["budget_now"].astype(object).mask(unlimited, say(BUDGET_TYPE, "unlimited", language)),
        budget_type=[say(BUDGET_TYPE, code, language) for code in budgets["budget_type"]],
        reason=budget_reasons(budgets, language),
    )


def _table(
    style: _Style, title: str, rows: pd.DataFrame, columns: Sequence[str], own: str, around: tuple[str, str]
) -> None:
    """A sheet of `rows` in which the column `own` may be filled; `around`: what is in force, and what the plan says."""
    language = style.language
    sheet = style.book.add_worksheet(SHEET[title][language])
    for place, name in enumerate(columns):
        heading = column_text(name, language)
        shown = [_shown(cell) for cell in rows[name].iloc[:LOOKED_AT]]
        sheet.set_column(place, place, _width([heading, *shown]))
        sheet.write_string(0, place, heading, style.formats["head"])
        _write_column(sheet, place, rows[name], style.of(name), blank=name == own)
    sheet.freeze_panes(1, 1)
    _lay_on_paper(sheet)
    sheet.print_area(0, 0, len(rows), columns.index("reason"))
    sheet.repeat_rows(0)
    if len(rows):
        sheet.autofilter(0, 0, len(rows), len(columns) - 1)
        _let_fill(style, sheet, len(rows), list(columns), own, around)


def _lay_on_paper(sheet: Any) -> None:
    """All columns side by side on a page."""
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)


def _let_fill(style: _Style, sheet: Any, rows: int, columns: list[str], own: str, around: tuple[str, str]) -> None:
    """Say what may stand in the column `own`, as a rule that moves with the rows when they are sorted."""
    place = columns.index(own)
    cell, low, high, *kept = (f"${xl_col_to_name(columns.index(n))}2" for n in (own, "lowest", "highest", *around))
    same = ",".join(f"{cell}={one}" for one in kept)
    texts = {name: say(WORKBOOK, f"{own}_{name}", style.language) for name in ("title", "help")}
    rule = {
        "validate": "custom",
        "value": f"=AND(ISNUMBER({cell}),ROUND({cell},2)={cell},OR(AND({cell}>={low},{cell}<={high}),{same}))",
        "input_title": texts["title"],
        "input_message": texts["help"],
        "error_title": texts["title"],
        "error_message": texts["help"],
    }
    sheet.data_validation(1, place, rows, place, rule)


def _notes(style: _Style, head: dict[str, Any], words: pd.DataFrame) -> None:
    """What the plan should bring, the gates, and what a person should look at."""
    language, formats = style.language, style.formats
    sheet = style.book.add_worksheet(SHEET["notes"][language])
    for place, width in enumerate((18, 14, 14, 14, 14)):
        sheet.set_column(place, place, width)
    sheet.set_column(5, 5, 60)
    _lay_on_paper(sheet)
    status = say(STATUS, head["status"], language)
    sheet.write_string(
        0, 0, terminal("plan", language, date=head["date"], run_id=head["run_id"], status=status), formats["bold"]
    )
    sheet.merge_range(1, 0, 1, 5, say(WORKBOOK, "how_to", language).format(run_id=head["run_id"]), formats["wrap"])
    sheet.set_row(1, 32)
    row = _lines(style, sheet, 3, ["figure", "now", "new", "low", "high"], [])
    for name, label in FIGURE.items():
        sheet.write_string(row, 0, label[language])
        told = [head["current"][name], *(head["expected"][f"{name}{end}"] for end in ("", "_low", "_high"))]
        for place, value in enumerate(told, 1):
            _write(sheet, row, place, value, formats["money" if name == "roi" else "whole"])
        row += 1
    gates = [(gate["name"], say(WORKBOOK, gate["result"], language), gate["message"]) for gate in head["gates"]]
    row = _lines(style, sheet, row + 1, ["check", "result", "message"], gates)
    alerts = [(say(SEVERITY, one["severity"], language), one["message"]) for one in notes(head, words, language)]
    _lines(style, sheet, row + 1, ["severity", "message"], alerts)


def _lines(style: _Style, sheet: Any, row: int, headings: list[str], lines: Iterable[tuple[str, ...]]) -> int:
    """A small table from `row` on, its last column as wide as the sheet; the row after it."""
    last = len(headings) - 1
    for place, name in enumerate(headings):
        sheet.write_string(row, place, say(WORKBOOK, name, style.language), style.formats["head"])
    for line in lines:
        row += 1
        for place, text in enumerate(line[:last]):
            sheet.write_string(row, place, text, style.formats["wrap"])
        sheet.merge_range(row, last, row, 5, line[last], style.formats["wrap"])
        room = sum((18, 14, 14, 14, 14, 60)[last:])
        sheet.set_row(row, 15 * -(-_width_of(line[last]) // room))
    return row + 1


def _write_column(sheet: Any, place: int, cells: Iterable[Any], form: Any, *, blank: bool) -> None:
    for row, cell in enumerate(cells, 1):
        if blank and not isinstance(cell, str) and not np.isfinite(cell):
            sheet.write_blank(row, place, None, form)
        else:
            _write(sheet, row, place, cell, form)


def _write(sheet: Any, row: int, place: int, cell: Any, form: Any) -> None:
    if isinstance(cell, str):
        sheet.write_string(row, place, cell)
    elif cell is not None and np.isfinite(cell):
        sheet.write_number(row, place, cell, form)


def _shown(cell: Any) -> str:
    """About what the cell looks like."""
    return cell if isinstance(cell, str) else f"{cell:,.2f}"


def _width(texts: Iterable[str]) -> int:
    return min(max(NARROWEST, *(_width_of(text) + 2 for text in texts)), WIDEST)


def _width_of(text: str) -> int:
    """In characters of half width."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
