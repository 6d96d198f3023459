"""`bidopt show`: one word as a person and a script read it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from bidopt import nightly
from bidopt.cli import app
from bidopt.errors import UsageError
from bidopt.export import observed
from bidopt.export.observed import Observed
from bidopt.prose import REASON
from bidopt.workspace import Workspace
from simulated import shop, workspace_with

RUNNER = CliRunner()
FIGURES = ("impressions", "clicks", "spend", "orders", "gmv", "profit")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A shop with a night behind it."""
    made = workspace_with(tmp_path_factory.mktemp("show") / "shop", shop().exports)
    nightly.run(made, shop().day, lambda _: None)
    return made


def words(workspace: Workspace) -> pd.DataFrame:
    return pd.read_parquet(workspace.run_dir(workspace.latest_run() or "") / "recommendations.parquet")


def told(workspace: Workspace, word: str) -> Any:
    result = RUNNER.invoke(app, ["show", word, "-w", str(workspace.root), "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def largest(workspace: Workspace) -> Any:
    every = words(workspace)
    return every.loc[every["reason"].str.match("raise|cut") & (every["now_spend"] > 0)].nlargest(1, "now_spend").iloc[0]


def test_json_has_the_words_row_of_the_plan_and_its_curve(workspace: Workspace) -> None:
    word = largest(workspace)
    (one,) = told(workspace, word["keyword_id"])["words"]
    assert one["keyword"] == word["keyword"]
    assert (one["bid_now"], one["bid_new"]) == (round(word["bid_now"], 4), round(word["bid_new"], 4))
    assert one["new"]["profit_low"] == pytest.approx(word["new_profit_low"], abs=1e-4)
    bids = [row["bid"] for row in one["curve"]]
    assert bids == sorted(bids)
    assert {round(word["bid_now"], 2), round(word["bid_new"], 2)} <= {round(bid, 2) for bid in bids}
    assert REASON[word["reason"]]["zh"] in one["why"]


def test_history_is_what_the_reports_tell(workspace: Workspace) -> None:
    word = largest(workspace)
    (one,) = told(workspace, word["keyword_id"])["words"]
    days = shop().history.days
    own = days[(days["keyword_id"] == word["keyword_id"]) & (days["campaign_id"] == word["campaign_id"])]
    for name in ("impressions", "clicks", "spend"):
        assert sum(day[name] for day in one["history"]) == pytest.approx(own[name].sum(), rel=1e-4)
    assert one["history"][0]["gmv"] == pytest.approx(own.sort_values("date")["gmv"].iloc[0], rel=0.1)  # long known
    assert sum(row["days"] for row in one["observed"]) == len(one["history"])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_person_reads_bids_reason_curve_and_history(workspace: Workspace, language: str) -> None:
    word = largest(workspace)
    workspace.settings_path.write_text(f'[shop]\nlanguage = "{language}"\n', "utf-8")
    result = RUNNER.invoke(app, ["show", word["keyword"], "-w", str(workspace.root)], catch_exceptions=False)
    assert f"{word['bid_now']:.2f} → {word['bid_new']:.2f}" in result.stdout
    assert REASON[word["reason"]][language][:8] in result.stdout
    assert {"zh": "出价曲线", "en": "Its curve"}[language] in result.stdout
    assert f"{shop().history.days['date'].max():%Y-%m-%d}" in result.stdout


def test_unknown_word_names_those_like_it(workspace: Workspace) -> None:
    name = largest(workspace)["keyword"]
    with pytest.raises(UsageError) as refused:
        RUNNER.invoke(app, ["show", name[:2], "-w", str(workspace.root)], catch_exceptions=False)
    assert name in refused.value.hint
    assert refused.value.exit_code == 2


def test_shop_without_a_night_says_what_to_do(tmp_path: Path) -> None:
    empty = workspace_with(tmp_path / "shop", ())
    with pytest.raises(UsageError, match="no run yet"):
        RUNNER.invoke(app, ["show", "x", "-w", str(empty.root)], catch_exceptions=False)


def test_bids_alike_make_one_point_and_days_it_could_not_be_shown_none() -> None:
    days = pd.date_range("2026-05-01", periods=6)
    clicks = np.array([10.0, 20.0, 30.0, 40.0, 60.0, 99.0])
    seen = Observed(
        days=days,
        bid=np.array([1.0, 1.01, 2.0, 2.0, 2.0, 2.0]),
        figures=dict.fromkeys(FIGURES, clicks),
        ran=np.array([True] * 5 + [False]),
        cut=np.array([False, True, False, False, True, True]),
    )
    points = observed.by_bid([seen])[0]
    assert points["days"].tolist() == [2, 3]
    assert points["cut_days"].tolist() == [1, 1]
    assert points["clicks"].tolist() == pytest.approx([15.0, 130 / 3])
    assert points["clicks_error"].iloc[1] == pytest.approx(1.2816 * clicks[2:5].std(ddof=1) / np.sqrt(3))
