"""What several tests share: a small plan made by hand."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

from bidopt.export import Background
from bidopt.export.observed import Observed

# How fast a busy machine runs an example says nothing about its result.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

FIGURES = ("impressions", "clicks", "spend", "orders", "gmv", "profit")


@pytest.fixture
def words() -> pd.DataFrame:
    """Six words of two plans: raised, cut, kept, one inferred, one whose name Excel would run, one with a long id."""
    frame = pd.DataFrame(
        {
            "date": pd.Timestamp("2026-06-01"),
            "scene_name": "关键词推广",
            "campaign_id": ["90001", "90001", "90001", "90002", "90002", "90002"],
            "campaign_name": ["夏装主推", "夏装主推", "夏装主推", "防晒", "防晒", "防晒"],
            "ad_group_id": ["70001", "70001", "70002", "70003", "70003", "70003"],
            "ad_group_name": ["连衣裙", "连衣裙", "半身裙", "防晒衣", "防晒衣", "防晒衣"],
            "item_id": "600123400001",
            "word_type": "keyword",
            "keyword_id": ["302", "301", "303", "304", "305", "12345678901234567"],
            "keyword": ["连衣裙夏", "碎花连衣裙", "半身裙", "防晒衣女", "=1+1", "冰丝防晒"],
            "match_type": ["broad", "exact", "phrase", "exact", "", "broad"],
            "quality_score": [8.0, 9.0, np.nan, 7.0, 6.0, 10.0],
            "bid_now": [1.20, 0.90, 1.00, 0.80, 0.50, 2.00],
            "bid_new": [1.35, 0.63, 1.00, 0.90, 0.45, 2.60],
            "bid_inferred": [False, False, False, True, False, False],
            "bid_lowest": [0.84, 0.63, 1.00, 0.56, 0.35, 1.40],
            "bid_highest": [1.56, 1.17, 1.00, 1.04, 0.65, 2.60],
            "reason": ["raise_pays", "cut_for_cap", "keep_best", "raise_pays", "cut_costs", "raise_pays"],
            "limited_by": ["", "step", "", "", "", "step"],
            "limit_value": [np.nan, 0.3, np.nan, np.nan, np.nan, 0.3],
            "return_here": [np.nan, 0.05, np.nan, np.nan, np.nan, np.nan],
            "return_elsewhere": [np.nan, 0.14, np.nan, np.nan, np.nan, np.nan],
            "more_clicks": [5.0, -9.0, 0.0, 3.0, -1.0, 8.0],
            "more_spend": [6.0, -8.4, 0.0, 2.5, -0.5, 20.0],
            "more_gmv": [30.0, -23.0, 0.0, 10.0, -1.0, 90.0],
            "more_profit": [4.5, 0.35, 0.0, 1.0, 0.15, 11.5],
            "seen_clicks": [80.0, 200.0, 9.0, 40.0, 12.0, 90.0],
            "seen_spend": [96.0, 180.0, 9.0, 32.0, 6.0, 0.0],
            "seen_gmv": [480.0, 0.0, 0.0, 120.0, 0.0, 0.0],
            "word_class": ["converted", "converted", "clicked", "saved", "shown", "unseen"],
            "trend": ["", "falling", "", "", "rising", ""],
        }
    )
    for when, factor in (("now", 1.0), ("new", 1.1)):
        for place, name in enumerate(FIGURES, 1):
            middle = np.arange(1.0, 7.0) * factor * place * 10
            frame = frame.assign(
                **{f"{when}_{name}": middle, f"{when}_{name}_low": middle * 0.8, f"{when}_{name}_high": middle * 1.2}
            )
    return frame


@pytest.fixture
def budgets() -> pd.DataFrame:
    """A raised budget, one that was 不限, one that stays."""
    return pd.DataFrame(
        {
            "campaign_id": ["90002", "90001", "90003"],
            "campaign_name": ["防晒", "夏装主推", "-清仓"],
            "budget_type": ["daily", "daily", "daily"],
            "budget_now": [300.0, np.inf, 100.0],
            "budget_new": [420.5, 500.0, 100.0],
            "new_spend": [390.0, 440.0, 60.0],
            "reason": ["budget_raise", "budget_limited", "budget_kept"],
        }
    )


@pytest.fixture
def curves(words: pd.DataFrame) -> pd.DataFrame:
    """Ten bids a word, the present and the new one among them, profit rising and falling."""
    options = words[["campaign_id", "ad_group_id", "keyword_id", "bid_now", "bid_new"]].merge(
        pd.DataFrame({"factor": np.linspace(0.5, 1.5, 11)}), how="cross"
    )
    bid = (options["bid_now"] * options["factor"]).round(2)
    figures = {"clicks": 40 * bid, "spend": 20 * bid**2, "gmv": 300 * bid, "profit": 100 * bid * (3 - bid)}
    return options.assign(bid=bid, **figures).drop(columns=["bid_now", "bid_new", "factor"])


@pytest.fixture
def behind(words: pd.DataFrame, head: dict[str, Any]) -> Background:
    """Twelve days, every word seen at two bids, and three budgets."""
    days = pd.date_range("2026-05-20", "2026-05-31")
    count = np.arange(1.0, len(days) + 1)
    figures = {name: count * 10 * place for place, name in enumerate(FIGURES, 1)}
    ran = np.ones(len(days), bool)
    answers = [{"budget": cap, "expected": head["expected"] | {"profit": cap / 10}} for cap in (500.0, 1000.0, 2000.0)]
    return Background(
        recent=pd.DataFrame({"date": days, **figures, "final_gmv": figures["gmv"] * 1.1}),
        told=list(range(len(words))),
        observed=[
            Observed(days, np.where(count < 7, bid, bid * 1.2), figures, ran, count > 10) for bid in words["bid_now"]
        ],
        frontier={"scenarios": answers, "current": head["current"], "points": {"plan": 1000.0, "knee": None}},
        learnt=[("delay", "by_age", "60%, 80%, 95%")],
        moved=len(words),
        ran=len(words),
    )


@pytest.fixture
def head() -> dict[str, Any]:
    """A plan.json of a plan that a person should look at."""
    figures = {
        "impressions": 9000,
        "clicks": 400,
        "spend": 380.5,
        "orders": 12,
        "gmv": 1500,
        "profit": 144.5,
        "roi": 3.94,
    }
    spread = {
        f"{name}{end}": value * factor
        for name, value in figures.items()
        for end, factor in (("", 1), ("_low", 0.8), ("_high", 1.2))
    }
    return {
        "schema_version": 1,
        "run_id": "2026-06-01-0a1b2c3d",
        "date": "2026-06-01",
        "shop": "示例店铺",
        "status": "review",
        "objective": "profit",
        "caps": {"daily": 1000.0, "planned": 930.0, "by_campaign": {"90001": 500.0, "90002": 420.5, "90003": 79.5}},
        "expected": spread,
        "current": {name: value * 0.9 for name, value in spread.items()},
        "uncut": {"90001": {"spend": 400.0, "gmv": 1600.0}},
        "cut_risk": {"90001": 0.12, "90002": 0.0},
        "optimality": {"value": 144.5, "bound": 144.6, "gap": 0.0007, "shadow_price": 0.31, "marginal_roi": 3.7},
        "binding": ["cap"],
        "gates": [
            {"name": "age", "result": "PASS", "message": "数据是昨天的"},
            {"name": "jump", "result": "REVIEW", "message": "昨天花费是平时的 3 倍"},
        ],
        "warnings": ["没有宝贝表，按默认毛利率 35% 计算"],
        "alerts": [
            {
                "kind": "waste",
                "severity": "critical",
                "campaign_id": "90001",
                "ad_group_id": "70001",
                "keyword_id": "301",
                "message": "“碎花连衣裙”<14 天> 花费 320 元无成交",
            },
            {
                "kind": "no_impressions",
                "severity": "info",
                "campaign_id": "90001",
                "ad_group_id": "70002",
                "keyword_id": "",
                "message": "2 个词 15 天没有展现",
            },
        ],
    }
