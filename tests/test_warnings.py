"""What a night warns of holds on that night, in the shop's language."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from bidopt import nightly
from bidopt.nightly import Night
from bidopt.prose import fill, note
from simulated import shop, workspace_with


def night(folder: Path, settings: str, days: int = 25) -> Night:
    played = shop("lognormal", 60, days)
    return nightly.run(workspace_with(folder, played.exports, settings), played.day, lambda _: None)


def steeper(told: Night) -> list[str]:
    return [text for text in told.head["warnings"] if "降幅超过" in text]


def test_the_step_that_was_passed_is_the_one_that_little_history_allows(tmp_path: Path) -> None:
    told = night(tmp_path / "shop", "[budget]\ndaily_cap = 120\n", days=7)
    words = pd.read_parquet(told.run_dir / "recommendations.parquet")
    beyond = (words["bid_new"] < words["bid_now"] * (1 - 0.15) - 1e-9).sum()
    assert beyond > 0
    assert f"{beyond} 个词的降幅超过单晚 15.0% 的限制" in steeper(told)[0]


def test_a_night_that_moves_no_bid_passed_no_step(tmp_path: Path) -> None:
    names = json.dumps(sorted(set(shop("lognormal", 60, 25).history.words["keyword"])), ensure_ascii=False)
    told = night(tmp_path / "shop", f"[budget]\ndaily_cap = 120\n[bids]\nlocked = {names}\n")
    assert pd.read_csv(told.run_dir / "bids.csv").empty
    assert steeper(told) == []


def test_limits_that_cannot_be_kept_are_told_apart(tmp_path: Path) -> None:
    told = night(tmp_path / "roi", "[objective]\nmin_roi = 50\n").head
    assert told["status"] == "review"
    assert any("达不到最低投产比 50.00" in text for text in told["warnings"])
    assert not any("最低花费" in text or "仍高于预算" in text for text in told["warnings"])
    told = night(tmp_path / "spend", '[objective]\nmaximise = "roi"\n').head
    assert any("花不到规定的最低花费" in text for text in told["warnings"])
    assert not any("仍高于预算" in text for text in told["warnings"])


@pytest.mark.parametrize("count", [1, 2])
def test_counts_bring_their_nouns(count: int) -> None:
    assert fill("{words:word|words}", {"words": count}) == ("1 word" if count == 1 else "2 words")
    assert note("no_impressions", "en", count=count).startswith("1 word " if count == 1 else "2 words ")


def test_an_english_shop_reads_no_chinese_but_its_own_names(tmp_path: Path) -> None:
    told = night(tmp_path / "shop", '[shop]\nlanguage = "en"\n[budget]\ndaily_cap = 300\n')
    names = shop("lognormal", 60, 25).history.days
    said = " ".join([*told.head["warnings"], *(alert["message"] for alert in told.head["alerts"])])
    for name in sorted({*names["keyword"], *names["item_name"], *names["campaign_name"]}, key=len, reverse=True):
        said = said.replace(name, "")
    assert not re.search(r"[一-鿿、，：；（）]", said)
    card = (told.run_dir.parents[1] / "models" / told.run_id / "card.md").read_text("utf-8")
    assert "orders known after 1, 3, 7 days" in card
