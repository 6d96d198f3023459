"""What a person should look at: each kind comes about where its cause is in the data, and not without it."""

from dataclasses import replace

import numpy as np
import pandas as pd

from bidopt import alerts, fit, recommend
from bidopt.alerts import Alert
from bidopt.prose import Language
from bidopt.settings import Settings
from bidopt.store import History
from simulated import shop

SETTINGS = Settings()


def history() -> History:
    return shop("lognormal").history


def found(told: History, kind: str, language: Language = "zh") -> list[Alert]:
    models, panel = fit.fit(told, SETTINGS, shop("lognormal").day)
    plan = recommend.make(models, SETTINGS)
    return [alert for alert in alerts.find(models, panel, plan, told, language) if alert.kind == kind]


def busiest() -> str:
    days = history().days
    return str(days[days["word_type"] == "keyword"].groupby("keyword_id")["impressions"].sum().idxmax())


def with_last_days(factor: float, words: str | None) -> History:
    """The history with the last three days' impressions and clicks of one word, or of all, times `factor`."""
    days = history().days
    late = days["date"] > days["date"].max() - pd.Timedelta(days=3)
    hit = late if words is None else late & (days["keyword_id"] == words)
    scaled = {
        name: np.where(hit, (days[name] * factor).round(), days[name]).astype(int) for name in ("impressions", "clicks")
    }
    return replace(history(), days=days.assign(**scaled, spend=days["spend"].where(~hit, days["spend"] * factor)))


def with_quality(keyword: str, score: float) -> History:
    """The newest word table gives `keyword` this score, the tables before 8."""
    words = history().words
    newest = words["date"] == words["date"].max()
    own = words["keyword_id"] == keyword
    score_of = words["quality_score"].where(~own, 8.0).where(~(own & newest), score)
    return replace(history(), words=words.assign(quality_score=score_of))


def test_a_word_that_rose_beyond_its_noise_is_named() -> None:
    (alert,) = found(with_last_days(4.0, busiest()), "rising")
    assert alert.keyword_id == busiest()
    assert "展现连续 3 天高于平时" in alert.message


def test_what_all_words_do_is_no_rise_of_one() -> None:
    assert found(history(), "rising") == []
    assert len(found(with_last_days(2.0, None), "rising")) <= 1  # of 100 words one may have risen by half beside that


def test_a_fallen_quality_score_is_named_with_both_scores() -> None:
    (alert,) = [a for a in found(with_quality(busiest(), 6.0), "quality_drop", "en") if a.keyword_id == busiest()]
    assert "from 8 to 6" in alert.message
    assert not any(a.keyword_id == busiest() for a in found(with_quality(busiest(), 9.0), "quality_drop"))


def test_an_item_is_named_by_its_title_and_all_its_plans() -> None:
    items = history().items.assign(stock=1.0, item_name="很长很长很长很长的宝贝标题全写出来")
    told = replace(history(), items=items)
    stock = found(told, "stock")
    assert stock
    units = history().days[["item_id", "campaign_id", "campaign_name"]].drop_duplicates()
    for alert in stock:
        (item,) = (i for i in items["item_id"].unique() if i in alert.message)
        assert alert.message.startswith(f"很长很长很长很长的宝贝标…（{item}）：")
        plans = units[units["item_id"] == item]
        assert f"{plans['campaign_id'].nunique()} 个计划" in alert.message
        assert (alert.campaign_id == "") == (plans["campaign_id"].nunique() > 1)
    assert any(alert.campaign_id == "" for alert in stock)
