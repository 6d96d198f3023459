"""The form of the 直通车 API `taobao.simba.keywords.pricevon.set`: a JSON list, money in whole 分."""

import json

import numpy as np
import pandas as pd

from bidopt.export.changes import changed_words, settable

MATCH_SCOPE = {"exact": 1, "broad": 4, "phrase": 16}


def simba_json(words: pd.DataFrame) -> str:
    """The changed words that have an id and a bid in force that is known; the API sets bids, it can't move them."""
    changed = changed_words(words)
    sent = changed[settable(changed).notna() & changed["keyword_id"].str.fullmatch(r"\d+")]
    prices = np.rint(sent["bid_new"] * 100).astype(int)
    rows = zip(sent["keyword_id"], prices, sent["match_type"], strict=True)
    return json.dumps([_row(*row) for row in rows], ensure_ascii=False, indent=2) + "\n"


def _row(keyword_id: str, price: int, match_type: str) -> dict[str, int]:
    row = {"keywordId": int(keyword_id), "maxPrice": int(price)}
    return row | ({"matchScope": MATCH_SCOPE[match_type]} if match_type in MATCH_SCOPE else {})
