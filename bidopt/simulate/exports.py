"""The shop's exports as the platform makes them, and the change lists read back.

The 无界 keyword report's headers and their order are the platform's own; the settings tables are those that an operator
copies from the console.
"""

import csv
import io
import zipfile
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from bidopt.metrics import cpc, ctr, cvr, roi
from bidopt.schema import UNIT
from bidopt.simulate.catalogue import SCENE
from bidopt.simulate.record import DayResult, Record
from bidopt.simulate.truth import DELAY_DAYS, Array

Column: TypeAlias = "pd.Series[Any] | list[str] | str"

DOWNLOAD_TIME = time(8, 30)
EARLIER_DOWNLOADS = (30, 14, 7, 3, 1)
"""So many days before the first delivery earlier reports were downloaded."""
LONGEST_REPORT = 90
REPORTED = [
    *("campaign_id", "campaign_name", "ad_group_id", "ad_group_name", "item_id", "item_name"),
    *("word_type", "keyword_id", "keyword"),
]
MATCH_NAMES = {"exact": "精准匹配", "broad": "广泛匹配", "": ""}
STATUS_NAMES = {"running": "推广中", "paused": "暂停"}

WUJIE_HEADERS = (
    "日期", "场景ID", "场景名字", "原二级场景ID", "原二级场景名字", "计划ID", "计划名字", "单元ID", "单元名字",
    "宝贝ID", "宝贝名称", "词类型", "词ID/词包ID", "词名字/词包名字", "展现量", "点击量", "花费", "点击率",
    "平均点击花费", "千次展现花费", "总预售成交金额", "总预售成交笔数", "直接预售成交金额", "直接预售成交笔数",
    "间接预售成交金额", "间接预售成交笔数", "直接成交金额", "间接成交金额", "总成交金额", "总成交笔数",
    "直接成交笔数", "间接成交笔数", "点击转化率", "投入产出比", "含预售投产比", "总成交成本", "总购物车数",
    "直接购物车数", "间接购物车数", "加购率", "收藏宝贝数", "收藏店铺数", "店铺收藏成本", "总收藏加购数",
    "总收藏加购成本", "宝贝收藏加购数", "宝贝收藏加购成本", "总收藏数", "宝贝收藏成本", "宝贝收藏率",
    "加购成本", "拍下订单笔数", "拍下订单金额", "直接收藏宝贝数", "间接收藏宝贝数", "平均展现排名",
)  # fmt: skip
"""Metrics of visits and members are left unticked, as a user may."""

SIMBA_HEADERS = (
    "日期", "计划ID", "计划名称", "推广类型", "单元ID", "单元名称", "关键词ID", "关键词", "展现量", "点击量",
    "花费", "点击率", "平均点击花费", "千次展现花费", "总收藏数", "宝贝收藏数", "店铺收藏数", "总购物车数",
    "直接购物车数", "间接购物车数", "加购成本", "宝贝收藏成本", "宝贝收藏转化率", "加购率", "总预售成交金额",
    "总预售成交笔数", "直接预售成交金额", "直接预售成交笔数", "间接预售成交金额", "间接预售成交笔数",
    "总成交金额", "直接成交金额", "间接成交金额", "总成交笔数", "直接成交笔数", "间接成交笔数", "投入产出比",
    "点击转化率", "直接点击转化率",
)  # fmt: skip
MONEY_HEADERS = tuple(h for h in SIMBA_HEADERS if h.endswith(("花费", "金额", "成本")))


def write_morning(record: Record, folder: Path, morning: date, since_days: int, window_days: int) -> list[Path]:
    """Write the report of the `since_days` before `morning` and the tables dated `morning`."""
    report = wujie(report_frame(record, morning, since_days, window_days=window_days))
    stamp = datetime.combine(morning, DOWNLOAD_TIME)
    return [
        write_zip(folder / f"关键词报表_{stamp:%Y%m%d_%H%M%S}.zip", report, stamp),
        *_write_tables(record, folder, [morning]),
    ]


def write_first_delivery(record: Record, folder: Path, morning: date, bid_history: bool) -> list[Path]:
    """Write earlier downloads of 15 days each, then all days in reports of at most 90, and the tables."""
    paths = []
    for ago in EARLIER_DOWNLOADS:
        if ago < len(record.days):
            paths.append(_write_report(record, folder, morning - timedelta(days=ago), 15, 0))
    for part, skip in enumerate(range(0, len(record.days), LONGEST_REPORT)):
        paths.append(_write_report(record, folder, morning, LONGEST_REPORT, skip, part))
    played = [d.day + timedelta(days=1) for d in record.days]
    return paths + _write_tables(record, folder, played if bid_history else played[-1:])


