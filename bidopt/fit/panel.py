"""The history as dense arrays: one row a unit of decision, one column a day.

A word that is absent on a day that a download covers had 0; a day that none covers is not known.
"""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt import cores, schema
from bidopt.ingest.identity import row_codes
from bidopt.metrics import ratio
from bidopt.schema import UNIT
from bidopt.settings import Settings
from bidopt.store import History, bids_in_force, budgets_in_force, places

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]

CUT_SHARE = 0.97
"""A campaign-day whose spend reaches this share of its budget was cut short."""
PAID_OF_BID = 0.8
"""Where no bid is known: what a click costs as a share of the bid, in a usual auction."""
SURELY_SHOWN = 20.0
"""Impressions a day: a shop that usually has as many or more does not have none by chance."""
SUMMED = ("impressions", "clicks", "spend", "orders", "gmv", "carts", "favourites")


@dataclass(frozen=True)
class Panel:
    """n units x m consecutive days, the last being the eve of the day to plan for.

    Arrays of counts are (n, m), 0 where the word had none or its report does not tell; `exposed` (n, m): clicks of
    which reports tell the conversions, or the carts; `rank` (n, m): mean rank of the shows,
    NaN where not told. `running` (n, m): the word could be shown, on a day that is
    covered and not `idle`.
    `covered` (m,): a download covers the day. `age` (m,): days between the day and its newest download.
    `bid` (n, m) yuan in force, inferred where `bid_known` (n,) is False; `bid_told` (n, m): by a table or the report,
    before which the first one told stands in. `budget` (c, m) yuan a day, inf = none;
    where not `budget_known` (c, m) the first known one stands in. `campaign`, `ad_group`, `item` (n,): codes into
    `campaigns`, and into the ad groups' and items' ids.
    """

    units: pd.DataFrame
    days: pd.DatetimeIndex
    counts: dict[str, Array]
    exposed: dict[str, Array]
    rank: Array
    running: Mask
    covered: Mask
    age: Array
    bid: Array
    bid_now: Array
    bid_told: Mask
    campaigns: pd.DataFrame
    campaign: Index
    ad_group: Index
    item: Index
    item_ids: list[str]
    budget: Array
    budget_known: Mask

    @property
    def impressions(self) -> Array:
        return self.counts["impressions"]

    @property
    def clicks(self) -> Array:
        return self.counts["clicks"]

    @property
    def spend(self) -> Array:
        return self.counts["spend"]

    @property
    def bid_known(self) -> Mask:
        """(n,): some day's bid is told."""
        return np.asarray(self.bid_told.any(axis=1))

    @property
    def idle(self) -> Mask:
        """(m,): downloads cover the day and have no row of it: no plan ran, so that nothing is told of demand."""
        return _idle(self.impressions, self.covered)

    @property
    def converted(self) -> Mask:
        """(m,): all that is known of the day's clicks tells their conversions too."""
        return np.asarray(self.covered & (self.exposed["orders"].sum(0) >= self.clicks.sum(0)))

    @cached_property
    def cut(self) -> Mask:
        """(c, m): the campaign's budget ran out that day."""
        spent = by_group(self.spend, self.campaign, len(self.campaigns))
        return (spent >= CUT_SHARE * self.budget) & (spent > 0)

    def recency(self, half_life: float) -> Array:
        """(m,) weights that halve every `half_life` days, 0 on days not covered."""
        back = np.arange(len(self.days) - 1, -1, -1.0)
        return np.asarray(0.5 ** (back / half_life) * self.covered)


def by_group(values: Array, group: Index, n_groups: int) -> Array:
    """Sum the rows of `values` (n, m) by `group` (n,) into (n_groups, m)."""
    from scipy.sparse import csr_array  # slow to import, and only fitting needs it

    member = csr_array((np.ones(len(group)), (group, np.arange(len(group)))), shape=(n_groups, len(group)))
    return np.asarray(member @ values)


