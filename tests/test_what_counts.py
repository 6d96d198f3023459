"""What the models must not ignore: each played against a version that ignores it, on the simulated market's truth."""

import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bidopt import fit, store
from bidopt.fit import FittedModels
from bidopt.fit import models as night_models
from bidopt.recommend.decide import decide
from bidopt.schema import UNIT
from bidopt.settings import Budget, Holdout, Settings
from bidopt.simulate.market import Market
from bidopt.simulate.owner import Owner
from bidopt.simulate.spec import MarketSpec
from bidopt.workspace import Workspace
from simulated import Shop, fitted, shop


def _earned(played: Shop, models: FittedModels, cap: float) -> float:
    """True profit, yuan a day, of the plan that `models` lead to under `cap` yuan a day."""
    market = played.market
    plan = decide(models, Settings(budget=Budget(daily_cap=cap), holdout=Holdout(share=0.0)))
    bid = plan.grid.bid[np.arange(len(plan.choice)), plan.choice]
    at = pd.MultiIndex.from_frame(models.words[list(UNIT)]).get_indexer(
        pd.MultiIndex.from_frame(market.words[list(UNIT)])
    )
    budgets = dict(zip(models.campaigns["campaign_id"], plan.budget, strict=True))
    budgets = market.budgets | {c: float(b) for c, b in budgets.items() if np.isfinite(b)}
    result = market.expected(played.day, np.where(market.adjustable, bid[at], market.bids), budgets)
    return float(result["profit"][~market.smart].sum())


@pytest.mark.parametrize("family", ["lognormal", "steps", "heavy"])
def test_what_an_order_is_worth(family: str) -> None:
    """Who counts all of an order's GMV as gain, before margin and refunds, buys clicks at a loss."""
    played, (models, _) = shop(family), fitted(family)
    blind = replace(models, words=models.words.assign(margin=1.0, refund_rate=0.0))
    assert _earned(played, models, 1e5) > 1.05 * _earned(played, blind, 1e5)


@cache
def _short_of_budget() -> Shop:
    """A shop whose budgets let through about half of every day."""
    market = Market(MarketSpec("lognormal", words=120, history_days=40))
    owner = Owner(market.spec, market.truth, market.record, market.adjustable)
    bids = owner.first_bids()
    wanted = market.by_campaign(market.expected(market.next_day, bids)["spend"].to_numpy())
    budgets = {c: max(30.0, round(0.5 * s)) for c, s in zip(market.campaign_ids, wanted.tolist(), strict=True)}
    for _ in range(market.spec.history_days):
        market.play(market.next_day, bids, budgets)
        bids = owner.bids()
    folder = Path(tempfile.mkdtemp())
    exports = tuple(market.write_history_exports(folder))
    workspace = Workspace(folder / "shop")
    with workspace.lock():
        store.import_files(workspace, exports, lambda _: None)
    return Shop(market, exports, store.read_history(workspace, market.next_day), market.next_day)


def test_days_cut_short_hide_demand(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """Who takes the served share of a day for its demand keeps bids high and runs dry at noon."""
    played = _short_of_budget()
    market = played.market
    settings = Settings()
    models, _ = fit.fit(played.history, settings, played.day)
    build = night_models.build

    def blind(*args: object) -> object:
        panel = build(*args)  # type: ignore[arg-type]
        return replace(panel, budget=np.full_like(panel.budget, np.inf))

    monkeypatch.setattr(night_models, "build", blind)
    ignoring, _ = fit.fit(played.history, settings, played.day)
    wanted = market.expected(played.day, market.bids)["spend"][~market.smart].sum()
    cap = 0.5 * float(wanted)
    assert models.words["demand"].sum() > 1.3 * ignoring.words["demand"].sum()
    assert _earned(played, models, cap) > 1.02 * _earned(played, ignoring, cap)
