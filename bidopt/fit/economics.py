"""What an order is worth to the shop: margin, what comes back, and what would have come anyway."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt.fit.traits import parts
from bidopt.settings import Settings, WordClass

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

LEAST_ITEMS = 3
"""What fewer items have in common may be their kind."""
MOST_OF_WORDS = 0.2
"""A token of more words than this is what the shop sells, not its name."""


def of_words(units: pd.DataFrame, items: pd.DataFrame, settings: Settings) -> dict[str, Array]:
    """margin, refund_rate, incrementality (n,): of the word's item and class, else the shop's defaults; stock (n,)
    pieces of its item, NaN where no table tells."""
    newest = items.sort_values("date").groupby("item_id")[["margin", "refund_rate", "stock"]].last()
    own = newest.reindex(units["item_id"]).to_numpy(float)
    goal = settings.objective
    incrementality = np.ones(len(units))
    for kind in settings.words:
        if kind.incrementality is not None:
            incrementality[of_class(units, kind)] = kind.incrementality
    return {
        "margin": np.where(np.isnan(own[:, 0]), goal.default_margin, own[:, 0]),
        "refund_rate": np.where(np.isnan(own[:, 1]), goal.default_refund_rate, own[:, 1]),
        "incrementality": incrementality,
        "stock": own[:, 2],
    }


def brand_like(units: pd.DataFrame, settings: Settings) -> Mask:
    """(n,) words that name the shop and are in no class of `[[words]]`: their buyers may well have come anyway.

    They contain the shop's name, or what the names of all its items have in common and few words contain.
    """
    names = [frozenset(parts(name.lower())) for name in units["item_name"].unique() if name]
    own = [parts(word.lower()) for word in units["keyword"]]
    shared = frozenset.intersection(*names) if len(names) >= LEAST_ITEMS else frozenset()
    brand = {token for token in shared if sum(token in word for word in own) <= MOST_OF_WORDS * len(own)}
    named = np.array([bool(brand.intersection(word)) for word in own], bool)
    named |= units["keyword"].str.contains(settings.shop.name, regex=False).to_numpy(bool)
    for kind in settings.words:
        if kind.incrementality is not None:
            named &= ~of_class(units, kind)
    return named


def of_class(units: pd.DataFrame, kind: WordClass) -> Mask:
    """(n,) words that contain one of the class's texts, or are one of its keywords by text or id."""
    named = units["keyword"].isin(kind.keywords) | units["keyword_id"].isin(kind.keywords)
    for text in kind.contains:
        named |= units["keyword"].str.contains(text, regex=False)
    return named.to_numpy(bool)
