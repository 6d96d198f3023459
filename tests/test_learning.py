"""Moves made in order to learn: within their share of the cap, named, and where knowing pays."""

from dataclasses import replace

import numpy as np
import pytest

from bidopt import curves, recommend
from bidopt.settings import Budget, Explore, Holdout, Settings
from simulated import fitted


def _settings(share: float, cap: float = 1500.0) -> Settings:
    return Settings(budget=Budget(daily_cap=cap), explore=Explore(share=share), holdout=Holdout(share=0.0))


@pytest.mark.parametrize("share", [0.02, 0.1, 0.4])
def test_words_moved_to_learn_spend_no_more_than_their_share(share: float) -> None:
    settings = _settings(share)
    plan = recommend.make(fitted("still")[0], settings)
    moved = plan.words[plan.words["reason"] == "explore"]
    assert moved["new_spend"].sum() <= share * settings.daily_cap(fitted("still")[0].day)
    assert (moved["bid_new"] != moved["bid_now"]).all()


def test_nothing_is_explored_without_a_share() -> None:
    plan = recommend.make(fitted("still")[0], _settings(0.0))
    assert not (plan.words["reason"] == "explore").any()
    assert plan.decision.grid.taught.max() == 0


def test_a_large_share_finds_words_to_learn_from_on_both_sides() -> None:
    plan = recommend.make(fitted("still")[0], _settings(0.5))
    moved = plan.words[plan.words["reason"] == "explore"]
    assert len(moved) >= 3
    up = (moved["bid_new"] > moved["bid_now"]).mean()
    assert 0.0 < up < 1.0


def test_what_is_known_teaches_nothing() -> None:
    """Words whose elasticity is certain, and the present bid itself, have no bonus."""
    models = fitted("still")[0]
    grid = curves.build(models, _settings(0.0))
    taught = curves.bonus(models, grid, 0.0, 1e9)
    assert taught.max() > 0
    rows = np.arange(len(taught))
    assert taught[rows, grid.start].max() == 0
    certain = replace(models, words=models.words.assign(elasticity_spread=1e-3))
    assert curves.bonus(certain, grid, 0.0, 1e9).max() < 0.01 * taught.max()
