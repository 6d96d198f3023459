"""What holds a plan back: each gate says PASS, REVIEW or FAIL, with the numbers behind it."""

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
import pandas as pd

from bidopt.backtest import Sum, Week
from bidopt.prose import Language, listed, note, number
from bidopt.settings import Settings
from bidopt.store import History

Result = Literal["PASS", "REVIEW", "FAIL"]


@dataclass(frozen=True)
class Gate:
    name: str
    result: Result
    message: str

    def facts(self) -> dict[str, str]:
        return asdict(self)


def check(history: History, settings: Settings, day: dt.date) -> list[Gate]:
    """The gates on the data of the run of `day`; none where there is no report at all but a word table."""
    if history.covered.empty and len(history.words):
        return []
    covered = history.covered[history.covered["downloaded_at"].dt.normalize() > history.covered["date"]]
    days = pd.DatetimeIndex(covered["date"])
    language = settings.shop.language
    return [
        _age(days, settings.gates.max_age_days, day, language),
        _hole(days, settings.gates.max_hole_days, language),
        _jump(history.days, days, settings.gates.max_total_jump, language),
    ]


def _age(days: pd.DatetimeIndex, most: int, day: dt.date, language: Language) -> Gate:
    """How old the newest complete day is: yesterday's data are 0 days old."""
    if days.empty:
        return Gate("age", "FAIL", note("gate_age_none", language))
    newest = days.max().date()
    age = (day - newest).days
    return Gate("age", "FAIL" if age - 1 > most else "PASS", note("gate_age", language, day=newest, age=age))


def _hole(days: pd.DatetimeIndex, span: int, language: Language) -> Gate:
    """A day missing between the first and the newest, within the last `span` days."""
    if days.empty:
        return Gate("hole", "FAIL", note("gate_age_none", language))
    first = max(days.min(), days.max() - pd.Timedelta(days=span - 1))
    missing = pd.date_range(first, days.max()).difference(days)
    if missing.empty:
        return Gate("hole", "PASS", note("gate_hole_none", language, span=span))
    named = listed((str(d.date()) for d in missing), language)
    return Gate("hole", "FAIL", note("gate_hole", language, span=span, days=named))


def _jump(rows: pd.DataFrame, days: pd.DatetimeIndex, most: float, language: Language) -> Gate:
    """The newest day's spend against the same weekday of the four weeks before."""
    spend = rows.groupby("date")["spend"].sum().reindex(days.sort_values()).fillna(0.0)
    before = [spend.get(days.max() - pd.Timedelta(weeks=k)) for k in range(1, 5)] if len(days) else []
    usual = [float(x) for x in before if x]  # a day without spend is none on which plans ran
    if len(usual) < 2 or np.median(usual) <= 0:
        return Gate("jump", "PASS", note("gate_jump_none", language))
    now, middle = float(spend.iloc[-1]), float(np.median(usual))
    ratio = now / middle
    result: Result = "REVIEW" if ratio > 1 + most or ratio < 1 / (1 + most) else "PASS"
    return Gate("jump", result, note("gate_jump", language, day=days.max().date(), spend=now, usual=middle))


def accuracy(week: Week | None, settings: Settings) -> Gate:
    """Spend and GMV of the last seven days, as they were forecast a week ago, against what came."""
    language, most = settings.shop.language, settings.gates
    if week is None:
        return Gate("accuracy", "PASS", note("gate_accuracy_none", language))
    sums = [("spend", week.spend, most.max_spend_error), ("gmv", week.gmv, most.max_gmv_error)]
    told: dict[str, str] = {}
    missed = False
    for name, figures, bar in sums:
        low, high = _allowed(figures, bar)
        missed |= not low <= figures.came <= high
        told |= {f"{name}_said": number(figures.said), f"{name}_came": number(figures.came)}
        told |= {f"{name}_error": number(figures.error, "+.1%")}
        told |= {f"{name}_low": number(low), f"{name}_high": number(high)}
    message = note("gate_accuracy", language, start=week.origin, end=week.end, **told)
    if week.inferred:
        message += note("gate_accuracy_inferred", language, start=week.origin, count=week.inferred)
    return Gate("accuracy", "REVIEW" if missed else "PASS", message)


def _allowed(figures: Sum, bar: float) -> tuple[float, float]:
    """(low, high) yuan that may come: within the bar, or the models' own doubt where that reaches further."""
    most = figures.said / (1 - bar) if bar < 1 else np.inf
    return min(figures.said / (1 + bar), figures.low), max(most, figures.high)
