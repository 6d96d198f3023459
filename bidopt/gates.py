"""What holds a plan back: each gate says PASS, REVIEW or FAIL, with the numbers behind it and what to do.

FAIL where there is nothing to stand on, REVIEW where a person should look before the plan is uploaded.
"""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt.backtest import Sum, Week, drawn_line
from bidopt.errors import UsageError
from bidopt.fit import FittedModels, Panel
from bidopt.fit.panel import by_group
from bidopt.prose import TO_DO, Language, gate, joined, listed, number, say
from bidopt.recommend import Plan
from bidopt.schema import UNIT
from bidopt.settings import Settings
from bidopt.store import History

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Result = Literal["PASS", "REVIEW", "FAIL"]

NOTHING = "data"
"""The gate that nobody can pass over: without a complete day there is nothing to plan from."""
NAMES = (NOTHING, "age", "hole", "vanished", "jump", "accuracy", "changes")
DAYS_BEFORE = 7
"""What vanished is looked for among the words of so many days."""
WEEKS_BEFORE, LEAST_WEEKS = 4, 2
CHANCE = 2.0
"""Square roots of counts apart: the root of a Poisson count has a standard deviation of 1/2, whatever its mean
(Bartlett, 1936), so that chance alone takes a day this far from the median of four once in some thousand."""
MOST_MOVED = 20.0
"""No word's traffic is taken to have risen or fallen by more than this factor with its bid."""
EPS = 1e-9


@dataclass(frozen=True)
class Override:
    """Gates that a person passes over: `why` in their words, `by` user@host."""

    gates: tuple[str, ...]
    why: str
    by: str

    def __post_init__(self) -> None:
        known = ", ".join(name for name in NAMES if name != NOTHING)
        for name in self.gates:
            if name == NOTHING:
                raise UsageError(
                    f"--override {NOTHING}: 没有数据做不出方案 / without a complete day there is nothing to plan from.",
                    f"可放行的检查 / gates that can be passed over: {known}",
                )
            if name not in NAMES:
                raise UsageError(f"没有这个检查 / there is no gate {name!r}.", f"检查 / gates: {known}")
        if not self.why.strip():
            raise UsageError("--override 要写明原因 / needs a reason.", '例如 / e.g.: --why "618"')

    def facts(self) -> dict[str, Any]:
        return {"gates": list(self.gates), "why": self.why, "by": self.by}


@dataclass(frozen=True)
class Gate:
    """`override`: who passed over it and why, None where nobody did."""

    name: str
    result: Result
    message: str
    override: Override | None = None

    @property
    def holds(self) -> bool:
        """It holds the plan back."""
        return self.result != "PASS" and self.override is None

    def facts(self) -> dict[str, Any]:
        told = {"name": self.name, "result": self.result, "message": self.message}
        return told | ({"overridden": True, "why": self.override.why, "by": self.override.by} if self.override else {})


def passed_over(gates: list[Gate], override: Override | None) -> list[Gate]:
    """The same gates, those that did not pass and that `override` names marked as passed over."""
    if override is None:
        return gates
    return [replace(g, override=override) if g.result != "PASS" and g.name in override.gates else g for g in gates]


def check(history: History, settings: Settings, day: dt.date) -> list[Gate]:
    """The gates on the data of the run of `day`; none where there is no report at all but a word table."""
    if history.covered.empty and len(history.words):
        return []
    covered = history.covered[history.covered["downloaded_at"].dt.normalize() > history.covered["date"]]
    days = pd.DatetimeIndex(covered["date"]).sort_values()
    language = settings.shop.language
    if days.empty:
        return [_gate(NOTHING, "FAIL", "data_none", language)]
    return [
        _gate(NOTHING, "PASS", "data", language, days=len(days)),
        _age(days, settings, day),
        _hole(days, settings),
        _vanished(history, days[-1], settings),
    ]


def _gate(name: str, result: Result, code: str, language: Language, **values: object) -> Gate:
    """A gate whose message says what to do where it does not pass."""
    message = gate(code, language, **values)
    return Gate(name, result, message if result == "PASS" else joined((message, say(TO_DO, name, language)), language))


def _age(days: pd.DatetimeIndex, settings: Settings, day: dt.date) -> Gate:
    """How old the newest complete day is: yesterday's data are 0 days old."""
    newest, most = days[-1].date(), settings.gates.max_age_days + 1
    age = (day - newest).days
    result: Result = "FAIL" if age > most else "PASS"
    return _gate("age", result, "age", settings.shop.language, day=newest, age=age, most=most)


