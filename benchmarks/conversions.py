"""CVR and unfinished orders beside the market's truth: what of the gap from the shop's mean to the truth is closed.

Skill = (log-loss of the shop's mean - log-loss of the rate) / (log-loss of the shop's mean - log-loss of the truth),
over the expected clicks of the day to come at the bids in force, on several nights of each market. Beside ours: the raw
rate, the item's rate, a rate shrunk to the item's, a tuned LightGBM on the same features, and
`known health`: what the words' own counts and the best linear prior give when every item's state, past and tonight's,
is known, which no shop knows. Final orders: of the last 15 days, from their unfinished state, against what they become.

Usage: python benchmarks/conversions.py [FAMILY:SEED ...]
"""

import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from product import settings_text

from bidopt import fit, store
from bidopt.fit import FittedModels, Panel
from bidopt.fit.delay import prior_curve
from bidopt.fit.panel import by_group
from bidopt.fit.traits import EARLY, tokens, worth
from bidopt.schema import UNIT
from bidopt.settings import Settings
from bidopt.simulate.market import Market
from bidopt.simulate.spec import MarketSpec
from bidopt.simulate.truth import served_conversion
from bidopt.workspace import Workspace

Array = npt.NDArray[np.float64]

NORMAL = tuple(f"{family}:{seed}" for family in ("lognormal", "steps", "heavy") for seed in (0, 1, 2))
THIN = tuple(f"thin:{seed}" for seed in range(4))
NIGHTS = 15
JUDGED = (0, 5, 10, 15)
RECENT = 15
ILL, RECOVERED = 0.7, 8
"""An item is well whose conversion was never so far below the others' on so many days, tonight's the last."""
TUNING = tuple((leaves, rate) for leaves in (4, 15) for rate in (0.03, 0.1))
GBM = {
    "objective": "poisson",
    "min_child_samples": 50,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "feature_fraction": 0.8,
    "lambda_l2": 5.0,
    "num_threads": 1,
    "verbose": -1,
    "seed": 0,
}
WARM_UP = 14
"""LightGBM learns from days that have so many behind them."""


class Night:
    """One night of one market: what was fitted, and the truth in the order of the fitted words."""

    def __init__(self, market: Market, workspace: Workspace, settings: Settings) -> None:
        day = market.next_day
        with workspace.lock():
            history = store.read_history(workspace, day)
        self.models, self.panel = fit.fit(history, settings, day)
        words = pd.MultiIndex.from_frame(market.words[list(UNIT)])
        self.at = words.get_indexer(pd.MultiIndex.from_frame(self.panel.units[list(UNIT)]))
        number, truth = market.number(day), market.truth
        clicks = truth.outcome(number, market.in_force(day, market.bids)).clicks
        self.clicks = np.where(truth.live & ~market.smart, clicks, 0.0)[self.at]
        self.lasting = truth.words.cvr[self.at]
        self.states = truth.days.conversion[: number + 1].T[self.at]
        self.truth = self.lasting * self.states[:, -1]
        usual = np.median(self.states, axis=0)
        self.well = (self.states[:, -RECOVERED:] > ILL * usual[-RECOVERED:]).all(axis=1)
        served = np.array([d.served for d in market.record.days]).T[self.panel.campaign]
        self.heard = truth.words.delay[self.at][:, np.clip(self.panel.age.astype(int), 1, 16) - 1]
        self.hours = served_conversion(served)
        self.reported = float(self.panel.counts["orders"][:, -RECENT:].sum())

    def loss(self, rate: Array, some: npt.NDArray[np.bool_] | None = None) -> float:
        rate = np.clip(rate, 1e-5, 1 - 1e-5)
        each = -(self.truth * np.log(rate) + (1 - self.truth) * np.log(1 - rate))
        return float(np.average(each, weights=self.clicks if some is None else self.clicks * some))


def shop_mean(night: Night) -> Array:
    orders, exposure = counts(night)
    return np.full(len(orders), orders.sum() / exposure.sum())


def raw_rate(night: Night) -> Array:
    orders, exposure = counts(night)
    return np.where(exposure > 0, orders / np.maximum(exposure, 1e-9), shop_mean(night))


def item_rate(night: Night) -> Array:
    orders, exposure = (by_group(x, night.panel.item, len(night.panel.item_ids)) for x in counts(night))
    return ((orders + 1) / (exposure + 1 / shop_mean(night)[0]))[night.panel.item]


def shrunk_rate(night: Night) -> Array:
    """As many shops do it: a word's orders beside ten of its item's."""
    orders, exposure = counts(night)
    usual = item_rate(night)
    return (orders + 10) / (exposure + 10 / usual)


def ours(night: Night) -> Array:
    return night.models.words["cvr"].to_numpy(float)