def _write_report(record: Record, folder: Path, morning: date, days: int, skip: int, part: int = 0) -> Path:
    stamp = datetime.combine(morning, DOWNLOAD_TIME) + timedelta(minutes=part)
    frame = wujie(report_frame(record, morning, days, skip))
    return write_zip(folder / f"关键词报表_{stamp:%Y%m%d_%H%M%S}.zip", frame, stamp)


def _write_tables(record: Record, folder: Path, mornings: list[date]) -> list[Path]:
    stamp = datetime.combine(mornings[-1], DOWNLOAD_TIME)
    tables = {
        "出价表": word_table(record, mornings),
        "计划表": pd.concat([plan_table(record, m) for m in mornings]),
        "宝贝表": item_table(record, mornings[-1]),
    }
    return [write_csv(folder / f"{name}_{stamp:%Y%m%d_%H%M%S}.csv", table) for name, table in tables.items()]


def report_frame(
    record: Record, morning: date, days: int, skip: int = 0, window_days: int = DELAY_DAYS
) -> pd.DataFrame:
    """Rows with an impression of the `days` that end `skip` days before `morning`, as known that morning.

    `window_days`: how long after the click orders are ascribed to it. Columns are named as the canonical history's;
    money is yuan.
    """
    last = morning - timedelta(days=skip)
    played = [d for d in record.days if last - timedelta(days=days) <= d.day < last]
    day, word = np.nonzero([d.impressions for d in played])
    frame = record.words[REPORTED].iloc[word].reset_index(drop=True)
    frame.insert(0, "date", np.array([d.day.isoformat() for d in played])[day])
    for name in ("impressions", "clicks", "spend", "rank", "carts", "favourites"):
        frame[name] = np.array([getattr(d, name) for d in played])[day, word]
    orders = [record.attributed(d, morning, window_days) for d in played]
    for name in orders[0]:
        frame[name] = np.array([o[name] for o in orders])[day, word]
    return frame


def wujie(frame: pd.DataFrame) -> pd.DataFrame:
    """The 无界 keyword report, as text."""
    columns: dict[str, Column] = {
        "日期": frame["date"],
        "计划ID": frame["campaign_id"],
        "计划名字": frame["campaign_name"],
        "单元ID": frame["ad_group_id"],
        "单元名字": frame["ad_group_name"],
        "宝贝ID": frame["item_id"],
        "宝贝名称": frame["item_name"],
        "词类型": frame["word_type"].map({"keyword": "关键词", "package": "关键词包"}),
        "词ID/词包ID": frame["keyword_id"],
        "词名字/词包名字": frame["keyword"],
        "平均展现排名": _text(frame["rank"], 2),
    }
    columns |= {"场景ID": SCENE[0], "场景名字": SCENE[1], "原二级场景ID": SCENE[0], "原二级场景名字": SCENE[1]}
    columns |= _traffic(frame, 5) | _conversions(frame, 5) | _intents(frame, 5)
    return pd.DataFrame({header: columns.get(header, "0") for header in WUJIE_HEADERS})


def simba(frame: pd.DataFrame, fen: bool = False) -> pd.DataFrame:
    """The old 直通车 keyword report, as text: percents without a sign, no items, no packages; `fen`: money in 分."""
    frame = frame[frame["word_type"] == "keyword"].reset_index(drop=True)
    columns: dict[str, Column] = {
        "日期": frame["date"],
        "计划ID": frame["campaign_id"],
        "计划名称": frame["campaign_name"],
        "推广类型": "标准推广",
        "单元ID": frame["ad_group_id"],
        "单元名称": frame["ad_group_name"],
        "关键词ID": frame["keyword_id"],
        "关键词": frame["keyword"],
        "宝贝收藏数": frame["favourites"],
        "宝贝收藏转化率": _text(cvr(frame["favourites"], frame["clicks"]) * 100, 2),
        "直接点击转化率": _text(cvr(frame["direct_orders"], frame["clicks"]) * 100, 2),
    }
    columns = _traffic(frame, 3, 100) | _conversions(frame, 2, 100) | _intents(frame, 2, 100) | columns
    report = pd.DataFrame({header: columns.get(header, "0") for header in SIMBA_HEADERS})
    if fen:
        money = report[list(MONEY_HEADERS)].apply(_in_fen)
        report = report.assign(**money).rename(columns={h: f"{h}(分)" for h in MONEY_HEADERS})
    return report


