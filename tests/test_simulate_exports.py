"""The simulated exports are files as the platform makes them, and change lists are read back as written."""

import io
import tomllib
import zipfile
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bidopt.settings import Settings
from bidopt.simulate.demo import demo_settings
from bidopt.simulate.exports import read_bids, read_budgets
from bidopt.simulate.market import Market
from bidopt.simulate.samples import write_samples
from bidopt.simulate.spec import MarketSpec

SAMPLES = Path(__file__).parents[1] / "data" / "sample"


@pytest.fixture(scope="module")
def market() -> Market:
    played = Market(MarketSpec(words=60, history_days=20))
    played.play_history()
    return played


def read_zip(path: Path) -> pd.DataFrame:
    with zipfile.ZipFile(path) as archive:
        (name,) = archive.namelist()
        return pd.read_csv(io.BytesIO(archive.read(name)), encoding="gb18030", dtype=str, keep_default_na=False)


def test_a_morning_brings_the_report_and_the_tables(market, tmp_path):
    paths = market.write_exports(tmp_path, market.next_day, since_days=7)
    names = [p.name.split("_")[0] for p in paths]
    assert names == ["关键词报表", "出价表", "计划表", "宝贝表"]
    report = read_zip(paths[0])
    assert report["日期"].nunique() == 7
    last = market.record.days[-1]
    newest = report[report["日期"] == last.day.isoformat()]
    assert newest["点击量"].astype(int).sum() == last.clicks.sum()
    assert newest["花费"].astype(float).sum() == pytest.approx(last.spend.sum(), abs=0.01 * len(newest))
    assert (report["展现量"].astype(int) > 0).all()


def test_a_word_table_holds_the_bids_before_that_mornings_changes(market, tmp_path):
    morning = market.next_day - timedelta(days=3)
    table = pd.read_csv(market.write_exports(tmp_path, morning)[1], dtype=str, keep_default_na=False)
    before = market.record.days[-4]
    assert before.day == morning - timedelta(days=1)
    bids = dict(zip(market.words["keyword_id"], before.bids, strict=True))
    listed = table[table["出价"] != ""]
    np.testing.assert_allclose(listed["出价"].astype(float), [bids[i] for i in listed["词ID/词包ID"]], atol=0.005)


def test_a_first_delivery_restates_its_orders(market, tmp_path):
    paths = market.write_history_exports(tmp_path)
    reports = [read_zip(p) for p in paths if p.suffix == ".zip"]
    newest, earlier = reports[-1], reports[-2]
    days = set(earlier["日期"])
    again = newest[newest["日期"].isin(days)]
    assert again["点击量"].astype(int).sum() == earlier["点击量"].astype(int).sum()
    assert again["总成交笔数"].astype(int).sum() > earlier["总成交笔数"].astype(int).sum()


def test_change_lists_are_applied_to_the_bids_in_force(market, tmp_path):
    words = market.words.iloc[:2]
    lines = pd.DataFrame(
        {
            "计划ID": words["campaign_id"],
            "单元ID": words["ad_group_id"],
            "词ID/词包ID": ['="' + words["keyword_id"].iloc[0] + '"', words["keyword_id"].iloc[1]],
            "新出价": ["1.23", ""],
            "变动幅度": ["+5.0%", "-10.0%"],
        }
    )
    lines.to_csv(tmp_path / "bids.csv", index=False, encoding="utf-8-sig")
    campaign = market.manual_ids[0]
    (tmp_path / "budgets.csv").write_text(f"计划ID,新日预算\r\n{campaign},321.5\r\n", "utf-8-sig")
    bids, budgets = market.apply_plan(tmp_path)
    assert bids[0] == 1.23
    assert bids[1] == pytest.approx(market.bids[1] * 0.9, abs=0.005)
    np.testing.assert_allclose(bids[2:], market.bids[2:], atol=0.005)
    assert budgets == market.budgets | {campaign: 321.5}


def test_a_change_list_for_an_unknown_word_is_an_error(market, tmp_path):
    path = tmp_path / "bids.csv"
    path.write_text("计划ID,单元ID,词ID/词包ID,新出价,变动幅度\r\n1,2,3,0.5,\r\n", "utf-8-sig")
    with pytest.raises(KeyError):
        read_bids(path, market.words, market.bids)


def test_an_empty_budget_list_changes_nothing(tmp_path):
    path = tmp_path / "budgets.csv"
    path.write_text("计划ID,新日预算\r\n", "utf-8-sig")
    assert read_budgets(path) == {}


def unpacked(path: Path) -> list[tuple[str, bytes]]:
    """Content by member: compressed bytes may differ between builds of zlib."""
    if path.suffix not in (".zip", ".xlsx"):
        return [(path.name, path.read_bytes())]
    with zipfile.ZipFile(path) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


def test_samples_in_the_repository_are_what_the_simulator_writes(tmp_path):
    for path in write_samples(tmp_path):
        assert unpacked(path) == unpacked(SAMPLES / path.name), path.name


def test_the_demo_declares_its_promotions():
    settings = Settings.model_validate(tomllib.loads(demo_settings()))
    assert [p.name for p in settings.promotion] == ["520", "618"]
    assert settings.promotion[1].start == date(2026, 6, 16)
