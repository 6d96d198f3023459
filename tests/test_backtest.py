"""Past mornings' forecasts: made of nothing that came later, scored rightly, and what the night does with them."""

import datetime as dt
import io
import json
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from bidopt import backtest, fit, gates, nightly, store
from bidopt.backtest import intervals, scores, trial, week
from bidopt.backtest.outlook import InForce, in_force, look_ahead, places
from bidopt.backtest.trial import MIN_TRAINING, Present, Trial
from bidopt.backtest.week import of_trial
from bidopt.cli import app
from bidopt.curves.spread import COVERAGE, total_laws
from bidopt.errors import DataError
from bidopt.nightly import Night
from bidopt.settings import Gates, Settings
from bidopt.simulate.market import Market
from bidopt.simulate.spec import MarketSpec
from bidopt.workspace import Workspace
from simulated import Shop, fitted, shop, workspace_with

COUNTED = ["展现量", "点击量", "花费", "总成交笔数", "总成交金额", "直接成交笔数", "直接成交金额"]


def _quiet(_: str) -> None:
    pass


def _small() -> Shop:
    return shop("lognormal", 60, 25)


def _origin() -> dt.date:
    return _small().day - dt.timedelta(days=7)


Edit = Callable[[str, pd.DataFrame], pd.DataFrame]


def _jumped(since: dt.date, times: int) -> Edit:
    """All counts of the days from `since` on being so many times what they were."""

    def edit(name: str, rows: pd.DataFrame) -> pd.DataFrame:
        if name.startswith("关键词报表"):
            late = rows["日期"] >= since.isoformat()
            for column in COUNTED:
                more = (pd.to_numeric(rows.loc[late, column]) * times).round(2)
                rows.loc[late, column] = more.map("{:g}".format)
        return rows

    return edit