def build(history: History, settings: Settings, until: dt.date) -> Panel:
    """Lay the history out for the run of day `until`, its last column being the day before."""
    own = row_codes(history.days[list(UNIT)])
    units = _units(history, own)
    days = _days(history, until)
    with cores.pool(len(units), cores.MANY_WORDS) as aside:
        told = aside.submit(bids_in_force, history.confirmed.before(history.words), units, days)
        state = aside.submit(state_in_force, history.words, units, days)
        rows = _unit_days(history, settings, places(units, history.days, own, UNIT), days)
        shape = (len(units), len(days))
        at = (rows["unit"].to_numpy(), rows["day"].to_numpy())
        counts = {name: _dense(shape, at, rows[name].to_numpy(float)) for name in SUMMED}
        exposed = {name: _dense(shape, at, rows[f"exposed_{name}"].to_numpy(float)) for name in ("orders", "carts")}
    cover = history.covered.set_index("date")["downloaded_at"].reindex(days)
    covered = (cover.dt.normalize() > days).to_numpy()  # a day is complete when downloaded on a later one
    age = (cover.dt.normalize().to_numpy() - days.to_numpy()) / np.timedelta64(1, "D")
    table = told.result()
    bid, bid_told = _bids(table, _dense(shape, at, rows["bid"].to_numpy(float)), counts)
    plans = _plans(history)
    campaigns = _campaigns(units, plans)
    budget, budget_known = budgets_in_force(history.confirmed.before_plans(plans), campaigns["campaign_id"], days)
    items, item_ids = pd.factorize(units["item_id"], sort=True)
    return Panel(
        units=units,
        days=days,
        counts=counts,
        exposed=exposed,
        rank=ratio(_dense(shape, at, rows["rank"].to_numpy(float)), _dense(shape, at, rows["ranked"].to_numpy(float))),
        running=_running(state.result(), counts["impressions"]) & (covered & ~_idle(counts["impressions"], covered)),
        covered=covered,
        age=np.where(np.isfinite(age), np.maximum(age, 1.0), 1.0),
        bid=bid,
        bid_now=np.where(np.isnan(table[:, -1]), bid[:, -1], table[:, -1]).round(2),
        bid_told=bid_told,
        campaigns=campaigns,
        campaign=pd.Index(campaigns["campaign_id"]).get_indexer(units["campaign_id"]),
        ad_group=pd.factorize(units["campaign_id"] + "/" + units["ad_group_id"], sort=True)[0],
        item=items,
        item_ids=[str(i) for i in item_ids],
        budget=np.where(np.isnan(budget), np.inf, budget),
        budget_known=budget_known,
    )


def _days(history: History, until: dt.date) -> pd.DatetimeIndex:
    last = pd.Timestamp(until) - pd.Timedelta(days=1)
    return pd.date_range(history.days["date"].min() if len(history.days) else last, last, freq="D", unit="us")


def _units(history: History, own: Index) -> pd.DataFrame:
    """Every unit that ever had a row or stands in the newest table, sorted by id, with its newest names and state.

    `own`: a number a unit for each row of the report.
    """
    names = ["campaign_name", "ad_group_name", "item_id", "item_name", "keyword", "word_type", "scene_id", "scene_name"]
    from_days = _newest(history.days, names, own).groupby(list(UNIT), sort=True)[names].last()
    from_table = _from_table(history.words)
    units = pd.merge(
        from_days, from_table, "outer", left_index=True, right_index=True, suffixes=("", "_t")
    ).reset_index()
    told = units.pop("item_id_t")  # the word table knows the unit's item; a report row may be of a rarer one
    units["item_id"] = told.where(told.notna() & told.ne(""), units["item_id"])
    for column in ("keyword", "word_type"):
        units[column] = units[column].where(units[column].notna() & units[column].ne(""), units.pop(f"{column}_t"))
    for column in (*names, "match_type", "status"):
        units[column] = units[column].astype("str").fillna("")
    units["word_type"] = units["word_type"].where(units["word_type"].ne(""), "keyword")
    for key in ("campaign", "ad_group"):  # a word known from the table only takes the names of its plan and unit
        known = units[units[f"{key}_name"].ne("")].groupby(f"{key}_id")[f"{key}_name"].first()
        name = units[f"{key}_name"]
        units[f"{key}_name"] = name.where(name.ne(""), units[f"{key}_id"].map(known).astype("str").fillna(""))
    units["group_date"] = units.groupby(["campaign_id", "ad_group_id"])["table_date"].transform("max")
    units["listed"] = units["table_date"].notna() & (units["table_date"] == units["group_date"])
    units["no_table"] = units["group_date"].isna()
    out: pd.DataFrame = units.drop(columns=["table_date", "group_date"])
    return out