def known_health(night: Night) -> Array:
    panel = night.panel
    exposure = (panel.clicks * night.heard * night.hours * night.states[:, :-1]).sum(1)
    x = np.column_stack([np.eye(len(panel.item_ids))[panel.item], covariates(night)])
    use = night.clicks > 0
    effects = np.linalg.lstsq(x[use], np.log(night.lasting[use]), rcond=None)[0]
    kind = np.exp(x @ effects)
    strength = 1 / np.var(np.log(night.lasting / kind)[use])
    own = (panel.counts["orders"].sum(1) + strength) / (exposure * kind + strength)
    return np.asarray(kind * own * night.states[:, -1])


def counts(night: Night) -> tuple[Array, Array]:
    """Orders known by now, and clicks as far as their orders can be known, by word."""
    panel = night.panel
    return panel.counts["orders"].sum(1), (panel.clicks * night.models.delay.at(panel.age)).sum(1)


def covariates(night: Night) -> Array:
    return worth(night.panel, night.models.words["location"].to_numpy(float)).to_numpy()


def light_gbm(night: Night) -> Array:
    """Poisson boosting on word-days; each knows the days before it. Tuned on the last seven days, then refitted."""
    import lightgbm

    features, orders, exposure = word_days(night)
    rate = orders / np.maximum(exposure, 1e-9)
    use = (exposure > 0) & (np.arange(exposure.shape[1]) >= WARM_UP)
    late = use & (np.arange(exposure.shape[1]) >= exposure.shape[1] - 7)

    def data(rows: npt.NDArray[np.bool_]) -> lightgbm.Dataset:
        seen = features[:, :-1][rows]
        return lightgbm.Dataset(seen, rate[rows], weight=exposure[rows], categorical_feature=[0], free_raw_data=False)

    best = (np.inf, 0, {})
    for leaves, pace in TUNING:
        params = GBM | {"num_leaves": leaves, "learning_rate": pace}
        stop = lightgbm.early_stopping(30, verbose=False)
        model = lightgbm.train(params, data(use & ~late), 500, valid_sets=[data(late)], callbacks=[stop])
        score = model.best_score["valid_0"]["poisson"]
        best = min(best, (score, model.best_iteration, params), key=lambda one: one[0])
    model = lightgbm.train(best[2], data(use), max(best[1], 10))
    return np.asarray(model.predict(features[:, -1]))


def word_days(night: Night) -> tuple[Array, Array, Array]:
    """Features (n, m + 1, p) as of each morning, the last tonight's; orders and exposure (n, m)."""
    panel, models = night.panel, night.models
    item, n_items = panel.item, len(panel.item_ids)
    known = models.delay.of_items(panel.item_ids, panel.age)[item]
    orders, exposure = panel.counts["orders"], panel.clicks * known
    early = sum((panel.counts[name] for name in EARLY), np.zeros(orders.shape))
    usual = orders.sum() / exposure.sum()
    after = pd.date_range(panel.days[0], periods=len(panel.days) + 1)
    shape = (len(orders), len(after))

    def past(values: Array, days: int) -> Array:
        total = np.cumsum(np.pad(values, ((0, 0), (1, 0))), axis=1)
        return total - np.pad(total, ((0, 0), (days, 0)))[:, : total.shape[1]]

    columns: list[Array] = [np.broadcast_to(item[:, None], shape), past(panel.clicks, 9999)]
    by_item = [by_group(x, item, n_items) for x in (orders, exposure, early, panel.clicks)]
    for days in (3, 7, 14, 9999):
        sold, could, added, clicked = (past(x, days)[item] for x in by_item)
        columns += [(sold + 2) / (could + 2 / usual), (added + 2) / (clicked + 10)]
    item_now = columns[-2]
    for days in (14, 9999):
        columns += [(past(orders, days) + 10) / (past(exposure, days) + 10 / item_now)]
        columns += [past(orders, days), past(exposure, days)]
    for name in EARLY:
        columns.append((past(panel.counts[name], 9999) + 1) / (past(panel.clicks, 9999) + 10))
    columns.append(np.broadcast_to(models.cvr_calendar.factor(after)[None, :], shape))
    columns.append(np.broadcast_to(after.day_of_week.to_numpy(float)[None, :], shape))
    still = np.column_stack([covariates(night), tokens(panel.units["keyword"], item, n_items)[1]])
    lasting = [np.broadcast_to(x[:, None], shape) for x in still.T]
    return np.stack([*columns, *lasting], axis=-1), orders, exposure


