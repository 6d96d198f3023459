"""The change lists of 万相台无界 关键词推广, as CSV that opens right in Excel: UTF-8 with BOM, CRLF.

The platform has no upload of bids by file; the lists are worked through in its console or sent over its API,
so they carry every id that the API asks for. Headers and match types are the platform's own words.
"""

import csv
import io
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from bidopt.cells import guarded
from bidopt.export import changes
from bidopt.export.why import budget_reasons, word_reasons
from bidopt.prose import BUDGET_TYPE, COLUMN, MATCH_TYPE, WORD_TYPE, Language, say

BID_COLUMNS = (
    *("scene_name", "campaign_id", "campaign_name", "ad_group_id", "ad_group_name", "item_id"),
    *("word_type", "keyword_id", "keyword", "match_type", "bid_now", "bid_new", "change", "reason"),
)
BUDGET_COLUMNS = ("campaign_id", "campaign_name", "budget_type", "budget_now", "budget_new", "reason")


def bids_csv(words: pd.DataFrame, language: Language) -> bytes:
    """The changed bids. 新出价 is empty where the bid in force is only inferred: 变动幅度 then says what to do; and
    where the word is to be paused.
    """
    return _bids(changes.changed_words(words), language)


def rollback_bids_csv(words: pd.DataFrame, language: Language) -> bytes:
    """What undoes `bids_csv`."""
    return _bids(changes.undone_words(words), language)


def budgets_csv(budgets: pd.DataFrame, language: Language) -> bytes:
    """The changed plan budgets, 新日预算 a bare decimal."""
    return _budgets(changes.changed_budgets(budgets), language)


def rollback_budgets_csv(budgets: pd.DataFrame, language: Language) -> bytes:
    """What undoes `budgets_csv`; a budget that was not known before stays empty."""
    return _budgets(changes.undone_budgets(budgets), language)


def read_budgets(content: bytes) -> pd.DataFrame:
    """The changed budgets of a `budgets_csv`, as a `budgets` frame; `reason` stays words."""
    frame = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False, encoding="utf-8-sig")
    codes = {texts["zh"]: code for code, texts in COLUMN.items()}
    frame = frame.rename(columns=codes)
    frame = frame.assign(**{str(name): frame[name].str.lstrip("\t") for name in frame})
    types = {texts["zh"]: code for code, texts in BUDGET_TYPE.items()}
    unlimited = {BUDGET_TYPE["unlimited"]["zh"]: "inf"}
    money = {name: pd.to_numeric(frame[name].replace(unlimited)) for name in ("budget_now", "budget_new")}
    return frame.assign(budget_type=frame["budget_type"].map(types), **money)


def _guarded(cells: "pd.Series[str]") -> list[str]:
    codes, distinct = pd.factorize(cells)
    texts = np.array([guarded(text) for text in distinct.tolist()], dtype=object)
    shown: list[str] = texts[codes].tolist()
    return shown


def _bids(words: pd.DataFrame, language: Language) -> bytes:
    rows = words.assign(
        word_type=_said(WORD_TYPE, words["word_type"]),
        match_type=_said(MATCH_TYPE, words["match_type"]),
        bid_now=words["bid_now"].map("{:.2f}".format),
        bid_new=changes.settable(words).map(_decimal),
        change=changes.change(words).map("{:+.1%}".format),
        reason=word_reasons(words, language),
    )
    return _csv(rows, BID_COLUMNS)


def _budgets(budgets: pd.DataFrame, language: Language) -> bytes:
    rows = budgets.assign(
        budget_type=_said(BUDGET_TYPE, budgets["budget_type"]),
        budget_now=budgets["budget_now"].map(_yuan),
        budget_new=budgets["budget_new"].map(_yuan),
        reason=budget_reasons(budgets, language),
    )
    return _csv(rows, BUDGET_COLUMNS)


def _said(texts: dict[str, dict[Language, str]], codes: Iterable[str]) -> list[str]:
    """The platform's own words, whatever the shop's language."""
    said = {code: say(texts, code, "zh") for code in set(codes)}
    return [said[code] for code in codes]


def _decimal(amount: float) -> str:
    return "" if np.isnan(amount) else f"{amount:.2f}"


def _yuan(amount: float) -> str:
    if np.isposinf(amount):
        return BUDGET_TYPE["unlimited"]["zh"]
    return "" if np.isnan(amount) else f"{amount:.2f}"


def _csv(rows: pd.DataFrame, columns: Sequence[str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMN[name]["zh"] for name in columns)
    # A signed percentage is a number to Excel, not a formula.
    cells = (rows[name].tolist() if name == "change" else _guarded(rows[name]) for name in columns)
    writer.writerows(zip(*cells, strict=True))
    return text.getvalue().encode("utf-8-sig")