def _from_table(words: pd.DataFrame) -> pd.DataFrame:
    """By unit, what the newest word table with something to say of it says, and its date as `table_date`."""
    table = words.iloc[np.argsort(words["date"].to_numpy(), kind="stable")]
    names = ["item_id", "keyword", "word_type", "match_type", "quality_score", "min_bid", "status"]
    texts = [name for name in (*UNIT, *names) if name in schema.labels(schema.WORDS)]
    newest = table[[*UNIT, *names, "date"]].groupby(row_codes(table[list(UNIT)])).last()
    newest = newest.astype(dict.fromkeys(texts, "str")).rename(columns={"date": "table_date"})
    return newest.set_index(list(UNIT)).sort_index()


def _newest(days: pd.DataFrame, names: list[str], own: Index) -> pd.DataFrame:
    """The rows of each unit's most shown item on its newest day, `names` and the unit's ids as text, the last first."""
    item = row_codes(days[[*UNIT, "item_id"]])
    weight = np.bincount(item, days["impressions"])[item]
    usual = np.flatnonzero(weight == _most(weight, own))
    date = days["date"].to_numpy()[usual].astype(np.int64)
    at = usual[date == _most(date, own[usual])]
    texts = dict.fromkeys([*UNIT, *names], "str")
    rows: pd.DataFrame = days[["date", *texts]].iloc[at].astype(texts).assign(weight=weight[at])
    return rows.sort_values(["weight", "date", "item_id"])


def _most(values: npt.NDArray[Any], group: Index) -> npt.NDArray[Any]:
    """(n,) the largest of each one's group, whose numbers `group` (n,) are."""
    most = np.zeros(group.max(initial=-1) + 1, values.dtype)
    np.maximum.at(most, group, values)
    return most[group]


def _unit_days(history: History, settings: Settings, places: Index, days: pd.DatetimeIndex) -> pd.DataFrame:
    """Rows of the report summed to the unit of decision, with positions in the panel.

    A report without orders or without GMV, as a user may download it, tells no conversions: they are not known.
    """
    rows = history.days
    if settings.objective.orders == "direct":
        rows = rows.assign(orders=rows["direct_orders"], gmv=rows["direct_gmv"])
    told = {
        "orders": rows[["orders", "gmv"]].notna().all(axis=1),
        "carts": rows[["carts", "favourites"]].notna().any(axis=1),
    }
    rows = rows.assign(orders=rows["orders"].where(told["orders"]), gmv=rows["gmv"].where(told["orders"]))
    return pd.DataFrame(
        {
            "unit": places,
            "day": (rows["date"] - days[0]).dt.days.to_numpy(),
            **{name: rows[name].fillna(0.0) for name in SUMMED},
            **{f"exposed_{name}": rows["clicks"].where(known, 0) for name, known in told.items()},
            "bid": (rows["bid"] * rows["impressions"]).fillna(0.0),
            "rank": (rows["rank"] * rows["impressions"]).fillna(0.0),
            "ranked": rows["impressions"].where(rows["rank"].notna(), 0.0),
        }
    )


