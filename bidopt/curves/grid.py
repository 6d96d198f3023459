"""The response grid: the bids each word may take this night, and what each would bring."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt.curves.bounds import FEN, bounds
from bidopt.curves.eligibility import held
from bidopt.curves.response import Response, respond
from bidopt.fit import FittedModels
from bidopt.schema import UNIT
from bidopt.settings import Settings

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

N_BIDS = 32
PAUSED = 0
"""The option of a word that is not shown at all."""
SURE = 1.28
"""Standard deviations: a word is paused only where nine times in ten it loses money."""
NO_IMPRESSION_DAYS_STEP = 0.08
"""无展现词: a raise of about this much a night, until it is shown."""
MEASURE = {"profit": "profit", "gmv": "gmv", "roi": "gmv", "orders": "orders", "clicks": "clicks"}
"""The figure of each objective."""
WIDE = 4.0
"""Ranges whose ends differ by more than this factor are laid out evenly in the bid's logarithm."""
FAR_ABOVE = 0.5
"""Log distance above the shop's usual location from which more bid is not what an unseen word lacks."""


@dataclass(frozen=True)
class ResponseGrid:
    """n words x k options. `bid` (n, k) yuan; `listed` (n, k): a real option of the word, not padding.

    `possible` (n, k): within the word's limits; `allowed` (n, k): may be chosen, being also a move worth making.
    Option `PAUSED` is a bid of 0, the word not shown. `start` (n,): the option that is the present bid; `held` (n,):
    the code of what holds the word, "" where it may move; `step` (n,): the night's largest relative move; `low_by`,
    `high_by` (n,): what limits its range; `value` (n, k): what is maximised, `taught` (n, k) of it for what the option
    teaches.
    """

    bid: Array
    listed: Mask
    possible: Mask
    allowed: Mask
    start: npt.NDArray[np.intp]
    held: npt.NDArray[np.str_]
    step: Array
    low_by: npt.NDArray[np.str_]
    high_by: npt.NDArray[np.str_]
    response: Response
    value: Array
    taught: Array

    @property
    def span(self) -> tuple[Array, Array]:
        """(n,) the lowest and the highest bid within each word's limits; where there is none, the present one."""
        bid, possible = self.bid[:, PAUSED + 1 :], self.possible[:, PAUSED + 1 :]
        now = np.where(possible.any(1), np.nan, self.bid[:, -1])
        within = np.where(possible, bid, now[:, None])
        return np.nanmin(within, axis=1), np.nanmax(within, axis=1)

    def table(self, models: FittedModels, words: Mask) -> pd.DataFrame:
        """The options of `words` (n,) as rows, as `curves.parquet` has them."""
        unit, option = np.nonzero(self.listed & words[:, None])
        rows = models.words[list(UNIT)].iloc[unit].reset_index(drop=True).assign(bid=self.bid[unit, option])
        for name in vars(self.response):
            rows[name] = getattr(self.response, name)[unit, option]
        return rows.assign(value=self.value[unit, option]).sort_values([*UNIT, "bid"], ignore_index=True)