METHODS: dict[str, Callable[[Night], Array]] = {
    "ours": ours,
    "LightGBM": light_gbm,
    "shrunk rate": shrunk_rate,
    "item rate": item_rate,
    "raw rate": raw_rate,
    "known health": known_health,
}
WELL: dict[str, Callable[[Night], Array]] = {"ours": ours, "shrunk rate": shrunk_rate, "truth": lambda n: n.truth}
"""Judged once more on the words of items that are well: illness that begins tonight no history foretells."""


def play(name: str) -> tuple[list[dict[str, float]], list[dict[str, float]]]:
    """(skill parts by night, errors of final orders on the first and the last night) of one market."""
    family, seed = name.split(":")
    market = Market(MarketSpec(family, int(seed)))
    market.play_history()
    settings = Settings.model_validate(tomllib.loads(settings_text(market, 1000.0)))
    skills, unfinished = [], []
    with tempfile.TemporaryDirectory() as folder:
        exports, workspace = Path(folder) / "exports", Workspace(Path(folder) / "shop")
        exports.mkdir()
        files = market.write_history_exports(exports)
        for number in range(NIGHTS + 1):
            if number in JUDGED:
                with workspace.lock():
                    store.import_files(workspace, files, lambda _: None)
                files = []
                night = Night(market, workspace, settings)
                skills.append(judge(night))
                if number in (0, NIGHTS):
                    unfinished.append(final_orders(market, night.models, night.panel))
            market.play(market.next_day, market.bids, market.budgets)
            files += market.write_exports(exports, market.next_day, since_days=20)
    return skills, unfinished


def judge(night: Night) -> dict[str, float]:
    """What each method gains on the shop's mean in log-loss, the truth's gain, and ours against the truth in sum."""
    mean = night.loss(shop_mean(night))
    gains = {method: mean - night.loss(rate(night)) for method, rate in METHODS.items()}
    rate = ours(night)
    z = np.log(rate / night.truth) / night.models.words["cvr_spread"].to_numpy(float)
    gains |= {f"{name}, well": night.loss(shop_mean(night), night.well) - night.loss(by(night), night.well)
              for name, by in WELL.items()}  # fmt: skip
    return gains | {
        "truth": mean - night.loss(night.truth),
        "bias": float(night.clicks @ rate / (night.clicks @ night.truth) - 1),
        "inside": float(np.mean(np.abs(z[night.clicks > 0]) < 1.2816)),
    }


def final_orders(market: Market, models: FittedModels, panel: Panel) -> dict[str, float]:
    """Relative errors of the foreseen final orders of the last days: ours, and with the usual curve of delay."""
    final = sum(len(d.orders.word) for d in market.record.days[-RECENT:])
    orders, age = panel.counts["orders"][:, -RECENT:], panel.age[-RECENT:].astype(int)
    curve = prior_curve(15)
    usual = (orders / curve[np.minimum(age, len(curve) - 1)]).sum()
    foreseen = orders.sum() + models.words["orders_to_come"].sum()
    return {"ours": foreseen / final - 1, "usual curve": usual / final - 1, "as reported": orders.sum() / final - 1}


def main(names: list[str]) -> None:
    rows, finals = {}, {}
    columns = [*METHODS, *(f"{method}, well" for method in list(WELL)[:-1]), "bias", "inside"]
    print("| CVR skill | " + " | ".join(columns) + " | seconds |\n" + "|---" * (len(columns) + 2) + "|", flush=True)
    for name in names:
        start = time.perf_counter()
        skills, finals[name] = play(name)
        parts = pd.DataFrame(skills)
        total = parts.sum()
        rows[name] = total[list(METHODS)] / total["truth"]
        for method in list(WELL)[:-1]:
            rows[name][f"{method}, well"] = total[f"{method}, well"] / total["truth, well"]
        rows[name]["bias"], rows[name]["inside"] = parts["bias"].mean(), parts["inside"].mean()
        print(f"| {name} | {told(rows[name])} | {time.perf_counter() - start:.0f} |", flush=True)
    table = pd.DataFrame(rows).T
    thin = table.index.str.startswith("thin")
    for kind, some in (("mean, normal", ~thin), ("mean, thin", thin)):
        if some.any():
            print(f"| {kind} | {told(table[some].mean())} | |")
    print("\n| final orders, relative error | as reported | usual curve | ours |\n|---|---|---|---|")
    for place, night in enumerate(("first night", f"after {NIGHTS} nights")):
        errors = pd.DataFrame([both[place] for both in finals.values()]).abs()
        for what, line in (("median", errors.median()), ("worst", errors.max())):
            print(f"| {night}, {what} | {told(line[['as reported', 'usual curve', 'ours']])} |")


def told(values: "pd.Series[float]") -> str:
    return " | ".join(f"{value:.3f}" for value in values)


if __name__ == "__main__":
    main(sys.argv[1:] or [*NORMAL, *THIN])
