"""Why a bid or a budget is what it is, as sentences: the reason, the numbers behind it, and what limits it."""

import math
from typing import Any

import pandas as pd

from bidopt.prose import BUDGET_REASON, BY_HAND, LIMIT, LIMIT_VALUE, NUMBERS, REASON, Language, number, phrase, say

TOLD = [
    *("reason", "limited_by", "limit_value", "bid_inferred", "return_here", "return_elsewhere"),
    *("more_clicks", "more_spend", "more_gmv", "more_profit", "seen_clicks"),
]
_WORD_REASON, _BUDGET_REASON = REASON | BY_HAND, BUDGET_REASON | BY_HAND


def word_reasons(words: pd.DataFrame, language: Language, *, short: bool = False) -> list[str]:
    """Why each word's bid is what it is, and what held it there; `short` leaves out what the move brings."""
    # A run of an older version has no numbers to tell.
    return [_of_word(word, language, short) for word in words.reindex(columns=TOLD).to_dict("records")]


def budget_reasons(budgets: pd.DataFrame, language: Language) -> list[str]:
    """Why each plan's budget is what it is; a reason that was read back stays the sentence that it is."""
    spend = budgets.get("new_spend", pd.Series(math.nan, index=budgets.index))
    return [
        say(_BUDGET_REASON, code, language).format(spend=number(yuan))
        if code in BUDGET_REASON
        else say(BY_HAND, code, language)
        for code, yuan in zip(budgets["reason"], spend, strict=True)
    ]


def _of_word(word: dict[Any, Any], language: Language, short: bool) -> str:
    kinds = () if short else _numbers(word)
    said = [
        say(_WORD_REASON, word["reason"], language),
        *(NUMBERS[kind][language].format(**word) for kind in kinds),
    ]
    text = phrase("joined", language).join(said)
    if word["limited_by"]:
        text = phrase("limited_by", language, reason=text, limit=_limit(word, language))
    return text + (phrase("inferred", language) if word["bid_inferred"] else "")


def _numbers(word: dict[Any, Any]) -> list[str]:
    """The kinds of numbers behind the reason: what it rests on, what was given up for others, what the move does."""
    reason = word["reason"]
    kinds = ["seen"] if reason in ("raise_kin", "cut_kin") else []
    if reason not in BY_HAND and math.isfinite(word["return_here"]):
        kinds.append("returns")
    if not reason.startswith("keep_") and reason not in BY_HAND and math.isfinite(word["more_spend"]):
        kinds.append("moved")
    return kinds


def _limit(word: dict[Any, Any], language: Language) -> str:
    code, value = word["limited_by"], word["limit_value"]
    text = say(LIMIT, code, language)
    if code not in LIMIT_VALUE or not math.isfinite(value):
        return text
    return LIMIT_VALUE[code][language].format(limit=text, value=value)