def build(
    models: FittedModels,
    settings: Settings,
    *,
    nights_down: float = 1,
    nights_up: int = 1,
    careful: float = 1.0,
    n_bids: int = N_BIDS,
    code: npt.NDArray[np.str_] | None = None,
) -> ResponseGrid:
    """Lay out the options.

    Parameters
    ----------
    nights_down, nights_up : how many steps a bid may fall and rise; a night's plan falls by more than 1 only where the
        cap cannot be met within one.
    code : what holds each word, (n,), where it is known already.
    careful : share of the step allowed, below 1 where the shop has little history.
    """
    code = held(models, settings) if code is None else code
    now = models.words["bid_now"].to_numpy(float)
    within = bounds(models, settings)
    floor, ceiling, step = within.floor, within.ceiling, within.step * careful
    shown_from = np.nan_to_num(models.words["min_bid"].to_numpy(float))
    lowest, highest = now * (1 - step) ** nights_down, now * (1 + step) ** nights_up
    low_by = np.where(lowest < np.fmax(floor, shown_from), "min_bid", "step")
    high_by = np.where(highest > ceiling, within.ceiling_by, "step")
    low = np.clip(np.maximum(lowest, shown_from), floor, ceiling)
    high = np.clip(highest, floor, ceiling)
    beyond = shown_from > high  # 最低展现出价 is further than tonight's step: the present bid stands
    bid, listed = _options(now, low, high, (code != "") | beyond, n_bids)
    start = np.full(len(now), bid.shape[1] - 1)
    outside = ((now < floor - FEN / 2) | (now > ceiling + FEN / 2)) & (code == "") & ~beyond
    possible = listed.copy()
    possible[outside, -1] = False
    small = np.abs(bid - now[:, None]) < settings.bids.min_change * now[:, None] - 1e-9
    small[:, -1] = False
    allowed = possible & (~small | outside[:, None])
    _raise_unseen(models, bid, allowed, code, must=settings.bids.max_changes == 0)
    response = respond(models, bid)
    if settings.bids.pause:
        hopeless = _hopeless(models, response, (code == "") & ~beyond)
        listed[:, PAUSED] |= hopeless
        possible[:, PAUSED] |= hopeless
        allowed[:, PAUSED] |= hopeless
    value = getattr(response, MEASURE[settings.objective.maximise])
    return ResponseGrid(
        bid, listed, possible, allowed, start, code, step, low_by, high_by, response, value, np.zeros_like(value)
    )


def _options(now: Array, low: Array, high: Array, fixed: Mask, n_bids: int) -> tuple[Array, Mask]:
    """No bid at all first, not listed; bids in whole fen, evenly over the range; the present bid last.

    `fixed` words have that one alone.
    """
    first, last = np.ceil(low / FEN - 1e-6), np.floor(high / FEN + 1e-6)
    last = np.maximum(last, first)
    place, ends = np.arange(n_bids), max(n_bids - 1, 1)
    step = np.maximum((last - first) / ends, 1.0)
    fen = np.round(first[:, None] + step[:, None] * place)
    wide = last > WIDE * first
    growth = (last[wide] / first[wide])[:, None] ** (place / ends)
    fen[wide] = np.maximum(np.round(first[wide, None] * growth), first[wide, None] + place)
    inside = fen <= last[:, None]
    none = np.zeros(len(now))
    bid: Array = np.column_stack([none, np.where(inside, fen, first[:, None]) * FEN, now]).round(2)
    listed = np.column_stack([none > 0, inside, np.ones(len(now), bool)])
    listed[:, 1:-1] &= np.abs(bid[:, 1:-1] - now[:, None]) > FEN / 2
    listed[fixed, :-1] = False
    return bid, listed


def _hopeless(models: FittedModels, response: Response, free: Mask) -> Mask:
    """(n,) words that even at the lowest bid, and converting as well as they well may, cost more than they earn."""
    words = models.words
    doubt = np.hypot(words["cvr_spread"].to_numpy(float), words["value_spread"].to_numpy(float))
    lowest = PAUSED + 1
    spend = response.spend[:, lowest]
    earned = response.profit[:, lowest] + spend
    return np.asarray(free & (spend > 0) & (earned * np.exp(SURE * doubt) < spend))


def _raise_unseen(models: FittedModels, bid: Array, allowed: Mask, code: npt.NDArray[np.str_], *, must: bool) -> None:
    """无展现词: words that could be shown and never were lately take one small step up, in place.

    Not `must`: or stay, where only so many bids may change a night.
    """
    words = models.words
    unseen = (
        (code == "")
        & (words["seen_impressions"].to_numpy() == 0)
        & words["listed"].to_numpy()
        & (models.days_seen >= 7)
    )
    usual = (
        np.median(words["location"][words["seen_impressions"] > 0]) if (words["seen_impressions"] > 0).any() else 0.0
    )
    log_bid = np.log(words["bid_now"].to_numpy(float))
    units = np.flatnonzero(unseen & (log_bid < usual + FAR_ABOVE))
    now = bid[units, -1:]
    above = allowed[units] & (bid[units] > now)
    best = np.where(above, np.abs(bid[units] - now * (1 + NO_IMPRESSION_DAYS_STEP)), np.inf).argmin(1)
    raised = above.any(1)
    units, best = units[raised], best[raised]
    allowed[units, :-1] = False
    allowed[units, -1] &= not must
    allowed[units, best] = True
