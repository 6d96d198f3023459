"""Alerts of simulated shops: how many a morning where nothing happens, and how soon a halved word is found.

Shops where nothing happens: several mornings of each, all alerts counted by kind. Halved words: every word of 100
impressions a day or more in the two weeks before, whose bid was not lowered, two at a time: each impression of the
last one, two, three days goes with chance 1/2, all else as it was, the models those of the undisturbed morning. Found =
told on one of these mornings. Again with words whose whole history was multiplied by days of their own first. Beside
ours, on the same mornings, the trade's rule: three days running below 60 % of the mean of the week before.

Usage: python benchmarks/alerts.py [--words N] [--mornings N] [FAMILY:SEED ...]
"""

import argparse
import datetime as dt
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from jobs import markdown

from bidopt import alerts, fit, recommend, store
from bidopt.fit import FittedModels, Panel, traffic
from bidopt.settings import Settings
from bidopt.simulate.market import Market
from bidopt.simulate.spec import MarketSpec
from bidopt.store import History
from bidopt.workspace import Workspace

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

SHOPS = tuple(f"{family}:{seed}" for seed in range(4) for family in ("lognormal", "steps", "heavy", "still", "drift"))
HISTORY_DAYS = 45
BEFORE = 14
LEAST = 100.0
TOGETHER = 2
"""Words that are halved at a time."""
OWN_NOISE = (0.0, 0.35, 0.6)
"""Log sd of the days of their own that words get."""
CLAIMS = ("falling", "rising", "waste", "level_shift")
"""Kinds that say that something changed; a budget that ran out or a word without impressions is a fact."""
TRAFFIC = [100, 200, 500, np.inf]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shops", nargs="*", default=SHOPS, metavar="FAMILY:SEED")
    parser.add_argument("--words", type=int, default=150)
    parser.add_argument("--mornings", type=int, default=3)
    options = parser.parse_args()
    quiet, halved = [], []
    for shop in options.shops:
        family, seed = shop.split(":")
        history, day = played(MarketSpec(family, int(seed), options.words, HISTORY_DAYS))
        for ago in reversed(range(options.mornings)):
            night = Night.of(until(history, day - dt.timedelta(days=3 * ago)), day - dt.timedelta(days=3 * ago))
            quiet.append({"shop": shop, **night.counts()})
        halved.append(found(night, np.random.default_rng(int(seed))))
        print(shop, night.counts(), halved[-1].groupby("noise")["day_3"].mean().to_dict(), file=sys.stderr, flush=True)
    print(report(pd.DataFrame(quiet).fillna(0.0), pd.concat(halved, ignore_index=True)))


def played(spec: MarketSpec) -> tuple[History, dt.date]:
    """A market's history through its own exports, and the day to plan for."""
    market = Market(spec)
    market.play_history()
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        with workspace.lock():
            store.import_files(workspace, tuple(market.write_history_exports(Path(folder))), lambda _: None)
            return store.read_history(workspace, market.next_day), market.next_day


def until(history: History, day: dt.date) -> History:
    """What was known on the morning of `day`, but for orders that arrived since."""
    eve = pd.Timestamp(day) - pd.Timedelta(days=1)
    return replace(
        history,
        days=history.days[history.days["date"] <= eve],
        versions=history.versions[history.versions["date"] <= eve],
        covered=history.covered[history.covered["date"] <= eve],
        words=history.words[history.words["date"] <= pd.Timestamp(day)],
        plans=history.plans[history.plans["date"] <= pd.Timestamp(day)],
    )