def _hole(days: pd.DatetimeIndex, settings: Settings) -> Gate:
    """A day missing between the first and the newest, within the last `max_hole_days`."""
    span, language = settings.gates.max_hole_days, settings.shop.language
    first = max(days[0], days[-1] - pd.Timedelta(days=span - 1))
    missing = pd.date_range(first, days[-1]).difference(days)
    if missing.empty:
        return _gate("hole", "PASS", "hole_none", language, span=span)
    named = listed((str(d.date()) for d in missing), language)
    return _gate("hole", "FAIL", "hole", language, span=span, days=named)


def _vanished(history: History, newest: pd.Timestamp, settings: Settings) -> Gate:
    """Words with spend in the week before that the newest day does not show, or that the newest tables lack.

    A word that the newest word table does not have running is missing from the report for a reason.
    """
    language, most = settings.shop.language, settings.gates.max_vanished
    rows, table = history.days, history.words
    week = rows["date"].between(newest - pd.Timedelta(days=DAYS_BEFORE), newest - pd.Timedelta(days=1))
    before = rows[week & (rows["spend"] > 0)]
    if before.empty:
        return _gate("vanished", "PASS", "vanished_none", language)
    words = before.groupby(list(UNIT), as_index=False).agg(spend=("spend", "sum"), plan=("campaign_name", "last"))
    words = words.astype(dict.fromkeys([*UNIT, "plan"], "str"))
    shown = _among(words, rows[(rows["date"] == newest) & (rows["impressions"] > 0)], UNIT)
    stopped = ~_among(words, _running(table[table["date"] == table["date"].max()]), UNIT) & (len(table) > 0)
    gone = (~shown & ~stopped) | _dropped(words, table, UNIT) | _dropped(words, history.plans, UNIT[:1])
    share = float(words["spend"][gone].sum() / words["spend"].sum())
    whole = words.assign(gone=gone, left=shown & ~gone).groupby("campaign_id")
    names = whole["plan"].last()[whole["gone"].any() & ~whole["left"].any()]
    named = listed(names.where(names.ne(""), names.index), language)
    plans = gate("vanished_plans", language, plans=named) if named else ""
    told = {"words": int(gone.sum()), "share": share, "span": DAYS_BEFORE, "most": most, "plans": plans}
    return _gate("vanished", "REVIEW" if share > most else "PASS", "vanished", language, **told)


def _among(words: pd.DataFrame, rows: pd.DataFrame, key: tuple[str, ...]) -> Mask:
    """(n,) the words that have a row of the same `key` in `rows`."""
    asked, there = (pd.MultiIndex.from_frame(frame[list(key)].astype("str")) for frame in (words, rows))
    return np.asarray(asked.isin(there))


def _dropped(words: pd.DataFrame, table: pd.DataFrame, key: tuple[str, ...]) -> Mask:
    """(n,) the words that ran by the last but one of the dated tables, and of which the newest has no row."""
    dates = np.sort(table["date"].unique())
    if len(dates) < 2:
        return np.zeros(len(words), bool)
    last, newest = (table[table["date"] == date] for date in dates[-2:])
    return _among(words, _running(last), key) & ~_among(words, newest, key)