def _dense(shape: tuple[int, int], at: tuple[Index, Index], values: Array) -> Array:
    flat = at[0] * shape[1] + at[1]
    return np.bincount(flat, values, shape[0] * shape[1]).astype(float).reshape(shape)


def _bids(table: Array, reported: Array, counts: dict[str, Array]) -> tuple[Array, Mask]:
    """(bids in force, where told): of the tables, else of the report, else inferred from what was paid."""
    bid = np.where(np.isnan(table), ratio(reported, np.where(reported > 0, counts["impressions"], 0)), table)
    told = np.logical_or.accumulate(np.isfinite(bid), axis=1)
    bid = _filled(bid)
    cpc = ratio(counts["spend"].sum(1), counts["clicks"].sum(1))
    usual = ratio(counts["spend"].sum(), counts["clicks"].sum())
    inferred = np.where(np.isfinite(cpc), cpc, usual if np.isfinite(usual) else 0.5) / PAID_OF_BID
    return np.where(np.isnan(bid), np.maximum(inferred, 0.05)[:, None], bid), told


def _filled(bid: Array) -> Array:
    """Holes take the bid before them; days before the first known bid take that one."""
    frame = pd.DataFrame(bid.T)
    return np.asarray(frame.ffill().bfill().to_numpy().T)


def _running(on: Array, impressions: Array) -> Mask:
    """The word could be shown: by the tables' status; without a table, between its first and last impression."""
    shown = impressions > 0
    since = np.maximum.accumulate(shown, 1)
    return np.where(np.isnan(on), since, on > 0) | shown


def _idle(impressions: Array, covered: Mask) -> Mask:
    shown = impressions.sum(0)
    usual = np.median(shown[shown > 0]) if shown.any() else 0.0
    return np.asarray(covered & (shown == 0) & (usual >= SURELY_SHOWN))


def state_in_force(words: pd.DataFrame, units: pd.DataFrame, days: pd.DatetimeIndex) -> Array:
    """(n, m): 1 where the word tables say that the word runs, 0 where they say that it does not, NaN where neither."""
    return bids_in_force(words.assign(bid=words["status"].isin(["running", ""]).astype(float)), units, days)


def _plans(history: History) -> pd.DataFrame:
    """The plan table; where there is none, what reports told of budgets: a day's is the state at the next morning."""
    told = history.days[history.days["budget"].notna()]
    if len(history.plans) or told.empty:
        return history.plans
    key = ["date", "campaign_id", "campaign_name"]
    last: pd.DataFrame = (
        told.astype({"campaign_id": "str", "campaign_name": "str"}).groupby(key, as_index=False)[["budget"]].max()
    )
    last["date"] += pd.Timedelta(days=1)
    return last.assign(bidding="", budget_type="").reindex(columns=list(history.plans))


def _campaigns(units: pd.DataFrame, plans: pd.DataFrame) -> pd.DataFrame:
    """Every campaign with words or in the newest plan table, by id, with its newest settings.

    `in_force`: it stands in the newest plan table, or there is no plan table.
    """
    table = plans.sort_values("date").groupby("campaign_id").last()
    table["in_force"] = table["date"] == plans["date"].max()
    own = ["bidding", "budget_type", "min_bid", "max_bid", "campaign_name", "in_force"]
    with_words = units.groupby("campaign_id")["campaign_name"].last().rename("seen_name")
    out = table[own].join(with_words, how="outer").sort_index()
    out = out[out["in_force"].eq(True) | out.index.isin(with_words.index)].rename_axis("campaign_id").reset_index()
    seen = out.pop("seen_name").astype("str").fillna("")
    named = out["campaign_name"].astype("str").fillna("")
    out["campaign_name"] = named.where(named.ne(""), seen)
    out["in_force"] = out["in_force"].eq(True) | plans.empty
    for column in ("campaign_id", "campaign_name", "bidding", "budget_type"):
        out[column] = out[column].astype("str").fillna("")
    return out
