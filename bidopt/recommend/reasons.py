"""Why each word's bid is what it is, what limits it, and the numbers behind both.

The codes are those of prose.REASON and prose.LIMIT, closed lists.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt.fit import FittedModels
from bidopt.recommend.decide import Decision
from bidopt.recommend.wishes import CAPS, Wishes, wishes
from bidopt.settings import Settings

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.str_]
Mask = npt.NDArray[np.bool_]

FEW_CLICKS = 5
"""With fewer of its own in the last 15 days a word is judged by its kind."""
SAME_BID = 1e-9
MOVED = ("clicks", "spend", "gmv", "profit")
_RAISE = {"min_roi": "raise_for_roi", "min_spend": "raise_for_spend", "campaign_floor": "raise_for_floor"}
_CUT = {
    "risk": "cut_for_risk",
    "min_roi": "cut_for_roi",
    "stock": "cut_for_stock",
    "campaign_cap": "cut_for_campaign",
    "cap": "cut_for_cap",
}


def explain(models: FittedModels, decision: Decision, settings: Settings) -> pd.DataFrame:
    """One row a word, in the words' order.

    Columns `reason`, `limited_by`; `limit_value`: where the limit stands, in the limit's own unit, NaN where it has
    none; `more_X` for X in `MOVED`: what the move alone changes a day, before budgets cut anything off;
    `return_here`, `return_elsewhere`: of a bid cut for a cap, what a yuan of the spend given up brought of the
    objective, and what it brings on other words; `seen_clicks` of the last 15 days.
    """
    grid, rows = decision.grid, np.arange(len(decision.choice))
    wish = wishes(decision, settings.objective)
    bids = _Bids(decision)
    few = models.words["seen_clicks"].to_numpy() < FEW_CLICKS
    reason = _reasons(models, decision, settings, wish, bids, few)
    limit = _limits(decision, wish, bids, reason)
    moved = {
        f"more_{name}": getattr(grid.response, name)[rows, decision.choice]
        - getattr(grid.response, name)[rows, grid.start]
        for name in MOVED
    }
    gained = wish.before_caps[rows, decision.choice] - wish.before_caps[rows, grid.start]
    for_caps = np.isin(reason, [_CUT[name] for name in CAPS]) & (moved["more_spend"] < 0)
    here = np.divide(gained, moved["more_spend"], out=np.full(len(rows), np.nan), where=for_caps)
    return pd.DataFrame(
        {
            "reason": reason,
            "limited_by": limit,
            "limit_value": _limit_values(models, decision, settings, bids, limit),
            **moved,
            "return_here": here,
            "return_elsewhere": np.where(for_caps, wish.price, np.nan),
            "seen_clicks": models.words["seen_clicks"].to_numpy(float),
        },
        index=models.words.index,
    )


class _Bids:
    """Bids (n,) in yuan, and how they stand to each other."""

    def __init__(self, decision: Decision) -> None:
        grid, rows = decision.grid, np.arange(len(decision.choice))
        self.now = grid.bid[rows, grid.start]
        self.new = grid.bid[rows, decision.choice]
        self.up, self.down = self.new > self.now + SAME_BID, self.new < self.now - SAME_BID
        self.free = grid.held == ""
        self.outside = ~grid.possible[rows, grid.start] & self.free
        self.forced = self.free & ~self.outside & ~grid.allowed[rows, grid.start]
        self.alone = self.free & (grid.listed.sum(1) == 1)
        offered = np.where(grid.possible, grid.bid, np.nan)
        self.lowest, self.highest = np.nanmin(offered, 1), np.nanmax(offered, 1)


def _reasons(
    models: FittedModels, decision: Decision, settings: Settings, wish: Wishes, bids: _Bids, few: Mask
) -> Codes:
    grid, goal = decision.grid, settings.objective.maximise
    most = settings.bids.max_changes
    full = 0 < most <= int((bids.up | bids.down).sum())
    mover = _mover(wish, bids)
    cases: dict[str, Mask] = {
        "to_limit": bids.outside & (bids.new > 0),
        "pause": bids.free & (bids.new == 0),
        "raise_no_impressions": bids.forced & bids.up,
        "explore": bids.free & _explored(decision),
        **{code: bids.up & (mover == name) for name, code in _RAISE.items()},
        "raise_kin": bids.up & few,
        "raise_pays" if goal == "profit" else "raise_gains": bids.up,
        **{code: bids.down & (mover == name) for name, code in _CUT.items()},
        "cut_kin": bids.down & few,
        "cut_ratio" if goal == "roi" else "cut_costs": bids.down,
        "keep_unsolved": np.full(len(few), decision.allocation.tried[-1] == "keep"),
        "keep_min_shown": bids.alone & (models.words["min_bid"].to_numpy(float) > bids.now),
        "keep_most": full & (wish.best != grid.start),
        "keep_small": (wish.possible_best != grid.start) & (wish.best == grid.start),
        "keep_kin": few,
    }
    held = np.char.add("keep_", grid.held)
    return np.select([~bids.free, *cases.values()], [held, *cases], "keep_best")


def _mover(wish: Wishes, bids: _Bids) -> Codes:
    """(n,) what carried the wished bid furthest towards the new one: the goal alone, or one of the limits.

    Where none did, rounding to whole options moved the word: the last limit's.
    """
    carried = np.diff(wish.bid, axis=0, prepend=bids.now[None]) * np.sign(bids.new - bids.now)
    return np.where(carried.max(0) > SAME_BID, np.array(wish.names)[carried.argmax(0)], wish.names[-1])


def _explored(decision: Decision) -> Mask:
    """Words at a bid that earns less than another would, for what it teaches."""
    grid, rows = decision.grid, np.arange(len(decision.choice))
    earns = grid.value - grid.taught - decision.allocation.shadow_price * grid.response.spend
    best = np.where(grid.allowed, earns, -np.inf).max(1)
    return np.asarray((grid.taught[rows, decision.choice] > 0) & (earns[rows, decision.choice] < best - 1e-9))


def _limits(decision: Decision, wish: Wishes, bids: _Bids, reason: Codes) -> Codes:
    """What stops the bid from going where it would: what holds it, the ends of its range, or the plan's limits."""
    grid = decision.grid
    high_by, low_by = (_step_of(by, decision.careful) for by in (grid.high_by, grid.low_by))
    # A bid that stood beyond its bounds is limited by the bound it comes back to.
    back_up, back_down = bids.outside & (bids.now < bids.lowest), bids.outside & (bids.now > bids.highest)
    some = ~bids.alone
    top = some & (np.minimum(bids.new, wish.bid[-1]) >= bids.highest - SAME_BID)
    bottom = some & (np.maximum(bids.new, wish.bid[-1]) <= bids.lowest + SAME_BID)
    cases: list[tuple[Mask, Codes | str]] = [
        (~bids.free, np.where(grid.held == "absent", "status", grid.held)),
        (np.isin(reason, ["raise_no_impressions", "keep_kin"]), "evidence"),
        (reason == "explore", "explore"),
        (np.isin(reason, ["keep_unsolved", "pause"]), ""),
        (reason == "keep_min_shown", "min_bid"),
        (reason == "keep_most", "max_changes"),
        (reason == "keep_small", "min_change"),
        (back_up, grid.low_by),
        (back_down, grid.high_by),
        (top, high_by),
        (bottom, low_by),
    ]
    said = [np.broadcast_to(np.asarray(code, "U12"), reason.shape) for _, code in cases]
    return np.select([mask for mask, _ in cases], said, _held_off(wish, bids))


