"""Cells to canonical rows: every row becomes data, a total, a part of another row, or is set aside with its reason."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt import cores, schema
from bidopt.errors import FileRefused
from bidopt.ingest import values
from bidopt.ingest.containers import Source
from bidopt.ingest.identity import DIMENSIONS, dims_of, identity, most_complete_first, row_codes
from bidopt.ingest.layout import Match
from bidopt.ingest.text import Body

BY_DAY_HINT = (
    "请在报表下载页把时间粒度选为“分天”，勾选“日期”后重新下载 / "
    "download it again split by day (分天) with the 日期 column ticked."
)
_DESTROYED_ID = (
    "Excel 已把 ID 改成科学计数法，或是乱码，请重新下载 / Excel destroyed this id, or garbled: download again"
)
_GARBLED = "乱码或超过 255 字，请重新下载 / garbled, or over 255 characters: download again"
_MOST_TOLD = 5000
"""Characters of a row that was set aside: Excel's cells end at 32,767."""
_LONGEST_GAP = np.timedelta64(366, "D")
"""No download leaves out more: the days beyond it are mistyped, and would make a year of days without an impression."""
_FRACTIONS = ("margin", "refund_rate")
_BLANK_IS = {"word_type": "keyword", "bidding": "manual"}
"""Codes that the contract has no blank for: a word is a keyword, a plan is bid by hand, unless said otherwise."""
_BLANK_AT_ZERO = ("bid", "budget", "quality_score")
"""What the platform shows as 0 where none is set."""
_HIGHEST_BID = 1000.0
"""Yuan a click: the platform's 99.99 under its highest premiums (分时 250 %, 人群 300 % more)."""
_HIGHEST_QUALITY = 10
_ORDERS_A_CLICK = 10
"""And so many more: orders come through favourites and carts days after few clicks, not by the hundred."""
_MEASURED = frozenset(
    name
    for name in schema.KEYWORD_DAY
    if name.endswith(("orders", "gmv")) or name in ("carts", "favourites", "natural_impressions")
)
_IS_ID = frozenset(DIMENSIONS)
_SUBJECT = {
    "keyword_day": ("keyword_id", "没有词 / no word"),
    "words": ("keyword_id", "没有词 / no word"),
    "plans": ("campaign_id", "没有计划 / no plan"),
    "items": ("item_id", "没有宝贝 / no item"),
}
"""What a row of each kind is about, and what to say where it names none."""


@dataclass(frozen=True)
class Rows:
    """What became of a file's rows: rows_read = len(frame) + merged + totals + len(set_aside)."""

    frame: pd.DataFrame
    dims: tuple[str, ...]
    rows_read: int
    totals: int
    merged: int
    set_aside: pd.DataFrame


class _Complaints:
    """The first thing found wrong with each row."""

    def __init__(self, n_rows: int) -> None:
        self.reasons: npt.NDArray[np.object_] = np.full(n_rows, "", dtype=object)

    def add(self, bad: npt.NDArray[np.bool_], reason: str) -> None:
        if bad.any():
            self.reasons[bad & (self.reasons == "")] = reason


def canonical_rows(body: Body, match: Match, source: Source) -> Rows:
    """Read `body` by its layout.

    Raises
    ------
    FileRefused
        When the rows are sums over days, which cannot be taken apart.
    """
    cells = _but(body.cells, _blank(body.cells))
    text = pd.DataFrame({name: cells[column.position] for name, column in match.columns.items()})
    totals = _is_total(text, cells)
    text, cells = _but(text, totals), _but(cells, totals)
    _refuse_sums(text, match, source)
    frame, complaints = _parsed(text, match, source)
    bad = complaints.reasons != ""
    dims = dims_of(frame, match.layout.kind)
    kept = _merged(_but(frame, bad), dims, _but(cells, bad)[list(match.parts)])
    set_aside = _set_aside(cells[bad], complaints.reasons[bad], body, source)
    counts = len(text) + int(totals.sum()) + len(body.broken)
    return Rows(kept, dims, counts, int(totals.sum()), int((~bad).sum()) - len(kept), set_aside)


