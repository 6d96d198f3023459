"""Words held out: drawn by layers of spend, and what is measured against them covers the truth as often as it says."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bidopt import curves, recommend
from bidopt.holdout import Draw, gain
from bidopt.schema import UNIT
from bidopt.settings import Budget, Holdout, Settings
from simulated import fitted

SETTINGS = Settings(budget=Budget(daily_cap=1e4), holdout=Holdout(share=0.1))


@pytest.fixture(scope="module")
def words() -> pd.DataFrame:
    return recommend.make(fitted()[0], SETTINGS).words


def test_layers_go_by_expected_spend_and_hold_one_word_each(words: pd.DataFrame) -> None:
    drawn = words[words["holdout_layer"] >= 0]
    assert drawn.groupby("holdout_layer").size().eq(10).all()
    assert drawn[drawn["reason"] == "keep_holdout"].groupby("holdout_layer").size().eq(1).all()
    models = fitted()[0]
    spend = pd.Series(curves.respond(models, models.words["bid_now"].to_numpy()[:, None]).spend[:, 0], words.index)
    ends = spend[drawn.index].groupby(drawn["holdout_layer"]).agg(["min", "max"])
    assert (ends["min"].to_numpy()[:-1] >= ends["max"].to_numpy()[1:]).all()
    rest = words[(words["holdout_layer"] < 0) & ~words["reason"].str.startswith("keep_")]
    assert len(rest) < 10


def test_the_plan_logs_its_draw(words: pd.DataFrame) -> None:
    told = recommend.make(fitted()[0], SETTINGS).head["holdout"]
    assert told == {"share": 0.1, "layers": words["holdout_layer"].max() + 1, "held": told["layers"]}
    assert recommend.make(fitted()[0], replace_share(0.0)).head["holdout"] == {"share": 0.0, "layers": 0, "held": 0}


def replace_share(share: float) -> Settings:
    return SETTINGS.model_copy(update={"holdout": Holdout(share=share)})


def test_the_draw_is_anew_each_day_and_the_same_on_a_day() -> None:
    models = fitted()[0]
    nights = [replace(models, day=models.day + dt.timedelta(days=k)) for k in (0, 0, 1)]
    first, again, next_day = (np.flatnonzero(curves.held(night, SETTINGS) == "holdout") for night in nights)
    assert first.tolist() == again.tolist()
    assert 0 < len(set(first) & set(next_day)) + len(first) < 2 * len(first)


def test_a_word_held_keeps_its_bid(words: pd.DataFrame) -> None:
    kept = words[words["reason"] == "keep_holdout"]
    assert (kept["bid_new"] == kept["bid_now"]).all()
    assert (words["bid_new"] != words["bid_now"]).any()
    assert kept[list(UNIT)].duplicated().sum() == 0


def _night(
    rng: np.random.Generator, *, lift: float, believed: float, worth: float = 1.0
) -> tuple[Draw, dict[str, float]]:
    """A night of 200 words in layers of 20 whose moves cut clicks by `lift` or raise them half as much again, which the
    plan takes for `believed`; clicks bring `worth` of the GMV foreseen. And what the moves bring on average.
    """
    usual = np.sort(rng.lognormal(1.5, 1.0, 200))[::-1]
    layer = np.repeat(np.arange(10), 20)
    held = np.zeros(200, bool)
    held[np.arange(10) * 20 + rng.integers(0, 20, 10)] = True
    side = rng.choice([-1.0, 1.5], 200)
    there = np.where(held, usual, usual * (1 + lift * side))
    clicks = rng.poisson(there * rng.gamma(8, 1 / 8, 200) * rng.normal(1, 0.1)).astype(float)
    orders = rng.poisson(0.03 * worth * clicks)
    plan = np.where(held, usual, usual * (1 + believed * side))
    figures = [{"clicks": c, "spend": 0.8 * c, "gmv": 0.03 * 120 * c} for c in (usual, plan)]
    came = {"clicks": clicks, "spend": 0.8 * clicks, "gmv": 120.0 * orders}
    more = lift * (usual * side)[~held].sum()
    truth = {"clicks": more, "spend": 0.8 * more, "gmv": 3.6 * worth * more}
    truth |= {"profit": 0.4 * truth["gmv"] - truth["spend"]}
    return Draw(layer, held, *figures, came, np.full(200, 0.4)), truth


@pytest.mark.parametrize(("lift", "believed", "worth"), [(0.0, 0.0, 1.0), (0.2, 0.2, 1.0), (0.1, 0.3, 0.6)])
def test_intervals_cover_the_truth_eight_times_in_ten(lift: float, believed: float, worth: float) -> None:
    """Whether the models were right or believed too much of their moves and of clicks' worth."""
    rng = np.random.default_rng(7)
    inside: dict[str, list[bool]] = {}
    off: dict[str, list[float]] = {}
    for _ in range(200):
        nights = [_night(rng, lift=lift, believed=believed, worth=worth) for _ in range(6)]
        found = gain([draw for draw, _ in nights])
        for name, effect in found.effects.items():
            truth = sum(true[name] for _, true in nights)
            inside.setdefault(name, []).append(effect.low <= truth <= effect.high)
            off.setdefault(name, []).append(effect.measured - truth)
    for name, hits in inside.items():
        assert 0.72 <= np.mean(hits) <= 0.9, name
        assert abs(np.mean(off[name])) < 3.5 * np.std(off[name]) / 200**0.5, name


def test_what_was_foreseen_is_told_beside_what_was_measured() -> None:
    draw, _ = _night(np.random.default_rng(1), lift=0.0, believed=0.5)
    found = gain([draw])
    moved = ~draw.held
    assert found.effects["clicks"].foreseen == pytest.approx((draw.plan["clicks"] - draw.today["clicks"])[moved].sum())
    assert (found.nights, found.held, found.moved) == (1, 10, 190)


def test_few_words_held_are_not_called_a_measure() -> None:
    draw, _ = _night(np.random.default_rng(1), lift=0.9, believed=0.9)
    some = draw.layer < 5
    part = Draw(
        draw.layer[some], draw.held[some],
        *({name: values[some] for name, values in side.items()} for side in (draw.today, draw.plan, draw.came)),
        draw.margin[some],
    )  # fmt: skip
    assert not gain([part]).measured
    assert not gain([part]).enough
    assert gain([part, part]).measured
    assert gain([]).facts() == {"nights": 0, "held": 0, "moved": 0, "measured": False, "enough": False}