def _step_of(by: Codes, careful: float) -> Codes:
    """The ends of the range as codes: a step that little history makes small is limited by that history."""
    return np.where((by == "step") & (careful < 1), "history", by)


def _held_off(wish: Wishes, bids: _Bids) -> Codes:
    """Which limit keeps the new bid away from the one that the goal alone would have: the one that moves it most."""
    if len(wish.names) == 1:
        return np.full(len(bids.new), "", dtype="U12")
    gap = wish.bid[0] - bids.new
    away = np.where(np.abs(gap) > SAME_BID, np.sign(gap), 0.0)
    pull = -np.diff(wish.bid, axis=0) * away
    limit = np.array(wish.names[1:])[pull.argmax(0)]
    limit = np.where(pull.max(0) > SAME_BID, limit, wish.names[-1])
    return np.where(away == 0, "", limit)


def _limit_values(models: FittedModels, decision: Decision, settings: Settings, bids: _Bids, limit: Codes) -> Array:
    """(n,) where each limit stands: yuan, a fraction of the bid, a count or a ratio, as the limit has it."""
    step = decision.grid.step
    fallen = 1 - (1 - step) ** decision.nights_down
    budget = decision.budget_new[models.campaign]
    ceiling = (limit == "campaign_cap") & (bids.new >= bids.highest - SAME_BID) & bids.up
    values: dict[str, Array | float] = {
        "cap": decision.cap,
        "campaign_cap": np.where(ceiling, decision.budget_now[models.campaign], budget),
        "step": np.where(bids.down, fallen, step),
        "history": np.where(bids.down, fallen, step),
        "min_bid": np.fmax(
            np.where(bids.outside, bids.lowest, bids.new), np.nan_to_num(models.words["min_bid"].to_numpy(float))
        ),
        "max_bid": np.where(bids.outside, bids.highest, bids.new),
        "min_change": settings.bids.min_change,
        "max_changes": float(settings.bids.max_changes),
        "min_roi": settings.objective.min_roi,
        "min_spend": settings.objective.min_spend * decision.planned,
        "risk": settings.objective.risk_aversion,
        "stock": models.words["stock"].to_numpy(float),
        "campaign_floor": _floors(models, settings),
        "evidence": np.where(bids.free, models.words["seen_clicks"].to_numpy(float), np.nan),
        "explore": settings.explore.share,
    }
    said = [np.broadcast_to(np.asarray(value, float), limit.shape) for value in values.values()]
    return np.select([limit == name for name in values], said, np.nan)


def _floors(models: FittedModels, settings: Settings) -> Array:
    """(n,) the smallest spend of the words' campaigns, yuan a day; NaN where none is set."""
    floors = models.words["campaign_id"].map({c.id: c.min_spend for c in settings.campaign})
    return np.asarray(floors.to_numpy(float), np.float64)