def _but(frame: pd.DataFrame, without: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """The other rows; the frame itself where that is all."""
    return frame[~without] if without.any() else frame


def _blank(cells: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Which rows have nothing in any cell."""
    blank = np.ones(len(cells), dtype=bool)
    for name in cells:
        if not blank.any():
            break
        blank &= (cells[name] == "").to_numpy()
    return blank


def _is_total(text: pd.DataFrame, cells: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Rows that sum others: marked in the date, or marked anywhere with neither a plan's nor a word's id."""
    names = [c for c in (*DIMENSIONS, *DIMENSIONS.values()) if c in text]
    dated = _marks(text["date"]) if "date" in text else np.zeros(len(text), dtype=bool)
    marked = _marks(cells[min(cells.columns)])
    for name in names:
        marked |= _marks(text[name])
    if not marked.any():
        return marked | dated
    for key in ("campaign_id", "keyword_id"):
        if key in text:
            marked &= (values.labels(text[key], values.ids)[0] == "") | _marks(text[key])
    return np.asarray(marked | dated)


def _marks(column: "pd.Series[str]") -> npt.NDArray[np.bool_]:
    codes, distinct = values.coded(column)
    marked = values.total_marks(distinct.tolist())
    return marked[codes] if marked.any() else np.zeros(len(column), dtype=bool)


def _refuse_sums(text: pd.DataFrame, match: Match, source: Source) -> None:
    if "date" not in text:
        if match.layout.kind == "keyword_day":
            raise FileRefused(f"{source.name}: 没有“日期”列，是多天合计 / no 日期 column: a sum of days.", BY_DAY_HINT)
        return
    spans = values.by_distinct(text["date"], values.ranges)[1]
    if spans.any():
        row, span = text.index[spans][0], text["date"][spans].iloc[0]
        raise FileRefused(f"{source.name} 第 {row} 行: “{span}”是多天合计 / row {row} is a sum of days.", BY_DAY_HINT)


def _parsed(text: pd.DataFrame, match: Match, source: Source) -> tuple[pd.DataFrame, _Complaints]:
    """Every canonical column, typed; absent ones as the contract's "not known"."""
    contract = schema.FRAMES[match.layout.kind]
    complaints = _Complaints(len(text))
    with cores.pool(len(text), cores.MANY_ROWS) as pool:
        read = pool.map(lambda name: _column(name, contract[name][0], text, match, source.downloaded_at), contract)
        columns = {}
        for name, (parsed, found) in zip(contract, read, strict=True):
            columns[name] = parsed
            for bad, reason in found:
                complaints.add(bad, reason)
    frame = pd.DataFrame(columns, index=text.index, copy=False)
    _check(frame, match, source, complaints)
    if match.layout.kind == "plans":
        frame = _plan_budgets(frame, text["budget"].str.strip().isin(match.layout.values["budget"]))
    if match.layout.kind == "keyword_day":
        frame = _settled(frame, complaints.reasons == "")
    return frame.astype(schema.dtypes(contract)), complaints


def _column(
    name: str, kind: schema.Kind, text: pd.DataFrame, match: Match, downloaded_at: dt.datetime
) -> tuple[values.Values, list[tuple[npt.NDArray[np.bool_], str]]]:
    """(values, what is wrong with which rows) of one column."""
    if name not in text:
        return _absent(name, kind, len(text), downloaded_at), []
    header = match.columns[name].header
    mapping = match.layout.values.get(name, {})
    if kind == "date":
        parsed, bad = values.by_distinct(text[name], values.dates)
        nothing = np.isnat(parsed)
        return parsed, [(bad, f"{header}: 不是日期 / not a date"), (nothing, f"{header}: 没有日期 / no date")]
    if kind in ("text", "label"):
        parse = values.choice(mapping) if mapping else values.ids if name in _IS_ID else values.names
        parsed, bad = values.labels(text[name], parse, _BLANK_IS.get(name, ""))
        found = [(bad, f"{header}: {_DESTROYED_ID if name in _IS_ID else _GARBLED}")]
        return parsed if kind == "label" else parsed.astype("str"), found
    parsed, bad = values.by_distinct(
        text[name], lambda texts: values.numbers([mapping.get(text, text) for text in texts])
    )
    found = [(bad, f"{header}: 不是数字、为负或大得不可能 / not a number, below 0, or impossibly large")]
    if kind == "count":
        found.append((parsed % 1 > 0, f"{header}: 不是整数 / not a whole number"))
    if name in _BLANK_AT_ZERO:
        parsed = np.where(parsed == 0, np.nan, parsed)
    return _none_where_blank(name, parsed / match.columns[name].divisor), found


def _absent(name: str, kind: schema.Kind, n_rows: int, downloaded_at: dt.datetime) -> values.Values:
    if kind == "date":
        return np.full(n_rows, np.datetime64(downloaded_at.date(), "us"))
    if kind in ("text", "label"):
        blank = schema.one_label(_BLANK_IS.get(name, ""), n_rows)
        return blank if kind == "label" else blank.astype("str")
    return np.full(n_rows, np.nan)


def _none_where_blank(name: str, amounts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """A blank beside other words' figures means none came; a column blank throughout is not known."""
    if name in _MEASURED and not np.isnan(amounts).all():
        return np.nan_to_num(amounts, nan=0.0)
    return amounts


def _check(frame: pd.DataFrame, match: Match, source: Source, complaints: _Complaints) -> None:
    """Set aside what is surely wrong; the merely odd stays."""
    after = (frame["date"] > pd.Timestamp(source.downloaded_at.date())).to_numpy()
    if len(after) and after.all() and not source.dated:  # by a clock that was wrong: it would never be read again
        raise FileRefused(
            f"{source.name}: 文件时间 {source.downloaded_at:%Y-%m-%d} 早于表中所有日期 / "
            "the file is older than all of its days.",
            "校准电脑时间后重新下载 / set the computer's clock and download it again.",
        )
    complaints.add(after, "日期晚于下载日 / the date is after the download")
    subject, reason = _SUBJECT[match.layout.kind]
    nameless = (frame[subject] == "") & (frame[DIMENSIONS[subject]] == "")
    complaints.add(nameless.to_numpy(), reason)
    if match.layout.kind == "keyword_day":
        _check_counts(frame, complaints)
        complaints.add(
            _stray(frame["date"], complaints.reasons == ""), "日期与其他行相隔一年以上 / a year from the rest"
        )
    if "bid" in frame:
        complaints.add((frame["bid"] > _HIGHEST_BID).to_numpy(), "出价高得不可能 / an impossible bid")
    if "quality_score" in frame:
        complaints.add((frame["quality_score"] > _HIGHEST_QUALITY).to_numpy(), "质量分大于 10 / quality above 10")
    for fraction in _FRACTIONS:
        if fraction in frame:
            complaints.add((frame[fraction] > 1).to_numpy(), "比率大于 1，应写 0.35 或 35% / above 1: write 0.35")


def _stray(dates: "pd.Series[pd.Timestamp]", good: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Which of the `good` rows lie a year or more from where most of them do."""
    days, rows = np.unique(dates[good].to_numpy(), return_counts=True)
    run = np.concatenate([[0], np.cumsum(np.diff(days) > _LONGEST_GAP)])[: len(days)]
    stray = days[run != np.argmax(np.bincount(run, weights=rows))] if len(days) else days
    return good & dates.isin(stray).to_numpy()


def _check_counts(frame: pd.DataFrame, complaints: _Complaints) -> None:
    impressions, clicks, spend, orders = (
        frame[name].to_numpy() for name in ("impressions", "clicks", "spend", "orders")
    )
    unpaid = np.isnan(spend) & (np.nan_to_num(clicks) > 0)
    complaints.add(unpaid, "有点击没有花费 / clicks without their spend")
    complaints.add(np.isnan(clicks) & (np.nan_to_num(spend) > 0), "有花费没有点击 / spend without its clicks")
    complaints.add((clicks == 0) & (spend > 0), "有花费没有点击 / spend without a click")
    complaints.add(spend > _HIGHEST_BID * clicks, "点击花费高得不可能 / an impossible cost a click")
    many = orders > _ORDERS_A_CLICK * (np.nan_to_num(clicks) + 1)
    complaints.add(many, "成交笔数远多于点击 / far more orders than clicks")
    complaints.add(np.nan_to_num(clicks) > np.nan_to_num(impressions), "点击多于展现 / more clicks than impressions")


def _settled(frame: pd.DataFrame, good: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """A missing count or spend of a good row is 0; a mean rank of 0 says that there was none."""
    impressions, clicks = (frame[name].where(good, 0).fillna(0) for name in ("impressions", "clicks"))
    rank = frame["rank"].replace(0, np.nan)
    return frame.assign(impressions=impressions, clicks=clicks, spend=frame["spend"].fillna(0), rank=rank)


def _plan_budgets(frame: pd.DataFrame, unlimited: "pd.Series[bool]") -> pd.DataFrame:
    """不限 may stand in the budget itself; a total budget is no amount a day."""
    kind = frame["budget_type"].mask(unlimited, "unlimited")
    return frame.assign(budget_type=kind, budget=frame["budget"].mask(kind.isin(["unlimited", "total"])))


def _part(cells: pd.DataFrame) -> "pd.Series[str]":
    """Which part of its row each row is: the second-level scene splits rows that are otherwise one."""
    part = pd.Series("", index=cells.index, dtype="str")
    for position in cells:
        part = part + "\t" + cells[position].astype("str").str.strip()
    return part


def _merged(frame: pd.DataFrame, dims: tuple[str, ...], parts: pd.DataFrame) -> pd.DataFrame:
    """One row a key: of rows that claim the same the most complete stays, parts of a row are added up."""
    repeated = pd.Series(row_codes(identity(frame, dims)), index=frame.index).duplicated(keep=False)
    if not repeated.any():
        return frame
    some = most_complete_first(frame[repeated].assign(part=_part(parts[repeated])))
    codes = pd.Series(row_codes(identity(some, dims)), index=some.index)
    first = ~pd.DataFrame({"code": codes, "part": some["part"]}).duplicated()
    some, codes = some[first].drop(columns="part"), codes[first]
    return pd.concat([frame[~repeated], _summed(some, codes)]).sort_index()


def _summed(some: pd.DataFrame, codes: "pd.Series[int]") -> pd.DataFrame:
    """Rows of one code as one, at the place of its first: counts add up, rank is a mean by impressions."""
    added = [name for name in some if name in _MEASURED or name in ("impressions", "clicks", "spend")]
    one = some[~codes.duplicated()].copy()
    if len(one) == len(some):
        return one
    order = codes[one.index]
    sums = some[added].groupby(codes).sum(min_count=1).loc[order]
    one[added] = sums.astype(one[added].dtypes).to_numpy()
    weighted = (some["rank"] * some["impressions"]).groupby(codes).sum(min_count=1)
    shown = some["impressions"].where(some["rank"].notna()).groupby(codes).sum()
    one["rank"] = (weighted / shown.replace(0, np.nan)).loc[order].to_numpy()
    return one.astype(some.dtypes.to_dict())


def _set_aside(cells: pd.DataFrame, reasons: npt.NDArray[np.object_], body: Body, source: Source) -> pd.DataFrame:
    broken = "列数与表头不符或引号不成对 / the cells do not match the header"
    rows = [
        *zip(cells.index, reasons, (",".join(row) for row in cells.itertuples(index=False)), strict=True),
        *((row, broken, line) for row, line in body.broken),
    ]
    table = pd.DataFrame(rows, columns=["row", "reason", "text"]).sort_values("row", kind="stable")
    table.insert(0, "file", source.name)
    table["text"] = table["text"].str[:_MOST_TOLD]
    return table.astype({"file": "str", "row": "int64", "reason": "str", "text": "str"}).reset_index(drop=True)
