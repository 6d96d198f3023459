"""Words sorted as the trade sorts them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bidopt import classes, fit
from bidopt.prose import TREND, WORD_CLASS
from bidopt.settings import Settings
from bidopt.store import History
from simulated import shop

UNIT = ["campaign_id", "ad_group_id", "keyword_id"]


def sorted_words(history: History) -> pd.DataFrame:
    models, panel = fit.fit(history, Settings(), shop().day)
    return models.words[UNIT].assign(**classes.of(models, panel, history))


@pytest.fixture(scope="module")
def told() -> pd.DataFrame:
    return sorted_words(shop().history)


def test_every_word_is_where_its_reports_put_it(told: pd.DataFrame) -> None:
    days = shop().history.days
    late = days[days["date"] >= pd.Timestamp(shop().day) - pd.Timedelta(days=15)]
    late = late.assign(saved=late["carts"] + late["favourites"])
    sums = late.groupby(UNIT)[["impressions", "clicks", "orders", "saved"]].sum()
    sums = sums.reindex(pd.MultiIndex.from_frame(told[UNIT]), fill_value=0).reset_index(drop=True)
    seen = sums["impressions"] > 0
    expected = np.select(
        [sums["orders"] > 0, sums["saved"] > 0, sums["clicks"] > 0, seen],
        ["converted", "saved", "clicked", "shown"],
        "unseen",
    )
    assert (told["word_class"] == expected).all()
    assert {"converted", "saved", "clicked", "shown"} <= set(told["word_class"])
    assert told["seen_orders"].sum() == sums["orders"].sum()


def test_a_word_that_only_the_newest_table_has_is_new() -> None:
    history = shop().history
    words = history.words
    word = words[words["date"] == words["date"].max()].iloc[[0]].assign(keyword_id="999", keyword="新词")
    before = words.assign(date=words["date"] - pd.Timedelta(days=7))
    added = replace(history, words=pd.concat([before, words, word], ignore_index=True))
    told = sorted_words(added)
    assert told.loc[told["word_class"] == "new", "keyword_id"].tolist() == ["999"]
    newest = words[words["date"] == words["date"].max()]
    only = sorted_words(replace(history, words=pd.concat([newest, word], ignore_index=True)))
    assert only.loc[only["keyword_id"] == "999", "word_class"].tolist() == ["unseen"]  # nothing says since when


def test_without_tables_a_word_is_new_by_its_first_impression() -> None:
    history = shop().history
    days = history.days
    row = days[days["date"] == days["date"].max()].iloc[[0]].assign(keyword_id="999", keyword="新词", impressions=9)
    told = sorted_words(replace(history, days=pd.concat([days, row], ignore_index=True), words=history.words.iloc[:0]))
    assert told.loc[told["word_class"] == "new", "keyword_id"].tolist() == ["999"]


def test_reports_without_carts_do_not_deny_them() -> None:
    history = shop().history
    told = sorted_words(replace(history, days=history.days.assign(carts=np.nan, favourites=np.nan)))
    assert "clicked_untold" in set(told["word_class"])
    assert not told["word_class"].isin(["saved", "clicked"]).any()


def test_a_word_that_tripled_rises_and_one_that_vanished_falls(told: pd.DataFrame) -> None:
    history = shop().history
    days = history.days
    steady = told[told["trend"] == ""]["keyword_id"]
    weight = days[days["keyword_id"].isin(steady)].groupby("keyword_id")["impressions"].sum()
    more, fewer = weight.nlargest(2).index
    late = days["date"] > days["date"].max() - pd.Timedelta(days=3)
    factor = np.select([late & (days["keyword_id"] == more), late & (days["keyword_id"] == fewer)], [3.0, 0.1], 1.0)
    moved = sorted_words(replace(history, days=days.assign(impressions=(days["impressions"] * factor).astype("int64"))))
    trend = moved.groupby("keyword_id")["trend"].max()
    assert (trend[more], trend[fewer]) == ("rising", "falling")
    assert (trend == "").mean() > 0.9


def test_every_code_has_its_text(told: pd.DataFrame) -> None:
    assert tuple(WORD_CLASS) == classes.CLASSES
    assert set(told["trend"]) <= set(TREND)
