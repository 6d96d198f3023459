"""What a person should look at: each kind comes about where its cause is in the data, and not without it."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from bidopt import alerts, fit, recommend
from bidopt.alerts import Alert
from bidopt.fit import Panel, traffic
from bidopt.fit.traffic import Traffic
from bidopt.prose import Language
from bidopt.settings import Settings
from bidopt.store import History
from simulated import fitted, shop

SETTINGS = Settings()
FAMILIES = ("lognormal", "steps", "heavy", "still")


def history() -> History:
    return shop("lognormal").history


def found(told: History, kind: str, language: Language = "zh") -> list[Alert]:
    return [alert for alert in morning(told, language) if alert.kind == kind]


def morning(told: History, language: Language = "zh") -> list[Alert]:
    models, panel = fit.fit(told, SETTINGS, shop("lognormal").day)
    return alerts.find(models, panel, recommend.make(models, SETTINGS), told, language)


def busiest() -> str:
    days = history().days
    return str(days[days["word_type"] == "keyword"].groupby("keyword_id")["impressions"].sum().idxmax())


def with_last_days(factor: float, hit: pd.Series | None = None) -> History:
    """The history with the last three days' impressions and clicks times `factor`: where `hit`, or everywhere."""
    days = history().days
    late = days["date"] > days["date"].max() - pd.Timedelta(days=3)
    hit = late if hit is None else late & hit
    scaled = {
        name: np.where(hit, (days[name] * factor).round(), days[name]).astype(int) for name in ("impressions", "clicks")
    }
    return replace(history(), days=days.assign(**scaled, spend=days["spend"].where(~hit, days["spend"] * factor)))


def of_word(keyword: str) -> pd.Series:
    return history().days["keyword_id"] == keyword


def with_impressions(panel: Panel, impressions: npt.NDArray[np.float64]) -> Panel:
    return replace(panel, counts=panel.counts | {"impressions": impressions})


def halved(panel: Panel, words: npt.NDArray[np.intp], days: int, rng: np.random.Generator) -> Panel:
    """Each impression of the words in the last days goes with chance 1/2."""
    shown = panel.impressions.copy()
    shown[words, -days:] = rng.binomial(shown[words, -days:].astype(int), 0.5)
    return with_impressions(panel, shown)


def still_words(panel: Panel) -> npt.NDArray[np.intp]:
    """Words of 100 impressions a day or more, whose bid was not lowered."""
    usual, bid = panel.impressions[:, -17:-3].mean(1), panel.bid[:, -31:-3].mean(1)
    running = panel.running[:, -17:].all(1)
    return np.flatnonzero((usual >= 100) & running & (panel.bid[:, -3:].min(1) >= 0.95 * bid))


def quiet(noise: float, words: int, seed: int, falls: float = 1.0) -> Traffic:
    """Words whose days scatter by `noise` around a level of their own, which `falls` in the last three days."""
    rng = np.random.default_rng(seed)
    level = np.geomspace(120, 3000, words)[:, None] * np.where(np.arange(60) < 57, 1.0, falls)
    shown = rng.poisson(level * rng.gamma(noise**-2, noise**2, level.shape)).astype(float)
    same = np.ones(words)
    return Traffic(np.arange(words), shown, np.ones_like(shown), same, same, 0.1, np.ones((1, 60)))


def with_quality(keyword: str, score: float) -> History:
    """The newest word table gives `keyword` this score, the tables before 8."""
    words = history().words
    newest = words["date"] == words["date"].max()
    own = words["keyword_id"] == keyword
    score_of = words["quality_score"].where(~own, 8.0).where(~(own & newest), score)
    return replace(history(), words=words.assign(quality_score=score_of))


def test_at_most_five_alerts_a_morning_where_nothing_happens() -> None:
    told = []
    for family in FAMILIES:
        models, panel = fitted(family)
        told.append(len(alerts.find(models, panel, recommend.make(models, SETTINGS), shop(family).history, "zh")))
    assert np.mean(told) <= 5


def test_nine_of_ten_halved_words_are_found_within_three_days() -> None:
    found = []
    for family in FAMILIES:
        models, panel = fitted(family)
        rng = np.random.default_rng(1)
        for words in np.array_split(rng.permutation(still_words(panel)), 12):
            told = [
                traffic.moved(traffic.of(models, halved(panel, words, days, rng)), 0.5, alerts.FALSE_FALLS).found
                for days in (1, 2, 3)
            ]
            found.extend(np.isin(words, np.concatenate(told)))
    assert len(found) > 60
    assert np.mean(found) >= 0.9