def _traffic(frame: pd.DataFrame, digits: int, scale: float = 1.0) -> dict[str, Column]:
    """Shows, clicks and cost; rates x `scale`, with so many digits."""
    return {
        "展现量": frame["impressions"],
        "点击量": frame["clicks"],
        "花费": _text(frame["spend"], 2),
        "点击率": _text(ctr(frame["clicks"], frame["impressions"]) * scale, digits),
        "平均点击花费": _text(cpc(frame["spend"], frame["clicks"]), 2),
        "千次展现花费": _text(1000 * ctr(frame["spend"], frame["impressions"]), 2),
    }


def _conversions(frame: pd.DataFrame, digits: int, scale: float = 1.0) -> dict[str, Column]:
    ratio = roi(frame["gmv"], frame["spend"])
    return {
        "直接成交金额": _text(frame["direct_gmv"], 2),
        "间接成交金额": _text(frame["gmv"] - frame["direct_gmv"], 2),
        "总成交金额": _text(frame["gmv"], 2),
        "总成交笔数": _text(frame["orders"], 0),
        "直接成交笔数": _text(frame["direct_orders"], 0),
        "间接成交笔数": _text(frame["orders"] - frame["direct_orders"], 0),
        "点击转化率": _text(cvr(frame["orders"], frame["clicks"]) * scale, digits),
        "投入产出比": _text(ratio, 2),
        "含预售投产比": _text(ratio, 2),
        "总成交成本": _text(cpc(frame["spend"], frame["orders"]), 2),
    } | _placed(frame)


def _placed(frame: pd.DataFrame) -> dict[str, Column]:
    """Orders placed, paid or not, and presale orders; outside presale every order is paid at once."""
    if "presale_orders" not in frame:
        return {"拍下订单笔数": _text(frame["orders"], 0), "拍下订单金额": _text(frame["gmv"], 2)}
    pieces, money = _text(frame["presale_orders"], 0), _text(frame["presale_gmv"], 2)
    return {
        "总预售成交笔数": pieces,
        "总预售成交金额": money,
        "直接预售成交笔数": pieces,
        "直接预售成交金额": money,
        "拍下订单笔数": _text(frame["placed_orders"], 0),
        "拍下订单金额": _text(frame["placed_gmv"], 2),
    }


def _intents(frame: pd.DataFrame, digits: int, scale: float = 1.0) -> dict[str, Column]:
    """Carts and favourites."""
    both = frame["carts"] + frame["favourites"]
    direct = (frame["carts"] * 0.8).astype(int)
    return {
        "总购物车数": frame["carts"],
        "直接购物车数": direct,
        "间接购物车数": (frame["carts"] - direct),
        "加购率": _text(cvr(frame["carts"], frame["clicks"]) * scale, digits),
        "加购成本": _text(cpc(frame["spend"], frame["carts"]), 2),
        "收藏宝贝数": frame["favourites"],
        "总收藏数": frame["favourites"],
        "直接收藏宝贝数": frame["favourites"],
        "宝贝收藏率": _text(cvr(frame["favourites"], frame["clicks"]) * scale, digits),
        "宝贝收藏成本": _text(cpc(frame["spend"], frame["favourites"]), 2),
        "总收藏加购数": both,
        "宝贝收藏加购数": both,
        "总收藏加购成本": _text(cpc(frame["spend"], both), 2),
        "宝贝收藏加购成本": _text(cpc(frame["spend"], both), 2),
    }


def _text(values: Array | pd.Series, digits: int) -> list[str]:
    """Numbers as the platform prints them; what cannot be computed is empty."""
    return ["" if x != x else f"{x:.{digits}f}" for x in np.asarray(values).tolist()]


def _in_fen(yuan: "pd.Series[Any]") -> list[str]:
    fen: Array = 100 * pd.to_numeric(yuan).to_numpy(float)
    return _text(fen, 0)


