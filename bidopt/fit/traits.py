"""What is known of a word beside its counts, as covariates."""

import re
from functools import lru_cache
from itertools import chain

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt.fit.panel import Index, Panel, by_group
from bidopt.fit.shrinkage import shrink
from bidopt.metrics import ratio

Array = npt.NDArray[np.float64]

MOST_TOKENS = 60
LEAST_WORDS = 5
"""A token of fewer words is theirs alone."""
EARLY = ("carts", "favourites")
"""Early evidence of conversion: more of it, and at once."""


def traits(units: pd.DataFrame) -> pd.DataFrame:
    """(n, p) standardised: match type, length and quality score."""
    quality = units["quality_score"].astype(float)
    frame = pd.DataFrame(
        {
            "exact": units["match_type"].eq("exact").astype(float),
            "broad": units["match_type"].eq("broad").astype(float),
            "length": np.log(units["keyword"].str.len().clip(lower=1).astype(float)),
            "quality": quality.fillna(quality.median() if quality.notna().any() else 7.0),
        }
    )
    return _standardised(frame)


def worth(panel: Panel, location: Array) -> pd.DataFrame:
    """(n, p) what tells words of one item apart in conversion, standardised within the item.

    Beside `traits`: how much is put into carts and favourites a click, noise taken out; the market's price,
    `location` (n,) log yuan, since rivals know what a click is worth; and the bid at the start of the history, which
    holds what its owner knew before. Later bids follow the very orders that are to be explained.
    """
    frame = traits(panel.units)
    clicks, n_items = panel.exposed["carts"].sum(1), len(panel.item_ids)
    for name in EARLY:
        rate = early_rate(panel, name)[panel.item]
        frame[name] = np.log(shrink(panel.counts[name].sum(1), clicks * rate).mean)
    frame["price"], frame["first_bid"] = location, np.log(panel.bid[:, 0])
    inside = frame - by_group(frame.to_numpy(), panel.item, n_items)[panel.item] / _size(panel.item, n_items)[:, None]
    return _standardised(inside)


def early_rate(panel: Panel, *names: str) -> Array:
    """(g,) carts, favourites or both a click of each item, thin items leaning on the shop."""
    n_items = len(panel.item_ids)
    added = by_group(sum((panel.counts[name] for name in names), np.zeros(panel.clicks.shape)), panel.item, n_items)
    clicks = by_group(panel.exposed["carts"], panel.item, n_items).sum(1)
    usual = max(float(np.nan_to_num(ratio(added.sum(), clicks.sum()))), 1e-6)
    return usual * shrink(added.sum(1), clicks * usual).mean


def tokens(keywords: pd.Series, item: Index, n_items: int) -> tuple[list[str], Array]:
    """The tokens that best tell words of one item apart, and (n, t) 1 where a word has it, net of its item."""
    words = [parts(word.lower()) for word in keywords]
    code, token = pd.factorize(np.array(list(chain.from_iterable(words)), dtype=object))
    times = np.bincount(code, minlength=len(token))
    common = np.argsort(-times, kind="stable")[: 5 * MOST_TOKENS]
    common = common[times[common] >= LEAST_WORDS]
    place = np.full(len(token), -1)
    place[common] = np.arange(len(common))
    row, column = np.repeat(np.arange(len(words)), [len(own) for own in words]), place[code]
    has = np.zeros((len(words), len(common)))
    has[row[column >= 0], column[column >= 0]] = 1.0
    inside = has - by_group(has, item, n_items)[item] / _size(item, n_items)[:, None]
    told = (inside**2).sum(0)
    best = np.sort(np.argsort(-told, kind="stable")[:MOST_TOKENS])
    best = best[told[best] > 1]
    return [str(token[common[i]]) for i in best], inside[:, best]


@lru_cache(1 << 17)  # the look back has the words of tonight
def parts(word: str) -> tuple[str, ...]:
    """Tokens of a word: pairs of neighbouring Chinese characters; other letters and figures as written together."""
    chinese = re.findall(r"[\u4e00-\u9fff]+", word)
    pairs = (run[i : i + 2] for run in chinese for i in range(max(len(run) - 1, 1)))
    return tuple(sorted({*pairs, *re.findall(r"[a-z0-9]+", word)}))


def _size(item: Index, n_items: int) -> Array:
    """(n,) how many words each word's item has."""
    return np.bincount(item, minlength=n_items).astype(float)[item]


def _standardised(frame: pd.DataFrame) -> pd.DataFrame:
    """Mean 0 and sd 1; columns that do not vary are left out."""
    spread = frame.std()
    return ((frame - frame.mean()) / spread.where(spread > 1e-9, 1.0)).loc[:, spread > 1e-9]