def _newest_tables(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """A shop that began with one long report, and the tables of one morning."""
    return rows if name.startswith("关键词报表") else rows[rows["日期"] == rows["日期"].max()]


def _edited(folder: Path, *edits: Edit) -> tuple[Path, ...]:
    """The small shop's exports after `edits`, below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(_edited_file(path, folder / path.name, edits) for path in _small().exports)


def _edited_file(path: Path, to: Path, edits: Iterable[Edit]) -> Path:
    encoding = "gb18030" if path.suffix == ".zip" else "utf-8-sig"
    content = path.read_bytes()
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            (member,) = archive.namelist()
            content = archive.read(member)
    rows = pd.read_csv(io.BytesIO(content), dtype=str, encoding=encoding, keep_default_na=False)
    for edit in edits:
        rows = edit(path.name, rows)
    content = rows.to_csv(index=False).encode(encoding)
    if path.suffix == ".zip":
        with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(member, content)
    else:
        to.write_bytes(content)
    return to


def _present(workspace: Workspace, day: dt.date) -> Present:
    settings = workspace.settings()
    with workspace.lock():
        store.import_inbox(workspace, _quiet)
    history = store.read_history(workspace, day)
    return Present(workspace, settings, day, history, *fit.fit(history, settings, day))


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    workspace = workspace_with(tmp_path_factory.mktemp("plain") / "shop", _small().exports)
    return trial.run(_present(workspace, _small().day), _origin(), 7)


@pytest.fixture(scope="module")
def jump(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The small shop, whose traffic and sales trebled on the origin."""
    folder = tmp_path_factory.mktemp("jump")
    return workspace_with(folder / "shop", _edited(folder / "exports", _jumped(_origin(), 3)))


def test_what_came_later_changes_no_forecast(tried: Trial, jump: Workspace) -> None:
    other = trial.run(_present(jump, _small().day), _origin(), 7)
    assert other.came["clicks"].sum() == 3 * tried.came["clicks"].sum() > 0
    for name in trial.FIGURES:
        np.testing.assert_array_equal(other.said[name], tried.said[name])
        np.testing.assert_array_equal(other.past[name], tried.past[name])


def test_a_past_morning_knows_what_its_downloads_knew() -> None:
    """Days that had a download by then stand as it told them; only the day that had none is filled in."""
    played = shop()
    workspace = Workspace(played.exports[0].parent / "shop")
    origin = played.day - dt.timedelta(days=7)
    then, back = (store.read_history(workspace, origin, seen_from=seen) for seen in (None, played.day))
    unknown = pd.Timestamp(played.day - dt.timedelta(days=30))  # before the download of that morning, after the next
    assert set(back.days["date"]) - set(then.days["date"]) == {unknown}
    known = back.days[back.days["date"] != unknown].reset_index(drop=True)
    pd.testing.assert_frame_equal(known, then.days)
    late = back.covered["downloaded_at"] > pd.Timestamp(origin) + pd.Timedelta(days=1)
    assert back.covered["date"][late].tolist() == [unknown]
    assert store.read_history(workspace, origin, seen_from=origin).files == then.files


def test_bids_and_budgets_in_force_decide_what_is_foreseen() -> None:
    """Lower bids cost less; a budget caps every day."""
    models, _ = fitted()
    days = pd.date_range(models.day, periods=2, unit="us")
    bid = np.repeat(models.words["bid_now"].to_numpy(float)[:, None], 2, axis=1)
    running = np.ones(bid.shape, bool)
    free = np.full((len(models.campaigns), 2), np.inf)
    whole = look_ahead(models, InForce(bid, running, free), days).said
    cheap = look_ahead(models, InForce(bid * [1.0, 0.7], running, free), days).said
    np.testing.assert_allclose(cheap.spend[:, 0], whole.spend[:, 0])
    assert cheap.spend[:, 1].sum() < 0.95 * whole.spend[:, 1].sum()
    budget = np.bincount(models.campaign, whole.spend[:, 0], len(models.campaigns)) / 2
    cut = look_ahead(models, InForce(bid, running, np.column_stack([budget, free[:, 1]])), days).said
    assert (np.bincount(models.campaign, cut.spend[:, 0], len(budget)) <= budget + 1e-9).all()
    np.testing.assert_allclose(cut.spend[:, 1], whole.spend[:, 1])
    stopped = look_ahead(models, InForce(bid, running & (np.arange(2) > 0), free), days).said
    assert stopped.spend[:, 0].sum() == 0 < stopped.spend[:, 1].sum()


def test_another_day_has_its_own_calendar() -> None:
    models, _ = fitted()
    days = pd.date_range(models.day, periods=7, unit="us")
    factor = models.demand_calendar.factor(days)
    assert np.ptp(factor) > 0.01
    for day, of_day in zip(days, factor, strict=True):
        then = fit.ahead(models, day.date())
        np.testing.assert_allclose(then.words["demand"] / models.words["demand"], of_day / factor[0])
        assert then.day == day.date()


def test_forecasts_follow_the_bids_after_they_fell(tmp_path: Path) -> None:
    """All bids fall by half after the origin: the forecast is at the new bids, so that it beats the week before."""
    market = Market(MarketSpec("lognormal", words=60, history_days=25))
    market.play_history()
    origin, bids = market.next_day, market.bids
    for _ in range(7):
        market.play(market.next_day, np.where(market.adjustable, bids / 2, bids), market.budgets)
    workspace = workspace_with(tmp_path / "shop", tuple(market.write_history_exports(tmp_path)))
    tried = trial.run(_present(workspace, market.next_day), origin, 7)
    rows = scores.sum_rows(tried).query("level == 'shop' and figure == 'spend'").iloc[0]
    assert rows["came"] < 0.7 * rows["week"]
    assert abs(rows["ours"] - rows["came"]) < 0.5 * abs(rows["week"] - rows["came"])


def _paused(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(状态="暂停") if name.startswith("出价表") else rows


def test_before_the_first_table_bids_are_those_that_were_inferred(tmp_path: Path) -> None:
    """Tables of one morning, a week after the origin: they tell what is bid now, not what that is in inferred yuan.

    Nor what ran then: all words are paused by now.
    """
    workspace = workspace_with(tmp_path / "shop", _edited(tmp_path / "exports", _newest_tables, _paused))
    now = _present(workspace, _small().day)
    history = store.read_history(workspace, _origin(), seen_from=now.day)
    models, _ = fit.fit(history, now.settings, _origin())
    days = pd.date_range(_origin(), periods=7, unit="us")
    force = in_force(models, now.history, now.panel, days)
    assert now.panel.bid_known.sum() > 40
    assert not models.words["bid_known"].any()
    np.testing.assert_allclose(force.bid, np.repeat(models.words["bid_now"].to_numpy(float)[:, None], 7, axis=1))
    assert not models.words.loc[now.panel.bid_known[places(models, now.panel)], "active"].any()
    np.testing.assert_array_equal(force.running[models.words["seen_impressions"] > 0], True)
    raised = now.panel.bid * np.where(now.panel.days >= days[3], 1.2, 1.0)
    moved = in_force(models, now.history, replace(now.panel, bid=raised), days)
    np.testing.assert_allclose(moved.bid / force.bid, np.repeat([[1.0] * 3 + [1.2] * 4], len(force.bid), axis=0))


@pytest.mark.parametrize(("times", "result"), [(1, "PASS"), (3, "REVIEW")])
def test_a_shop_with_tables_of_one_morning_alone(tmp_path: Path, times: int, result: str) -> None:
    exports = _edited(tmp_path / "exports", _newest_tables, _jumped(_origin(), times))
    gate = _accuracy(nightly.run(workspace_with(tmp_path / "shop", exports), _small().day, _quiet))
    assert gate["result"] == result
    assert f"{_origin()} 还没有出价表" in gate["message"]


@pytest.mark.parametrize(("times", "fewest", "most"), [(1, 0, 3), (3, 9, 12)])
def test_few_words_are_not_held_by_their_own_luck(tried: Trial, times: int, fewest: int, most: int) -> None:
    """Every twelfth word as a shop of its own: the week's luck holds few back, a market that jumped most."""
    held = 0
    for first in range(12):
        few = tried.within & (np.arange(len(tried.within)) % 12 == first)
        came = {name: times * counted for name, counted in tried.came.items()}
        week = of_trial(replace(tried, within=few, came=came))
        held += gates.accuracy(week, Settings()).result == "REVIEW"
        print(week)
    assert fewest <= held <= most


def test_a_week_is_surer_than_its_days_and_no_surer_than_the_models() -> None:
    """Days' own noise evens out over the sum; what is not known of the words does not."""
    models, _ = fitted()
    days = pd.date_range(models.day, periods=7, unit="us")
    bid = np.repeat(models.words["bid_now"].to_numpy(float)[:, None], 7, axis=1)
    free = np.full((len(models.campaigns), 7), np.inf)
    every = np.ones(len(bid), bool)
    outlook = look_ahead(models, InForce(bid, bid > 0, free), days)
    shares = []
    for doubt in (outlook.first, outlook.whole):
        law = total_laws(doubt, models.campaign, every)["gmv"]
        shares.append(float(law.quantile(0.9)[0] / law.quantile(0.1)[0]))
    assert shares[1] < shares[0]
    assert shares[1] ** 7**0.5 > shares[0]  # days that err together
    np.testing.assert_allclose(outlook.whole.mean["gmv"], outlook.said.gmv.sum(1))


def test_baselines_by_hand() -> None:
    """Two words, three days: the first clicked 1, 2, 3 of 10, 20, 30; the second never shown, not running at first."""
    past = {"impressions": np.array([[10.0, 20, 30], [0, 0, 0]]), "clicks": np.array([[1.0, 2, 3], [0, 0, 0]])}
    ran = np.array([[1.0, 1, 1], [0, 0, 1]])
    rate = scores.baseline_rates(past, ran, scores.MODELS["ctr"])
    assert rate["shop"] == pytest.approx([0.1, 0.1])
    assert rate["yesterday"] == pytest.approx([3.5 / 35, 0.5 / 5])
    assert rate["raw"] == pytest.approx([6.5 / 65, 0.5 / 5])
    daily = scores.baseline_rates(past, ran, scores.MODELS["clicks"])
    assert daily["shop"] == pytest.approx([1.5, 1.5])
    assert daily["yesterday"] == pytest.approx([3.5 / (1 + 1 / 3), 0.5 / (1 + 1 / 3)])
    assert daily["raw"] == pytest.approx([6.5 / (3 + 1 / 3), 0.5 / (1 + 1 / 3)])


@pytest.mark.parametrize("law", [scores.BINOMIAL, scores.POISSON, scores.COMPOUND, scores.GAMMA])
def test_nothing_scores_better_than_the_truth(law: float) -> None:
    rng = np.random.default_rng(3)
    n = 20_000
    exposure = np.full(n, 20.0)
    draws = {
        scores.BINOMIAL: rng.binomial(20, 0.2, n),
        scores.POISSON: rng.poisson(4.0, n),
        scores.COMPOUND: rng.gamma(np.maximum(rng.poisson(4.0, n), 1e-12)),
        scores.GAMMA: rng.gamma(20 * 0.2 * exposure, 1 / exposure),
    }
    came = np.maximum(np.asarray(draws[law], float), 0.0 if law != scores.GAMMA else 1e-9)

    def score(said: float) -> float:
        return float(scores.deviance(law, came, np.full(n, said), exposure).mean())

    assert score(4.0) < min(score(3.6), score(4.4))
    assert scores.deviance(law, came[came > 0], came[came > 0], exposure[came > 0]) == pytest.approx(0, abs=1e-6)


def test_scores_and_coverage_by_hand() -> None:
    rows = pd.DataFrame({"level": "shop", "figure": ["spend", "spend"], "came": [100.0, 200.0], "ours": [110.0, 160.0]})
    rows = rows.assign(yesterday=100.0, week=200.0, mean=150.0)
    (ours,) = scores.sum_scores(rows).query("forecast == 'ours'").to_dict("records")
    assert (ours["median"], ours["bias"]) == pytest.approx((0.15, -0.10))
    ends = {"low": 1.0, "high": 3.0, "usual_low": 0.0, "usual_high": 4.0}
    chance = {"below": [0.3, 0.0, 0.99], "upto": [0.4, 0.2, 1.0]}
    told = pd.DataFrame({"level": "word", "figure": "clicks", "traffic": [1, 1, 2], "came": [2.0, 0, 5], **chance})
    (every,) = intervals.coverage(told.assign(**ends)).query("traffic == 0").to_dict("records")
    assert (every["within"], every["short"], every["over"]) == pytest.approx((1.5 / 3, 0.5 / 3, 1 / 3))
    assert every["ours"] == pytest.approx((2 + (2 + 10) + (2 + 20)) / 3)
    assert every["usual"] == pytest.approx((4 + 4 + 4 + 10) / 3)
    assert pytest.approx(2 / 10) == 1 - COVERAGE


def test_calibration_of_perfect_forecasts(tried: Trial) -> None:
    rows = scores.word_rows(tried)
    table = scores.calibration(rows.assign(came=rows["ours"]))
    np.testing.assert_allclose(table["said"], table["came"])
    cvr = table[table["model"] == "cvr"]
    assert cvr["said"].is_monotonic_increasing
    assert cvr["exposure"].sum() == pytest.approx(rows.loc[rows["model"] == "cvr", "exposure"].sum())


@pytest.mark.parametrize(("horizon", "most", "expected"), [(7, 1, 1), (7, 3, 3), (7, 99, 5), (12, 4, 0)])
def test_origins_leave_days_to_learn_from(horizon: int, most: int, expected: int) -> None:
    played = _small()
    panel = fit.fit(played.history, Settings(), played.day)[1]
    found = trial.origins(panel, horizon, most)
    assert len(found) == expected
    assert sorted(set(found)) == found
    for origin in found:
        assert (origin - panel.days[0].date()).days >= MIN_TRAINING
        assert (played.day - origin).days >= horizon
    assert found[-1:] == ([played.day - dt.timedelta(days=horizon)] if found else [])


def _accuracy(night: Night) -> dict[str, str]:
    (gate,) = (gate for gate in night.head["gates"] if gate["name"] == "accuracy")
    return dict(gate)


def test_a_world_that_jumped_holds_the_plan_for_review(jump: Workspace, tmp_path: Path) -> None:
    held = nightly.run(jump, _small().day, _quiet)
    assert _accuracy(held)["result"] == "REVIEW"
    assert held.head["status"] == "review"
    quiet = nightly.run(workspace_with(tmp_path / "shop", _small().exports), _small().day, _quiet)
    assert _accuracy(quiet)["result"] == "PASS"
    assert quiet.head["status"] == "ok"
    card = (held.run_dir.parents[1] / "models" / held.run_id / "card.md").read_text("utf-8")
    said, came = (f"{x:,.0f}" for x in (_small_week().spend.said, 3 * _small_week().spend.came))
    assert f"花费预测 {said} 元，实际 {came} 元" in card


def test_a_table_that_only_the_look_back_reads_is_another_run(tmp_path: Path) -> None:
    """An older word table, all of whose rows the newest one tells anew: the plan may differ in its gate."""
    (newest,) = (path for path in _small().exports if path.name.startswith("出价表"))

    def doubled(_: str, rows: pd.DataFrame) -> pd.DataFrame:
        rows = rows[rows["日期"] <= _origin().isoformat()]
        return rows.assign(出价=[f"{2 * float(bid):.2f}" if bid else "" for bid in rows["出价"]])

    older = _edited_file(newest, tmp_path / f"出价表_{_origin():%Y%m%d}_083000.csv", [doubled])
    nights = [
        nightly.run(workspace_with(tmp_path / name, exports), _small().day, _quiet)
        for name, exports in (("plain", _small().exports), ("both", (*_small().exports, older)))
    ]
    assert nights[0].head["expected"] == nights[1].head["expected"]
    assert _accuracy(nights[0]) != _accuracy(nights[1])
    assert nights[0].run_id != nights[1].run_id


def _small_week() -> backtest.Week:
    played = _small()
    workspace = Workspace(played.exports[0].parent / "shop")
    models, panel = fit.fit(played.history, Settings(), played.day)
    week = backtest.newest_week(Present(workspace, Settings(), played.day, played.history, models, panel))
    assert week
    return week


def test_a_large_shop_is_judged_by_whole_campaigns(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = _small_week()
    assert whole.judged == whole.known
    monkeypatch.setattr("bidopt.backtest.week.MOST_JUDGED", whole.judged // 3)
    some = _small_week()
    assert whole.judged / 3 <= some.judged < whole.judged == some.known
    assert some.spend.came < whole.spend.came
    assert some.spend.error == pytest.approx(whole.spend.error, abs=0.1)
    assert "at random" in gates.accuracy(some, Settings.model_validate({"shop": {"language": "en"}})).message


@pytest.mark.parametrize("days_later", [0, 3])
def test_reading_some_campaigns_is_reading_all_and_leaving_out_the_others(days_later: int) -> None:
    workspace, until = Workspace(_small().exports[0].parent / "shop"), _small().day - dt.timedelta(days=days_later)
    whole = store.read_history(workspace, until, seen_from=_small().day)
    ids = whole.days["campaign_id"].astype("str").unique()[:2].tolist()
    some = store.read_history(workspace, until, seen_from=_small().day, campaigns=ids)
    for name in ("days", "versions", "words", "plans"):
        every, own = (getattr(one, name).astype({"campaign_id": "str"}) for one in (whole, some))
        assert 0 < len(own) < len(every) or len(every) == 0
        expected = every[every["campaign_id"].isin(ids)].reset_index(drop=True)
        pd.testing.assert_frame_equal(own.reset_index(drop=True), expected, check_categorical=False)


def test_the_campaigns_that_are_judged_are_whole_and_others_each_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bidopt.backtest.week.MOST_JUDGED", 1)
    played = _small()
    workspace = Workspace(played.exports[0].parent / "shop")
    panel = fit.lay_out(played.history, Settings(), played.day)
    then = backtest.week_ago(workspace, Settings(), played.day, played.history, panel)
    assert then
    (campaign,) = then.models.campaigns["campaign_id"]
    assert len(then.models.words) == panel.units["campaign_id"].eq(campaign).sum()
    days = [_origin() + dt.timedelta(days=ahead) for ahead in range(20)]
    assert len({week._drawn(panel, day)[0] for day in days}) > 1


@pytest.mark.parametrize(
    ("spend", "gmv", "result"),
    [
        ((109, 100), (114, 100), "PASS"),
        ((111, 100), (100, 100), "REVIEW"),
        ((89, 100), (100, 100), "REVIEW"),
        ((100, 100), (116, 100), "REVIEW"),
        ((100, 100), (130, 100, 95, 160), "PASS"),  # few orders leave so much open
        ((100, 100), (130, 100, 105, 160), "REVIEW"),
        ((130, 100, 120, 140), (100, 100), "REVIEW"),
        ((100, 0), (0, 0), "REVIEW"),
        ((0, 0), (0, 0), "PASS"),
    ],
)
def test_the_bars_of_the_gate(spend: tuple[float, ...], gmv: tuple[float, ...], result: str) -> None:
    sums = (backtest.Sum(*figures, *(() if figures[2:] else figures[:1] * 2)) for figures in (spend, gmv))
    week = backtest.Week(dt.date(2026, 5, 1), dt.date(2026, 5, 7), *sums)
    assert gates.accuracy(week, Settings()).result == result
    wide = Settings(gates=Gates(max_spend_error=9.0, max_gmv_error=9.0))
    assert gates.accuracy(week, wide).result == ("REVIEW" if week.spend.came == 0 < week.spend.said else "PASS")


def test_too_little_history_is_said_and_passes(tmp_path: Path) -> None:
    played = shop("lognormal", 60, 3)
    night = nightly.run(workspace_with(tmp_path / "shop", played.exports), played.day, _quiet)
    gate = _accuracy(night)
    assert gate["result"] == "PASS"
    assert "21" in gate["message"]
    with pytest.raises(DataError, match="needs 21 complete days"):
        backtest.backtest(Workspace(night.run_dir.parents[1]), Settings(), 8, 7, _quiet)
    with pytest.raises(DataError, match="no complete day"):
        backtest.backtest(Workspace(tmp_path / "empty"), Settings(), 8, 7, _quiet)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, dict[str, Any]]:
    """A workspace after its night and `bidopt backtest --json`, and what that printed."""
    workspace = workspace_with(tmp_path_factory.mktemp("cli") / "shop", _small().exports)
    nightly.run(workspace, _small().day, _quiet)
    result = CliRunner().invoke(app, ["backtest", "-w", str(workspace.root), "--origins", "2", "--json"])
    assert result.exit_code == 0, result.stderr
    return workspace, json.loads(result.stdout)


def test_the_command_tells_every_score(told: tuple[Workspace, dict[str, Any]]) -> None:
    workspace, facts = told
    assert facts["day"] == _small().day.isoformat()
    assert facts["origins"][-1] == _origin().isoformat()
    assert {row["model"] for row in facts["models"]} == set(scores.MODELS)
    for row in facts["models"]:
        best = min(row[name] for name in scores.BASELINES)
        assert row["gain"] == pytest.approx(1 - row["ours"] / best)
    assert {(row["level"], row["traffic"]) for row in facts["coverage"]} >= {("shop", 0), ("campaign", 0), ("word", 10)}
    for name, told_sum in _small_week().facts().items():
        assert facts["week"][name] == (pytest.approx(told_sum) if isinstance(told_sum, dict) else told_sum)
    assert Path(facts["folder"]).parent == workspace.models / "backtest"


def test_the_rows_make_the_scores(told: tuple[Workspace, dict[str, Any]]) -> None:
    folder = Path(told[1]["folder"])
    rows, sums, ends = (pd.read_parquet(folder / f"{name}.parquet") for name in ("words", "sums", "intervals"))
    pd.testing.assert_frame_equal(scores.model_scores(rows), pd.read_csv(folder / "models.csv"))
    pd.testing.assert_frame_equal(scores.sum_scores(sums), pd.read_csv(folder / "totals.csv"))
    pd.testing.assert_frame_equal(intervals.coverage(ends), pd.read_csv(folder / "coverage.csv"))
    shop_spend = sums.query("level == 'shop' and figure == 'spend'").iloc[-1]
    assert shop_spend["ours"] == pytest.approx(told[1]["week"]["spend"]["said"])
    assert shop_spend["came"] == pytest.approx(told[1]["week"]["spend"]["came"])


def test_the_card_carries_the_newest_backtest(told: tuple[Workspace, dict[str, Any]]) -> None:
    workspace, facts = told
    card = workspace.models / str(workspace.latest_run()) / "card.md"
    before = card.read_text("utf-8")
    assert before.count("## 回测") == 1
    assert f"## 回测 {facts['day']}" in before
    assert "## 最近 7 天" in before
    with workspace.settings_path.open("a", encoding="utf-8") as file:
        file.write("[budget]\ndaily_cap = 299\n")
    night = nightly.run(workspace, _small().day, _quiet)
    after = (workspace.models / night.run_id / "card.md").read_text("utf-8")
    assert after.partition("## 回测")[2] == before.partition("## 回测")[2]
    files = {path.name for path in night.run_dir.iterdir()}
    assert not any("backtest" in name for name in files)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_tables_fit_the_terminal(told: tuple[Workspace, dict[str, Any]], language: str, tmp_path: Path) -> None:
    from rich.cells import cell_len

    text = f'[shop]\nlanguage = "{language}"\n'
    workspace = workspace_with(tmp_path / "shop", _small().exports, text)
    with workspace.lock():
        store.import_inbox(workspace, _quiet)
    result = CliRunner().invoke(app, ["backtest", "-w", str(workspace.root), "--origins", "1"])
    assert result.exit_code == 0, result.stderr
    lines = [line for line in result.stdout.splitlines() if str(tmp_path) not in line]
    assert max(cell_len(line.rstrip()) for line in lines) <= 100
    assert ("转化率" in result.stdout) == (language == "zh")
    page = next((workspace.models / "backtest").glob("*/backtest.md")).read_text("utf-8")
    assert ("校准" if language == "zh" else "Calibration") in page


def test_exit_codes(tmp_path: Path) -> None:
    from bidopt.errors import WorkspaceBusy

    empty = workspace_with(tmp_path / "empty", ())
    result = CliRunner().invoke(app, ["backtest", "-w", str(empty.root)])
    assert isinstance(result.exception, DataError)
    assert result.exception.exit_code == 3
    with empty.lock():
        busy = CliRunner().invoke(app, ["backtest", "-w", str(empty.root)])
    assert isinstance(busy.exception, WorkspaceBusy)
    assert CliRunner().invoke(app, ["backtest", "-w", str(empty.root), "--origins", "0"]).exit_code == 2
