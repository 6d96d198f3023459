"""Why a bid or a budget is what it is, as sentences: the reason, the numbers behind it, and what limits it."""

import math
from string import Formatter
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt.prose import BUDGET_REASON, BY_HAND, LIMIT, LIMIT_VALUE, NUMBERS, REASON, Language, number, phrase, say

TOLD = [
    *("reason", "limited_by", "limit_value", "bid_inferred", "return_here", "return_elsewhere"),
    *("more_clicks", "more_spend", "more_gmv", "more_profit", "seen_clicks"),
]
_WORD_REASON, _BUDGET_REASON = REASON | BY_HAND, BUDGET_REASON | BY_HAND


def word_reasons(words: pd.DataFrame, language: Language, *, short: bool = False) -> list[str]:
    """Why each word's bid is what it is, and what held it there; `short` leaves out what the move brings."""
    told = words.reindex(columns=TOLD)  # a run of an older version has no numbers to tell
    known = {name: np.isfinite(told[name].astype(float)) for name in ("return_here", "more_spend", "limit_value")}
    alike = told[["reason", "limited_by"]].assign(inferred=told["bid_inferred"].astype(bool), **known)
    out = np.empty(len(told), object)
    groups: Any = alike.groupby(list(alike), sort=False, dropna=False).indices
    for (reason, limit, inferred, returns, moves, limited), rows in groups.items():
        sentence = _sentence(reason, limit, inferred, returns, moves, limited, language, short)
        out[rows] = _filled(sentence, told.iloc[rows])
    return [str(text) for text in out]


def budget_reasons(budgets: pd.DataFrame, language: Language) -> list[str]:
    """Why each plan's budget is what it is; a reason that was read back stays the sentence that it is."""
    spend = budgets.get("new_spend", pd.Series(math.nan, index=budgets.index))
    return [
        say(_BUDGET_REASON, code, language).format(spend=number(yuan))
        if code in BUDGET_REASON
        else say(BY_HAND, code, language)
        for code, yuan in zip(budgets["reason"], spend, strict=True)
    ]


def _sentence(
    reason: str, limit: str, inferred: bool, returns: bool, moves: bool, limited: bool, language: Language, short: bool
) -> str:
    """What is said of words alike, the numbers of each still to be filled in: what it rests on, what was given up for
    others, what the move does.
    """
    said = [say(_WORD_REASON, reason, language)]
    if not short:
        by_hand, kept = reason in BY_HAND, reason.startswith("keep_")
        said += [NUMBERS["seen"][language]] * (reason in ("raise_kin", "cut_kin"))
        said += [NUMBERS["returns"][language]] * (returns and not by_hand)
        said += [NUMBERS["moved"][language]] * (moves and not by_hand and not kept)
    text = phrase("joined", language).join(said)
    if limit:
        held = say(LIMIT, limit, language)
        if limit in LIMIT_VALUE and limited:
            held = LIMIT_VALUE[limit][language].replace("{limit}", held).replace("{value:", "{limit_value:")
        text = phrase("limited_by", language, reason=text, limit=held)
    return text + (phrase("inferred", language) if inferred else "")


def _filled(sentence: str, words: pd.DataFrame) -> npt.NDArray[np.object_]:
    """(n,) the sentence with each word's own numbers."""
    text = np.full(len(words), "", object)
    for before, name, form, _ in Formatter().parse(sentence):
        text = text + before
        if name:
            text = text + np.array([format(value, form or "") for value in words[name].tolist()], object)
    return text
