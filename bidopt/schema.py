"""The frames that stages hand to each other: every column, its type and its unit.

A contract is a plain table here, so that reading it needs no library; `check` enforces it with pandera.
Ids are strings ("" where a report has none), dates are midnight of the shop's local day, money is yuan.
"""

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

Kind = Literal["text", "label", "date", "time", "count", "number"]
"""text: str, never missing. label: a categorical of such texts, where rows are millions and texts few.
date/time: datetime64. count: int64 >= 0. number: float64 >= 0, NaN = not known."""

KEY = ("date", "scene_id", "campaign_id", "ad_group_id", "item_id", "keyword_id")
"""The natural key of a report row: word x item x unit x plan x scene x day. `keyword` stands in for a missing id."""

UNIT = ("campaign_id", "ad_group_id", "keyword_id")
"""The unit of decision: what one bid belongs to."""

KEYWORD_DAY: dict[str, tuple[Kind, str]] = {
    "date": ("date", "local day"),
    "scene_id": ("label", "场景ID; 371 = 关键词推广"),
    "scene_name": ("label", ""),
    "campaign_id": ("label", "计划ID"),
    "campaign_name": ("label", ""),
    "ad_group_id": ("label", "单元ID"),
    "ad_group_name": ("label", ""),
    "item_id": ("label", "宝贝ID"),
    "item_name": ("label", ""),
    "word_type": ("label", "keyword | package"),
    "keyword_id": ("label", "词ID/词包ID"),
    "keyword": ("label", ""),
    "impressions": ("count", "shows a day"),
    "clicks": ("count", "clicks a day"),
    "spend": ("number", "yuan a day"),
    "orders": ("number", "orders attributed so far, direct and indirect"),
    "gmv": ("number", "yuan attributed so far, direct and indirect"),
    "direct_orders": ("number", "orders of the advertised item itself"),
    "direct_gmv": ("number", "yuan"),
    "presale_orders": ("number", "presale orders"),
    "presale_gmv": ("number", "yuan"),
    "placed_orders": ("number", "拍下: orders placed, paid or not"),
    "placed_gmv": ("number", "yuan"),
    "carts": ("number", "总购物车数"),
    "favourites": ("number", "总收藏数"),
    "natural_gmv": ("number", "yuan of natural traffic ascribed to the ad"),
    "natural_impressions": ("number", ""),
    "rank": ("number", "mean rank of the shows, 1 = first"),
    "bid": ("number", "yuan a click, where the report itself carries one"),
    "quality_score": ("number", "1-10, where the report itself carries one"),
    "budget": ("number", "yuan a day, where the report itself carries one"),
}

STAMP: dict[str, tuple[Kind, str]] = {
    "downloaded_at": ("time", "when the export was made, local time"),
    "file": ("label", "first 12 hex digits of the sha256 of the export's content"),
}

WORDS: dict[str, tuple[Kind, str]] = {
    "date": ("date", "the state at the start of this day"),
    "campaign_id": ("label", ""),
    "ad_group_id": ("label", ""),
    "item_id": ("label", ""),
    "keyword_id": ("label", ""),
    "keyword": ("label", ""),
    "word_type": ("label", "keyword | package"),
    "match_type": ("label", "exact | phrase | broad | '' (not known)"),
    "bid": ("number", "yuan a click"),
    "min_bid": ("number", "yuan: 最低展现出价, below which the word is not shown"),
    "quality_score": ("number", "1-10"),
    "status": ("label", "running | paused | review | off_sale | '' (not known)"),
}

PLANS: dict[str, tuple[Kind, str]] = {
    "date": ("date", "the state at the start of this day"),
    "campaign_id": ("text", ""),
    "campaign_name": ("text", ""),
    "bidding": ("text", "manual | smart"),
    "budget_type": ("text", "daily | average | unlimited | total | '' (not known)"),
    "budget": ("number", "yuan a day; NaN = 不限 or not known"),
    "min_bid": ("number", "yuan, the platform's floor for this plan"),
    "max_bid": ("number", "yuan, the platform's ceiling for this plan"),
}

ITEMS: dict[str, tuple[Kind, str]] = {
    "date": ("date", "the state at the start of this day"),
    "item_id": ("text", ""),
    "item_name": ("text", ""),
    "price": ("number", "yuan"),
    "margin": ("number", "gross margin, a fraction"),
    "refund_rate": ("number", "share of GMV that comes back"),
    "stock": ("number", "pieces"),
}

FRAMES = {"keyword_day": KEYWORD_DAY, "words": WORDS, "plans": PLANS, "items": ITEMS}
_DTYPES = {
    "text": "str",
    "label": "category",
    "date": "datetime64[us]",
    "time": "datetime64[us]",
    "count": "int64",
    "number": "float64",
}


def dtypes(contract: dict[str, tuple[Kind, str]]) -> dict[str, str]:
    """pandas dtypes by column."""
    return {name: _DTYPES[kind] for name, (kind, _) in contract.items()}


def labels(contract: dict[str, tuple[Kind, str]]) -> list[str]:
    """The columns that repeat a few texts."""
    return [name for name, (kind, _) in contract.items() if kind == "label"]


def empty(contract: dict[str, tuple[Kind, str]]) -> "pd.DataFrame":
    """A frame of no rows that keeps the contract."""
    import pandas as pd

    return pd.DataFrame({name: [] for name in contract}, dtype="str").astype(dtypes(contract))


def one_label(text: str, n_rows: int) -> "pd.Categorical[str]":
    """A column that says `text` in every row."""
    import numpy as np
    import pandas as pd

    return pd.Categorical.from_codes(np.zeros(n_rows, dtype=np.int8), pd.Index([text], dtype="str"))


def stacked(frames: "Sequence[pd.DataFrame]") -> "pd.DataFrame":
    """Frames of the same columns one after the other; labels stay labels, in their order."""
    import pandas as pd

    frames = [frame for frame in frames if len(frame)] or frames[:1]
    if len(frames) == 1:
        return frames[0].reset_index(drop=True)
    columns = {}
    for name in frames[0]:
        parts = [frame[name] for frame in frames]
        if all(isinstance(part.dtype, pd.CategoricalDtype) for part in parts):
            columns[name] = pd.Series(
                pd.api.types.union_categoricals([part.array for part in parts], sort_categories=True)
            )
        else:
            columns[name] = pd.concat(parts, ignore_index=True)
    return pd.DataFrame(columns, copy=False)


def check(contract: dict[str, tuple[Kind, str]], frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return `frame` with exactly the contract's columns in its order.

    Raises
    ------
    pandera.errors.SchemaErrors
        A bug of the stage that made the frame, never of a user's file.
    """
    import pandera.pandas as pa

    columns = {}
    for name, (kind, _) in contract.items():
        checks = pa.Check.ge(0) if kind in ("count", "number") else None
        columns[name] = pa.Column(_DTYPES[kind], checks=checks, nullable=kind == "number")
    return pa.DataFrameSchema(columns, strict=True).validate(frame[list(contract)], lazy=True)