@pytest.mark.parametrize("words", [20, 200, 2000])
@pytest.mark.parametrize("noise", [0.3, 0.6])
def test_false_alarms_stay_few_however_many_words_there_are(words: int, noise: float) -> None:
    alarms = [traffic.moved(quiet(noise, words, seed), 0.5, 3.0).found.size for seed in range(30)]
    assert np.mean(alarms) <= 3.0 + 2 * np.sqrt(3.0 / 30)


def test_a_fall_within_a_words_own_noise_is_not_told() -> None:
    shares = [np.mean([len(traffic.moved(quiet(noise, 40, seed, 0.5), 0.5, 3.0).found) / 40 for seed in range(10)])
              for noise in (0.2, 0.4, 0.6)]  # fmt: skip
    assert shares[0] > 0.95 > shares[1] > shares[2]


def test_a_word_that_fell_is_named_with_what_was_expected() -> None:
    told = found(with_last_days(0.2, of_word(busiest())), "falling", "en")
    (alert,) = [alert for alert in told if alert.keyword_id == busiest()]
    assert "impressions a day in the last 3 days where" in alert.message


def test_a_word_whose_bid_we_lowered_is_no_alert() -> None:
    models, panel = fitted("lognormal")
    words = still_words(panel)[:5]
    fallen = halved(with_impressions(panel, panel.impressions * 0.9), words, 3, np.random.default_rng(0))
    bid = panel.bid.copy()
    bid[words, -3:] *= 0.85
    told = [traffic.moved(traffic.of(models, p), 0.5, 3.0).found for p in (fallen, replace(fallen, bid=bid))]
    assert np.isin(words, told[0]).sum() >= 4
    assert not np.isin(words, told[1]).any()


def test_what_all_words_do_is_one_alert() -> None:
    assert len(found(with_last_days(2.0), "rising")) <= 1  # beside that some word may have risen
    told = morning(with_last_days(0.4))
    assert sum(alert.kind == "falling" for alert in told) <= alerts.SINGLY + 1
    assert any(alert.kind == "level_shift" and "搜索需求" in alert.message for alert in told)


def test_a_plan_that_fell_as_a_whole_is_told_as_the_plan() -> None:
    days = history().days
    plan = days.groupby("campaign_id")["keyword_id"].nunique().idxmax()
    told = morning(with_last_days(0.3, days["campaign_id"] == plan))
    assert any(alert.kind == "level_shift" and alert.campaign_id == plan for alert in told)
    assert sum(alert.kind == "falling" for alert in told) <= 4


def test_words_of_one_item_that_fell_are_one_alert() -> None:
    _, panel = fitted("lognormal")
    items = panel.units["item_id"].to_numpy()
    item = pd.Series(items[still_words(panel)]).value_counts().idxmax()
    told = found(with_last_days(0.1, history().days["item_id"] == item), "falling")
    (alert,) = [alert for alert in told if item in alert.message]
    assert alert.keyword_id == ""
    assert "个词（" in alert.message


def test_a_word_that_rose_beyond_its_noise_is_named() -> None:
    told = found(with_last_days(4.0, of_word(busiest())), "rising")
    (alert,) = [alert for alert in told if alert.keyword_id == busiest()]
    assert "高于正常波动" in alert.message


def test_spend_without_an_order_is_told_beyond_chance_alone() -> None:
    days = history().days
    clicks = days[days["word_type"] == "keyword"].groupby("keyword_id")["clicks"].sum()
    none = {"orders": 0, "gmv": 0.0, "direct_orders": 0, "direct_gmv": 0.0}
    columns = days.assign(
        **{name: days[name].where(days["keyword_id"] != clicks.idxmax(), v) for name, v in none.items()}
    )
    assert [alert.keyword_id for alert in found(replace(history(), days=columns), "waste")] == [clicks.idxmax()]
    assert found(history(), "waste") == []


def test_words_without_impressions_are_one_alert() -> None:
    days = history().days
    gone = days.groupby("keyword_id")["clicks"].sum().nsmallest(10).index
    late = days["date"] > days["date"].max() - pd.Timedelta(days=15)
    told = found(replace(history(), days=days[~(late & days["keyword_id"].isin(gone))]), "no_impressions")
    assert len(told) == 1


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


def test_findings_beyond_the_dearest_are_one_alert_of_them_all() -> None:
    days = history().days
    some = days["keyword_id"].drop_duplicates().iloc[::3]
    told = found(with_last_days(0.05, days["keyword_id"].isin(some)), "falling", "en")
    assert len(told) == alerts.SINGLY + 1
    assert any(alert.keyword_id == "" and "words (" in alert.message for alert in told)
