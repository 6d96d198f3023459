"""The product as a controller of a simulated market, and the same with truths in the place of its models."""

import dataclasses
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from rules import Plan

from bidopt import export, fit, nightly, recommend, store
from bidopt.errors import DataError
from bidopt.fit import FittedModels
from bidopt.fit.landscape import Landscape
from bidopt.schema import UNIT
from bidopt.simulate.market import Market
from bidopt.simulate.truth import Array, Outcome
from bidopt.workspace import Workspace

RESTATED_DAYS = 16
"""A morning's report covers the attribution window, so that its conversions are restated."""


class Ours:
    """The product, through files alone: exports into the inbox, change lists out."""

    def __init__(self, market: Market, cap: float, folder: Path, bid_history: bool) -> None:
        self.market, self.workspace = market, Workspace(folder)
        self.workspace.inbox.mkdir(parents=True)
        self.workspace.settings_path.write_text(settings_text(market, cap), "utf-8")
        market.write_history_exports(self.workspace.inbox, bid_history=bid_history)

    def plan(self, day: date) -> Plan:
        self.deliver(day)
        try:
            night = nightly.run(self.workspace, day, lambda *_: None)
        except DataError as error:
            print(f"{day}: no plan: {error}", file=sys.stderr)
            return self.market.bids, self.market.budgets
        return self.market.apply_plan(night.run_dir)

    def deliver(self, day: date) -> None:
        """Put the morning's exports into the inbox."""
        if day > self.market.history_end:
            self.market.write_exports(self.workspace.inbox, day, since_days=RESTATED_DAYS)


class Inside(Ours):
    """The same night taken apart, so that what is between its stages can be seen or replaced."""

    def plan(self, day: date) -> Plan:
        self.deliver(day)
        with self.workspace.lock():
            store.import_inbox(self.workspace, lambda _: None)
        settings = self.workspace.settings()
        models, panel = fit.fit(store.read_history(self.workspace, day), settings, day)
        made = recommend.make(self.believed(models), settings)
        self.seen(models, panel, made)
        folder = self.workspace.runs
        folder.mkdir(exist_ok=True)
        (folder / "bids.csv").write_bytes(export.bids_csv(made.words, settings.shop.language))
        (folder / "budgets.csv").write_bytes(export.budgets_csv(made.budgets, settings.shop.language))
        return self.market.apply_plan(folder)

    def believed(self, models: FittedModels) -> FittedModels:
        """What the decision is made from."""
        return models

    def seen(self, models: FittedModels, panel: fit.Panel, plan: recommend.Plan) -> None:
        """Look at the night."""


class TrueValues(Inside):
    """Our curves, the market's CVR and order values."""

    def believed(self, models: FittedModels) -> FittedModels:
        return with_true_values(self.market, models)


class TrueCurves(Inside):
    """The market's curves, our CVR and order values."""

    def believed(self, models: FittedModels) -> FittedModels:
        return with_true_curves(self.market, models)


class TrueBoth(Inside):
    """The market's curves and values under our way to plan with them."""

    def believed(self, models: FittedModels) -> FittedModels:
        return with_true_curves(self.market, with_true_values(self.market, models))


def to_models(market: Market, models: FittedModels, values: Array) -> Array:
    """`values` (n, …) of the market's words in the models' order."""
    words = pd.MultiIndex.from_frame(market.words[list(UNIT)])
    return values[words.get_indexer(pd.MultiIndex.from_frame(models.words[list(UNIT)]))]


def to_market(market: Market, models: FittedModels, values: Array) -> Array:
    """`values` (n, …) of the models' words in the market's order."""
    words = pd.MultiIndex.from_frame(models.words[list(UNIT)])
    return values[words.get_indexer(pd.MultiIndex.from_frame(market.words[list(UNIT)]))]


def with_true_values(market: Market, models: FittedModels) -> FittedModels:
    """The models with the market's CVR of the day and its order values."""
    truth = market.truth
    cvr = truth.words.cvr * truth.days.conversion[market.number(models.day)]
    words = models.words.assign(
        cvr=to_models(market, models, cvr), order_value=to_models(market, models, truth.words.order_value)
    )
    return dataclasses.replace(models, words=words)


@dataclasses.dataclass(frozen=True)
class TrueLandscape(Landscape):
    """A landscape that reads the market's: its "reach" of a demand of 1 at a CTR of 1 is the expected clicks."""

    market: Market
    models: FittedModels

    def reach(self, bid: Array) -> Array:
        return to_models(self.market, self.models, self._outcome(bid).clicks)

    def cpc(self, bid: Array) -> Array:
        outcome = self._outcome(bid)
        return to_models(self.market, self.models, outcome.spend / np.maximum(outcome.clicks, 1e-12))

    def _outcome(self, bid: Array) -> Outcome:
        """Every word at `bid` (n, k) in the models' order while its partner keeps its own; in the market's order."""
        market, day = self.market, self.models.day
        held = market.in_force(day, market.bids)
        options = np.where(market.smart[:, None], held[:, None], to_market(market, self.models, bid))
        return market.truth.outcome(market.number(day), options, np.broadcast_to(held[:, None], options.shape))


def with_true_curves(market: Market, models: FittedModels) -> FittedModels:
    """The models with the market's expected clicks and spend at every bid of the day."""
    landscape = TrueLandscape(**vars(models.landscape), market=market, models=models)
    words = models.words.assign(demand=1.0, ctr=1.0)
    return dataclasses.replace(models, words=words, landscape=landscape, ctr_slope=0.0)


def settings_text(market: Market, cap: float) -> str:
    """`bidopt.toml` of a shop with this cap, in yuan a day, that tells its promotions where the family does."""
    lines = ["[budget]", f"daily_cap = {cap:.2f}"]
    if market.spec.kind.declared:
        for promotion in market.spec.promotions:
            lines += ["[[promotion]]", f'name = "{promotion.name}"']
            lines += [f"start = {promotion.start}", f"end = {promotion.end}"]
    return "\n".join(lines) + "\n"
