"""The review workbook read back: every own bid and budget checked before any counts."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bidopt.curves.bounds import FEN
from bidopt.errors import FileRefused
from bidopt.export.workbook import column_text
from bidopt.ingest import shown_name, values
from bidopt.ingest.sheets import every_sheet
from bidopt.review.overruled import Overruled
from bidopt.review.run import Reviewed
from bidopt.schema import UNIT

MOST_NAMED = 5
HEAD_ROWS = 10
"""How far down a heading may have been pushed."""
_LEFT_ALONE = "只填黄色的列，其他格子照旧 / fill the yellow columns and leave the rest as it is"


@dataclass(frozen=True)
class _Kind:
    """A sheet's rows: how each is known, and the columns of what is in force, planned, and chosen instead."""

    key: tuple[str, ...]
    name: str
    now: str
    planned: str
    own: str

    @property
    def columns(self) -> list[str]:
        return [*self.key, self.now, self.planned, self.own, "run_id"]


WORDS = _Kind(UNIT, "keyword", "bid_now", "bid_new", "own_bid")
BUDGETS = _Kind(("campaign_id",), "campaign_name", "budget_now", "budget_new", "own_budget")


@dataclass
class _Complaints:
    """What is wrong, by sheet and row."""

    found: list[tuple[str, int, str]] = field(default_factory=list)

    def add(self, rows: pd.DataFrame, text: "str | Iterable[str]") -> None:
        texts = [text] * len(rows) if isinstance(text, str) else text
        self.found += zip(rows["sheet"], rows["row"], texts, strict=True)

    def raise_any(self, name: str) -> None:
        if not self.found:
            return
        order = {sheet: place for place, sheet in enumerate(dict.fromkeys(sheet for sheet, _, _ in self.found))}
        first = sorted(self.found, key=lambda one: (order[one[0]], one[1]))[:MOST_NAMED]
        named = "; ".join(f"{sheet} 第 {row} 行 row {row}: {text}" for sheet, row, text in first)
        more = f" (… {len(self.found)})" if len(self.found) > len(first) else ""
        raise FileRefused(
            f"{name}: {named}{more}.",
            f"改好存盘再来，什么都没有记入 / mend it, save and try again: nothing was entered. {_LEFT_ALONE}.",
        )


def read(path: Path, run: Reviewed) -> Overruled:
    """What the workbook at `path` overrules of `run`: rows may be sorted, filtered and left out.

    Raises
    ------
    FileRefused
        When it is no workbook of this run, or something in it cannot be taken: names sheet, row and what may stand
        there. Then nothing of it counts.
    """
    name = shown_name(path)
    sheets = every_sheet(path.read_bytes(), name)
    words, budgets = _rows(sheets, WORDS), _rows(sheets, BUDGETS)
    if words is None and budgets is None:
        raise FileRefused(
            f"{name} 不是复核表，或列名被改过 / is no review workbook, or its headings were changed.",
            "重新导出 / make one: bidopt export --format xlsx -o FILE",
        )
    _refuse_other_run(name, run.head["run_id"], [table for table in (words, budgets) if table is not None])
    wrong = _Complaints()
    bids = _chosen(words, run.words, WORDS, wrong)
    amounts = _chosen(budgets, run.budgets, BUDGETS, wrong)
    wrong.raise_any(name)
    overruled = Overruled.of(bids, amounts)
    _refuse_together(name, run, overruled)
    return overruled


def _rows(sheets: dict[str, list[list[Any]]], kind: _Kind) -> pd.DataFrame | None:
    """The rows under the headings of `kind` on all sheets that have them, as cells; None where none has."""
    found = []
    for sheet, cells in sheets.items():
        for place, line in enumerate(cells[:HEAD_ROWS]):
            at = {name: position for name in kind.columns if (position := _place(line, name)) is not None}
            if len(at) == len(kind.columns):
                below = cells[place + 1 :]
                rows = pd.DataFrame({name: pd.Series([r[p] for r in below], dtype=object) for name, p in at.items()})
                found.append(rows.assign(sheet=sheet, row=range(place + 2, place + 2 + len(rows))))
                break
    return pd.concat(found, ignore_index=True) if found else None


def _place(line: list[Any], name: str) -> int | None:
    """Where the heading of column `name` stands, in either language."""
    headings = {column_text(name, "zh"), column_text(name, "en")}
    return next((place for place, cell in enumerate(line) if str(cell).strip() in headings), None)


def _refuse_other_run(name: str, run_id: str, tables: list[pd.DataFrame]) -> None:
    told = {str(one).strip() for table in tables for one in table["run_id"]} - {""}
    other = sorted(told - {run_id})
    if other:
        raise FileRefused(
            f"{name} 是另一个方案的 / is of another run: {other[0]}；要确认的是 / to confirm: {run_id}.",
            f"导出这个方案的 / make this run's: bidopt export {run_id} --format xlsx -o FILE",
        )


