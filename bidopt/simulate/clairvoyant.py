"""The yardstick: a controller that knows every true curve and each day's foreseeable state, under the shop's limits."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from bidopt.simulate.market import HIGHEST_BID, LOWEST_BID, Market
from bidopt.simulate.optimum import best_bids
from bidopt.simulate.truth import Array

OPTIONS = 25
SMALLEST_BUDGET = 30.0


@dataclass(frozen=True)
class Clairvoyant:
    """Each night maximises the next day's true expected profit under `cap` yuan a day and the largest move `step`.

    `planned` is the share of the cap that expected spend may take, the rest is for days busier than foreseen.
    """

    market: Market
    cap: float
    step: float = 0.30
    planned: float = 0.92

    def plan(self, day: date) -> tuple[Array, dict[str, float]]:
        """Bids of shape (n,) and budgets by campaign id for `day`, the next to play."""
        market = self.market
        held = market.in_force(day, market.bids)
        options = step_options(held, self.step, OPTIONS)
        options = np.where(market.adjustable[:, None], options, held[:, None])
        number = market.number(day)
        bids = best_bids(market.truth, number, options, held, ~market.smart, self.planned * self.cap)
        spend = market.by_campaign(market.truth.outcome(number, bids).spend)
        wanted = dict(zip(market.campaign_ids, spend.tolist(), strict=True))
        return bids, market.budgets | split_cap(self.cap, {c: wanted[c] for c in market.manual_ids})


def step_options(bids: Array, step: float, count: int) -> Array:
    """Bids (n, count) in fen within `step` of `bids` and the platform's bounds; the present bid is among them."""
    moves = np.sort(np.append(np.linspace(-step, step, count - 1), 0.0))
    exact = np.clip(bids[:, None] * (1 + moves), LOWEST_BID, HIGHEST_BID)
    # Fen are rounded towards the present bid, so that a small bid does not move by more than the step.
    fen = np.where(moves > 0, np.floor(exact * 100 + 1e-6), np.ceil(exact * 100 - 1e-6)) / 100
    return np.where(moves == 0, bids[:, None], fen)


def split_cap(cap: float, weights: dict[str, float]) -> dict[str, float]:
    """Share `cap` yuan among campaigns in proportion to `weights`, none below the platform's smallest budget."""
    spare = cap - SMALLEST_BUDGET * len(weights)
    total = sum(weights.values()) or 1.0
    return {c: float(np.floor(100 * (SMALLEST_BUDGET + spare * w / total)) / 100) for c, w in weights.items()}