@dataclass(frozen=True)
class Night:
    models: FittedModels
    panel: Panel
    told: list[alerts.Alert]

    @classmethod
    def of(cls, history: History, day: dt.date) -> "Night":
        spend = history.days.groupby("date")["spend"].sum()
        settings = Settings.model_validate({"budget": {"daily_cap": float(spend.tail(BEFORE).mean() * 1.2)}})
        models, panel = fit.fit(history, settings, day)
        plan = recommend.make(models, settings)
        return cls(models, panel, alerts.find(models, panel, plan, history, "en"))

    def counts(self) -> dict[str, float]:
        """Alerts by kind, and what the trade's rule names."""
        kinds = Counter(alert.kind for alert in self.told)
        claims = sum(kinds[kind] for kind in CLAIMS)
        return {"all": len(self.told), "claims": claims, "rule": float(rule(self.panel).sum()), **kinds}


def rule(panel: Panel) -> Mask:
    """(n,): three days running below 60 % of the mean of the week before, of words that had enough."""
    usual = panel.impressions[:, -10:-3].mean(1)
    return np.asarray((panel.impressions[:, -3:] < 0.6 * usual[:, None]).all(1) & (usual >= LEAST))


def found(night: Night, rng: np.random.Generator) -> pd.DataFrame:
    """A row a halved word: its impressions a day, the noise it got, and whether it was found by each morning."""
    panel = night.panel
    usual = panel.impressions[:, -BEFORE - 3 : -3].mean(1)
    still = panel.bid[:, -3:].min(1) >= 0.95 * panel.bid[:, -BEFORE - 3 : -3].mean(1)
    able = np.flatnonzero((usual >= LEAST) & still & panel.running[:, -BEFORE:].all(1))
    rows = []
    for noise in OWN_NOISE:
        for words in np.array_split(rng.permutation(able), -(-len(able) // TOGETHER)):
            row = pd.DataFrame({"noise": noise, "usual": usual[words]})
            noisy = scattered(panel, words, noise, rng)
            ours, trade = np.zeros(len(words), bool), np.zeros(len(words), bool)
            for days in (1, 2, 3):
                after = halved(noisy, words, days, rng)
                lately = traffic.of(night.models, after)
                ours |= np.isin(words, traffic.moved(lately, 0.5, alerts.FALSE_FALLS).found)
                trade |= rule(after)[words]
                row[f"day_{days}"], row[f"rule_{days}"] = ours, trade
            rows.append(row)
    return pd.concat(rows)


def scattered(panel: Panel, words: Index, noise: float, rng: np.random.Generator) -> Panel:
    """Days of their own, of mean 1, on all that the words ever showed."""
    shown = panel.impressions.copy()
    shown[words] = np.round(shown[words] * np.exp(rng.normal(-(noise**2) / 2, noise, shown[words].shape)))
    return replace(panel, counts=panel.counts | {"impressions": shown})


def halved(panel: Panel, words: Index, days: int, rng: np.random.Generator) -> Panel:
    """Each impression of the words in the last days goes with chance 1/2."""
    shown = panel.impressions.copy()
    shown[words, -days:] = rng.binomial(shown[words, -days:].astype(int), 0.5)
    return replace(panel, counts=panel.counts | {"impressions": shown})


def report(quiet: pd.DataFrame, halved: pd.DataFrame) -> str:
    counts = quiet.drop(columns="shop")
    alarms = pd.DataFrame({"mean": counts.mean(), "most": counts.max().astype(int)}).rename_axis("alerts a morning")
    days = [f"{who}_{day}" for who in ("day", "rule") for day in (1, 2, 3)]
    classes = {f"own days of {noise:g} beside the market's": halved["noise"] == noise for noise in OWN_NOISE}
    size = pd.cut(halved["usual"], TRAFFIC, right=False)
    classes |= {f"{cell} impressions a day": (halved["noise"] == 0) & (size == cell) for cell in size.cat.categories}
    found = pd.DataFrame({name: halved.loc[rows, days].mean() for name, rows in classes.items() if rows.any()}).T
    found.insert(0, "words", [int(rows.sum()) for rows in classes.values() if rows.any()])
    found = found.rename_axis("halved words")
    return f"{len(quiet)} mornings\n{markdown(alarms)}\n\n{markdown(found)}"


if __name__ == "__main__":
    main()