def _chosen(table: pd.DataFrame | None, plan: pd.DataFrame, kind: _Kind, wrong: _Complaints) -> pd.DataFrame:
    """The rows of `plan` that are overruled: with was, planned, chosen."""
    if table is None:
        return _with_amounts(plan.iloc[:0].assign(amount=np.nan), kind)
    ids = {name: [_id_text(cell) for cell in table[name]] for name in kind.key}
    amount, bad = _numbers(table[kind.own])
    rows = table.assign(**ids, amount=amount)
    blank = (rows[list(kind.key)] == "").all(axis=1)
    stray = blank & (rows["amount"].notna() | bad)
    wrong.add(rows[stray], f"没有 ID 的行不能填“{_heading(kind.own)}” / has no ids")
    wrong.add(rows[bad & ~blank], [f"“{cell}” 不是金额 / is no amount" for cell in rows.loc[bad & ~blank, kind.own]])
    rows = rows[~blank & ~bad]
    found = rows.merge(plan, how="left", on=list(kind.key), suffixes=("_cell", ""), indicator=True)
    known = found["_merge"] == "both"
    wrong.add(found[~known], "ID 不在这个方案里，可能被改过 / its ids are not of this run: were they edited?")
    found = found[known]
    for name in (kind.now, kind.planned):
        edited = found[_edited(found, name, kind)]
        wrong.add(edited, f"“{_heading(name)}” 被改过，请填在“{_heading(kind.own)}” / was edited; {_LEFT_ALONE}")
    told = found[found["amount"].notna()]
    twice = told[told.duplicated(list(kind.key), keep=False)]
    wrong.add(twice, "同一行出现两次 / stands there twice")
    _check_range(told, kind, wrong)
    differs = (told["amount"] - told[kind.planned]).abs() >= FEN / 2
    return _with_amounts(told[differs | told[kind.planned].isna()], kind)


def _edited(rows: pd.DataFrame, name: str, kind: _Kind) -> "pd.Series[bool]":
    """Rows whose cell of `name` is not what the plan has there."""
    cell, _ = _numbers(rows[f"{name}_cell"])
    said = rows[name].astype(float)
    shown = said.where(np.isfinite(said))
    if name == "bid_new":
        shown = shown.mask(rows["bid_inferred"].astype(bool) | (shown == 0))
    same = ((cell - shown).abs() < FEN / 2) | (cell.isna() & shown.isna())
    return ~same


def _check_range(told: pd.DataFrame, kind: _Kind, wrong: _Complaints) -> None:
    """Complain of amounts that are neither within the limits nor what is in force or planned, or that split a fen."""
    amount = told["amount"]
    fine = (amount * 100 - (amount * 100).round()).abs() < 1e-6
    wrong.add(told[~fine], [f"{x:g} 要精确到分 / must be in whole fen" for x in amount[~fine]])
    within = (amount >= told["lowest"] - FEN / 2) & (amount <= told["highest"] + FEN / 2)
    kept = pd.Series(False, told.index)
    for name in (kind.now, kind.planned):
        kept |= (amount - told[name].astype(float)).abs() < FEN / 2
    beyond = told[fine & ~within & ~kept]
    texts = [
        f"{row['amount']:.2f} 超出范围，可填 / is out of range, allowed: {_allowed(row)}（{row[kind.name]}）"
        for row in beyond.to_dict("records")
    ]
    wrong.add(beyond, texts)


def _allowed(row: dict[Any, Any]) -> str:
    low, high = row["lowest"], row["highest"]
    return f"{low:.2f}" if high - low < FEN / 2 else f"{low:.2f} - {high:.2f}"


def _with_amounts(rows: pd.DataFrame, kind: _Kind) -> pd.DataFrame:
    renamed = {kind.now: "was", kind.planned: "planned", "amount": "chosen"}
    out: pd.DataFrame = rows[[*kind.key, kind.name, *renamed]].rename(columns=renamed)
    return out.drop_duplicates(list(kind.key))


def _refuse_together(name: str, run: Reviewed, overruled: Overruled) -> None:
    """Raise where what was chosen breaks a limit together with the rest of the plan."""
    words, budgets = overruled.of_words(run.words), overruled.of_budgets(run.budgets)
    total = float(budgets["budget_new"].sum())
    if len(overruled.budgets) and total > run.cap + FEN / 2:
        raise FileRefused(
            f"{name}: 各计划日预算合计 {total:.2f} 元，超过总预算 {run.cap:.2f} 元 / the budgets sum to more than the "
            "daily cap.",
            f"至少减 {total - run.cap:.2f} 元 / take off as much.",
        )
    most = run.settings.bids.max_changes
    changed = int(((words["bid_new"] - words["bid_now"]).abs() >= FEN / 2).sum())
    if len(overruled.bids) and 0 < most < changed:
        raise FileRefused(
            f"{name}: 共改 {changed} 个词，超过每晚改词数上限 / words change, above bids.max_changes: {most}.",
            "有些词填回“原出价” / put the present bid on some words.",
        )
    of_plan = words["campaign_id"].map(budgets.set_index("campaign_id")["budget_new"])
    touched = words["reason"].eq("overruled") | words["campaign_id"].isin(overruled.budgets["campaign_id"])
    above = words[touched & (words["bid_new"] > of_plan + FEN / 2)]
    if len(above):
        word = above.iloc[0]
        raise FileRefused(
            f"{name}: {word['keyword']} 的出价 {word['bid_new']:.2f} 元高于计划日预算 / its bid is above its plan's "
            f"budget, {of_plan[above.index[0]]:.2f}.",
            "调低出价或调高预算 / lower the bid or raise the budget.",
        )


def _numbers(cells: "pd.Series[Any]") -> "tuple[pd.Series[float], pd.Series[bool]]":
    """(amounts, NaN where the cell is empty; which are none)."""
    texts = pd.Series(["%" if isinstance(c, bool) else _text(c) for c in cells], index=cells.index, dtype="str")
    amounts, bad = values.by_distinct(texts, values.numbers)
    percent = texts.str.contains("[%％]", regex=True)
    wrong = pd.Series(bad, cells.index) | percent
    return pd.Series(amounts, cells.index, dtype="float64").mask(wrong), wrong


def _id_text(cell: Any) -> str:
    """An id, also where a program made it a number."""
    return str(values.ids([_text(cell)])[0][0])


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _heading(name: str) -> str:
    return f"{column_text(name, 'zh')} {column_text(name, 'en')}"