def word_table(record: Record, mornings: list[date]) -> pd.DataFrame:
    """出价表 of `mornings`: each with the bids of the day before, since that morning's changes are not made yet."""
    listed = np.flatnonzero(record.words["word_type"] == "keyword")
    words = record.words.iloc[np.tile(listed, len(mornings))].reset_index(drop=True)
    bids = np.concatenate([_before(record, m).bids[listed] for m in mornings])
    return pd.DataFrame(
        {
            "日期": np.repeat([m.isoformat() for m in mornings], len(listed)),
            "计划ID": words["campaign_id"],
            "单元ID": words["ad_group_id"],
            "宝贝ID": words["item_id"],
            "词ID/词包ID": words["keyword_id"],
            "词名字/词包名字": words["keyword"],
            "匹配方式": words["match_type"].map(MATCH_NAMES),
            "出价": _text(np.where(words["smart"], np.nan, bids), 2),
            "质量分": np.tile(record.quality_score[listed], len(mornings)),
            "状态": words["status"].map(STATUS_NAMES),
        }
    )


def plan_table(record: Record, morning: date) -> pd.DataFrame:
    campaigns, budgets = record.catalogue.campaigns, _before(record, morning).budgets
    return pd.DataFrame(
        {
            "日期": morning.isoformat(),
            "计划ID": campaigns["campaign_id"],
            "计划名字": campaigns["campaign_name"],
            "出价方式": np.where(campaigns["smart"], "智能出价", "手动出价"),
            "日预算": [f"{budgets[c]:.2f}" for c in campaigns["campaign_id"]],
        }
    )


def item_table(record: Record, morning: date) -> pd.DataFrame:
    items = record.catalogue.items
    return pd.DataFrame(
        {
            "日期": morning.isoformat(),
            "宝贝ID": items["item_id"],
            "宝贝名称": items["item_name"],
            "售价": items["price"].map("{:.2f}".format),
            "毛利率": items["margin"].map("{:.0%}".format),
            "退款率": items["refund_rate"].map("{:.0%}".format),
            "库存": items["stock"].astype(str),
        }
    )


def _before(record: Record, morning: date) -> DayResult:
    return next(d for d in reversed(record.days) if d.day < morning)


def csv_bytes(frame: pd.DataFrame, encoding: str) -> bytes:
    return frame.to_csv(index=False, lineterminator="\r\n").encode(encoding)


def write_csv(path: Path, frame: pd.DataFrame, encoding: str = "utf-8-sig") -> Path:
    path.write_bytes(csv_bytes(frame, encoding))
    return path


def write_zip(path: Path, frame: pd.DataFrame, stamp: datetime, encoding: str = "gb18030") -> Path:
    """One CSV in a zip, as the platform makes them; the same frame gives the same bytes."""
    name = path.with_suffix(".csv").name
    entry = zipfile.ZipInfo(name, date_time=(stamp.year, stamp.month, stamp.day, stamp.hour, stamp.minute, 0))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(entry, csv_bytes(frame, encoding), zipfile.ZIP_DEFLATED)
    path.write_bytes(buffer.getvalue())
    return path


def read_bids(path: Path, words: pd.DataFrame, bids: Array) -> Array:
    """`bids` as the change list changes them: 新出价 where it is given, else 变动幅度 on the bid in force."""
    keys = words[list(UNIT)].itertuples(index=False, name=None)
    row = {key: i for i, key in enumerate(keys)}
    changed = bids.copy()
    for line in _lines(path):
        i = row[(line["计划ID"], line["单元ID"], line["词ID/词包ID"])]
        changed[i] = float(line["新出价"]) if line["新出价"] else bids[i] * (1 + _fraction(line["变动幅度"]))
    return changed.clip(0.05).round(2)


def read_budgets(path: Path) -> dict[str, float]:
    """New plan budgets by campaign id, yuan a day."""
    return {line["计划ID"]: float(line["新日预算"]) for line in _lines(path)}


def _lines(path: Path) -> Iterable[dict[str, str]]:
    """A change list's rows, its cells without what keeps Excel from reading ids as numbers."""
    rows = csv.DictReader(io.StringIO(path.read_text("utf-8-sig")))
    return [{key: (cell or "").strip().strip("='\"\t") for key, cell in row.items()} for row in rows]


def _fraction(text: str) -> float:
    number = text.replace("+", "")
    return float(number.removesuffix("%")) / 100 if number.endswith("%") else float(number)