def _running(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a dated table that are not said to be paused; plans never are."""
    return table[table["status"].isin(["running", ""])] if "status" in table else table


def jump(models: FittedModels, panel: Panel, settings: Settings) -> Gate:
    """The newest day's spend, clicks and GMV against the same weekday of the four weeks before, at its own bids."""
    language, most = settings.shop.language, settings.gates.max_total_jump
    days = [day.date() for day in panel.days]
    special = [any(p.start <= day <= p.end for p in settings.promotion) for day in days]
    complete = np.flatnonzero(panel.covered)
    newest = int(complete[-1]) if len(complete) else -1
    before = [newest - 7 * k for k in range(1, WEEKS_BEFORE + 1)]
    usable = panel.covered & ~panel.idle & ~np.array(special)
    before = [day for day in before if day >= 0 and usable[day]]
    if newest >= 0 and special[newest]:
        return _gate("jump", "PASS", "jump_promotion", language, day=days[newest])
    if len(before) < LEAST_WEEKS:
        return _gate("jump", "PASS", "jump_none", language)
    told, jumped = [], False
    for name, (came, usual, events) in _against(models, panel, newest, before).items():
        out = not usual / (1 + most) <= came <= usual * (1 + most)
        jumped |= out and abs(np.sqrt(came / usual * events) - np.sqrt(events)) > CHANCE
        told.append(gate(f"jump_{name}", language, came=number(came), usual=number(usual)))
    figures = joined(told, language)
    return _gate("jump", "REVIEW" if jumped else "PASS", "jump", language, day=days[newest], figures=figures, most=most)


def _against(models: FittedModels, panel: Panel, day: int, before: list[int]) -> dict[str, tuple[float, float, float]]:
    """(what came on `day`, what is usual, how many events that is) of spend, clicks and, where told, GMV.

    Usual: the median of the days `before`, had their bids, budgets and paused words been those of `day`; GMV as much
    of it as a report of that age tells. Left out is what usually is nothing.
    """
    at = [day, *before]
    reach, cpc = models.landscape.reach(panel.bid[:, at]), models.landscape.cpc(panel.bid[:, at])
    more = np.clip(reach[:, :1] / np.maximum(reach[:, 1:], EPS), 1 / MOST_MOVED, MOST_MOVED)
    more *= panel.running[:, [day]] | panel.idle[day]
    spend = panel.spend[:, before] * more * cpc[:, :1] / cpc[:, 1:]
    asked = by_group(spend, panel.campaign, len(panel.campaigns))
    served = np.minimum(panel.budget[:, [day]] / np.maximum(asked, EPS), 1.0)[panel.campaign]
    known = models.delay.of_items(panel.item_ids, panel.age)[panel.item]
    ripe = more * served * known[:, [day]] / known[:, before]
    sums = {"spend": spend * served, "clicks": panel.clicks[:, before] * more * served}
    events = dict.fromkeys(sums, sums["clicks"])
    if panel.converted[[day, *before]].all():
        sums["gmv"] = panel.counts["gmv"][:, before] * ripe
        events["gmv"] = panel.counts["orders"][:, before] * ripe / (1 + models.order_spread**2)
    return {
        name: (float(panel.counts[name][:, day].sum()), _median(usual), _median(events[name]))
        for name, usual in sums.items()
        if _median(usual) > 0
    }


def _median(values: Array) -> float:
    """Of the totals of days."""
    return float(np.median(values.sum(0)))


def accuracy(week: Week | None, settings: Settings) -> Gate:
    """Spend and GMV of the last seven days, as they were forecast a week ago, against what came."""
    language, most = settings.shop.language, settings.gates
    if week is None:
        return _gate("accuracy", "PASS", "accuracy_none", language)
    sums = [("spend", week.spend, most.max_spend_error), ("gmv", week.gmv, most.max_gmv_error)]
    told: dict[str, str] = {}
    missed = False
    for name, figures, bar in sums:
        low, high = _allowed(figures, bar)
        missed |= not low <= figures.came <= high
        told |= {f"{name}_said": number(figures.said), f"{name}_came": number(figures.came)}
        told |= {f"{name}_error": number(figures.error, "+.1%")}
        told |= {f"{name}_low": number(low), f"{name}_high": number(high)}
    inferred = gate("accuracy_inferred", language, start=week.origin, count=week.inferred) if week.inferred else ""
    span = {"start": week.origin, "end": week.end, "inferred": inferred, "drawn": drawn_line(week.facts(), language)}
    return _gate("accuracy", "REVIEW" if missed else "PASS", "accuracy", language, **span, **told)


def _allowed(figures: Sum, bar: float) -> tuple[float, float]:
    """(low, high) yuan that may come: within the bar, or the models' own doubt where that reaches further."""
    most = figures.said / (1 - bar) if bar < 1 else np.inf
    return min(figures.said / (1 + bar), figures.low), max(most, figures.high)


def changes(plan: Plan, settings: Settings) -> Gate:
    """How many of the words that may move change at once, and how much of the spend moves beyond what the cap asks."""
    decision, most = plan.decision, settings.gates
    may = decision.under_cap & (decision.grid.held == "")
    changed = may & (decision.choice != decision.grid.start)
    now, new = (plan.words[f"{when}_spend"].to_numpy(float)[decision.under_cap] for when in ("now", "new"))
    moved = float(np.abs(new - now).sum() - max(now.sum() - decision.planned, 0.0))
    shares = _share(changed.sum(), may.sum()), _share(max(moved, 0.0), now.sum())
    return _gate(
        "changes",
        "REVIEW" if shares[0] > most.max_words_changed or shares[1] > most.max_spend_moved else "PASS",
        "changes",
        settings.shop.language,
        changed=int(changed.sum()),
        words=int(may.sum()),
        share=shares[0],
        moved=shares[1],
        most_words=most.max_words_changed,
        most_spend=most.max_spend_moved,
    )


def _share(part: float, whole: float) -> float:
    """0 of nothing."""
    return float(part / whole) if whole > 0 else 0.0
