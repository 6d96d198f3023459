"""The worked examples of docs/models.md, by hand: from the files of the demo's night alone, with no line of bidopt.

`python docs/make_worked.py` runs the demo and writes them anew.
"""

import json
import math
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import NormalDist
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

PAGE = Path(__file__).with_name("models.md")
BLOCK = re.compile(r"(<!-- worked: (\w+) -->\n).*?(<!-- /worked -->)", re.S)
UNIT = ["campaign_id", "ad_group_id", "keyword_id"]
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
OPTIONS_SHOWN = 8
WIDTH = 120
NORMAL = NormalDist()


@dataclass(frozen=True)
class Night:
    """The files of one night of the workspace `shop`."""

    shop: Path

    @cached_property
    def run_id(self) -> str:
        return (self.shop / "runs" / "latest").read_text("utf-8").strip()

    @cached_property
    def plan(self) -> dict[str, Any]:
        return dict(json.loads((self.shop / "runs" / self.run_id / "plan.json").read_text("utf-8")))

    @cached_property
    def shop_models(self) -> dict[str, Any]:
        return dict(json.loads((self.shop / "models" / self.run_id / "shop.json").read_text("utf-8")))

    @cached_property
    def words(self) -> pd.DataFrame:
        """What the models believe of each word beside what the plan does with it."""
        words = pd.read_parquet(self.shop / "models" / self.run_id / "words.parquet")
        plan = pd.read_parquet(self.shop / "runs" / self.run_id / "recommendations.parquet")
        told = [*UNIT, "bid_new", "reason", "new_spend", "new_profit", "now_profit"]
        return words.merge(plan[told], on=UNIT)

    @cached_property
    def curves(self) -> pd.DataFrame:
        return pd.read_parquet(self.shop / "runs" / self.run_id / "curves.parquet")

    def options(self, word: "pd.Series[Any]") -> pd.DataFrame:
        """The bids a word could take, lowest first."""
        same = [self.curves[name] == word[name] for name in UNIT]
        rows: pd.DataFrame = self.curves[same[0] & same[1] & same[2]]
        return rows.sort_values("bid")

    def weightiest(self, reason: str) -> "pd.Series[Any]":
        """Of the words with that reason, the one whose profit the plan changes most."""
        some = self.words[self.words["reason"] == reason]
        return some.iloc[int((some["new_profit"] - some["now_profit"]).abs().to_numpy().argmax())]


def example_word(night: Night) -> list[str]:
    """One word's figures at the bid it has and the bid it gets."""
    word = night.weightiest("raise_pays")
    lines = [f"*{word['keyword']}*, from `words.parquet`, `shop.json` and `curves.parquet`:", ""]
    lines += ["| | today's bid | new bid |", "|---|---:|---:|"]
    shown = [by_hand(night, word, bid) for bid in (word["bid_now"], word["bid_new"])]
    lines += [f"| {label} | {shown[0][label]} | {shown[1][label]} |" for label in shown[0]]
    return lines


def by_hand(night: Night, word: "pd.Series[Any]", bid: float) -> dict[str, str]:
    """The formulas of the section, one after the other.

    Raises
    ------
    ValueError
        Where they do not give what `curves.parquet` has.
    """
    shape = night.shop_models["landscape"]
    s, f, c = (math.exp(value) for value in shape["log_shape"])
    x, x_now = (math.log(b) - word["location"] for b in (bid, word["bid_now"]))
    root = math.sqrt(c)
    above = s * math.sqrt(2 * math.pi) / root * math.exp(f**2 / (2 * c)) * NORMAL.cdf(-(x * root + f / root))
    reach = math.exp(-word["steeper"] * above)
    impressions = word["demand"] * reach
    ctr = word["ctr"] * math.exp(shape["ctr_slope"] * 2 * (x - x_now))
    clicks = impressions * ctr
    e, fade = shape["market_elasticity"], shape["market_fade"]
    asked = math.exp(word["location"] + word["paid"] + e / fade * (1 - math.exp(-fade * x)))
    cpc = min(asked, bid * word["premium"])
    spend = clicks * cpc
    orders = clicks * word["cvr"] * (1 - word["refund_rate"])
    gmv = orders * word["order_value"]
    profit = word["margin"] * word["incrementality"] * gmv - spend
    options = night.options(word)
    there = options.iloc[(options["bid"] - bid).abs().argmin()]
    by_name = {"impressions": impressions, "clicks": clicks, "spend": spend, "gmv": gmv, "profit": profit}
    for name, value in by_name.items():
        if not math.isclose(value, there[name], rel_tol=1e-9):
            raise ValueError(f"{word['keyword']}: {name} by hand {value}, in curves.parquet {there[name]}")
    return {
        "bid *b*, yuan": f"{bid:.2f}",
        f"standing *x* = ln *b* - ({word['location']:.4f})": f"{x:.4f}",
        f"rivals above *N*(*x*), with *s* = {s:.4f}, *f* = {f:.4f}, *c* = {c:.4f}": f"{above:.4f}",
        f"reach = exp(-{word['steeper']:.4f} *N*)": f"{reach:.4f}",
        f"impressions = {word['demand']:.2f} x reach": f"{impressions:.2f}",
        f"CTR = {word['ctr']:.5f} x exp({shape['ctr_slope']:.4f} x 2 x (*x* - *x* now))": f"{ctr:.5f}",
        "clicks": f"{clicks:.3f}",
        f"CPC, with paid = {word['paid']:.4f}, *e* = {e:.4f}, *g* = {fade:.4f}": f"{cpc:.4f}",
        "spend, yuan": f"{spend:.3f}",
        f"orders = clicks x {word['cvr']:.5f} x (1 - {word['refund_rate']:.2f})": f"{orders:.4f}",
        f"GMV = orders x {word['order_value']:.2f}": f"{gmv:.3f}",
        f"profit = {word['margin']:.2f} x {word['incrementality']:.2f} x GMV - spend": f"{profit:.3f}",
        "in `curves.parquet`: spend, GMV, profit": f"{there['spend']:.3f}, {there['gmv']:.3f}, {there['profit']:.3f}",
    }


def example_choice(night: Night) -> list[str]:
    """Why one word gets the bid it gets: its options at the price of the cap."""
    word, price = night.weightiest("cut_for_cap"), night.plan["optimality"]["shadow_price"]
    options = night.options(word)
    net = options["value"] - price * options["spend"]
    best = int(net.to_numpy().argmax())
    chosen = int((options["bid"] - word["bid_new"]).abs().to_numpy().argmin())
    every = max(len(options) // OPTIONS_SHOWN, 1)
    shown = sorted({*range(0, len(options), every), best, chosen, len(options) - 1})
    lines = [
        f"*{word['keyword']}*, {word['bid_now']:.2f} yuan today; one yuan of cap is worth {price:.4f} yuan "
        f"(`optimality.shadow_price` of `plan.json`). Without the cap the bid of most profit would be "
        f"{options['bid'].iloc[int(options['value'].to_numpy().argmax())]:.2f}; at that price it is "
        f"{options['bid'].iloc[best]:.2f}, and the plan says {word['bid_new']:.2f}:",
        "",
        f"| bid | spend | value | value - {price:.4f} x spend | |",
        "|---:|---:|---:|---:|---|",
    ]
    for k in shown:
        one, mark = options.iloc[k], "the most: chosen" if k == chosen else ""
        lines.append(f"| {one['bid']:.2f} | {one['spend']:.3f} | {one['value']:.4f} | {net.iloc[k]:.4f} | {mark} |")
    return lines


def example_certificate(night: Night) -> list[str]:
    """The bound on what any plan could bring."""
    told, planned = night.plan["optimality"], night.plan["caps"]["planned"]
    price = told["shadow_price"]
    net = night.curves["value"] - price * night.curves["spend"]
    best = float(net.groupby([night.curves[name] for name in UNIT]).max().sum())
    bound = best + price * planned
    chosen = night.words.merge(night.curves, left_on=[*UNIT, "bid_new"], right_on=[*UNIT, "bid"])
    value, spend = float(chosen["value"].sum()), float(chosen["spend"].sum())
    return [
        "| | yuan a day |",
        "|---|---:|",
        f"| best *value* - {price:.6f} x *spend* of each of {night.curves[UNIT].drop_duplicates().shape[0]} words, "
        f"summed | {best:.4f} |",
        f"| + {price:.6f} x {planned:.4f} planned | {price * planned:.4f} |",
        f"| = no plan under that cap brings more | {bound:.4f} |",
        f"| the plan's bids bring | {value:.4f} |",
        f"| and spend | {spend:.4f} |",
        f"| gap = (bound - value) / bound | {(bound - value) / bound:.2e} |",
        f"| `plan.json`: bound, value | {told['bound']:.4f}, {told['value']:.4f} |",
    ]


def example_budget(night: Night) -> list[str]:
    """What a plan's budget cuts off: the spread of its day from its risk, and the share served from that."""
    uncut, expected = night.plan["uncut"], night.plan["by_campaign"]
    budgets, risks = night.plan["caps"]["by_campaign"], night.plan["cut_risk"]
    campaign = max(budgets, key=lambda one: budgets[one])
    mean, budget, risk = uncut[campaign]["spend"], budgets[campaign], risks[campaign]
    z = NORMAL.inv_cdf(risk)
    room = math.log(0.97 * budget / mean)
    # risk = Phi(-(room + sigma^2 / 2) / sigma) is a quadratic in sigma: its smallest positive root.
    sigma = min(root for sign in (-1, 1) if (root := -z + sign * math.sqrt(z**2 - 2 * room)) > 0)
    d = math.log(budget / mean) / sigma + sigma / 2
    share = NORMAL.cdf(d - sigma) + budget / mean * NORMAL.cdf(-d)
    return [
        f"Campaign {campaign}: words that would spend *m* = {mean:.2f} yuan, a budget of *B* = {budget:.0f}, a risk "
        f"of {risk:.4f} that the day is cut (`uncut`, `caps` and `cut_risk` of `plan.json`). The risk gives "
        f"sigma = {sigma:.4f}, hence *d* = {d:.4f} and a share served of {share:.4f}: expected spend "
        f"{mean:.2f} x {share:.4f} = {mean * share:.2f} yuan. `by_campaign` says {expected[campaign]['spend']:.2f}.",
    ]


def example_orders(night: Night) -> list[str]:
    """What the orders of the newest day will become."""
    known = night.shop_models["orders_known_by_age"]
    days = pd.concat(pd.read_parquet(file) for file in (night.shop / "data" / "history").rglob("*.parquet"))
    newest = days[days["date"] == days["date"].max()]
    age = (newest["downloaded_at"].dt.normalize() - newest["date"]).dt.days.max()
    orders = newest.groupby("item_id")["orders"].sum()
    lines = [
        f"The report of {newest['date'].iloc[0]:%Y-%m-%d}, downloaded {age} day later, by item "
        "(`orders_known_by_age` of `shop.json`):",
        "",
        "| item | orders in the report | share known at that age | orders that will stand |",
        "|---|---:|---:|---:|",
    ]
    total = 0.0
    for item, count in orders.items():
        share = known.get(str(item), known["shop"])[int(age)]
        total += count / share
        lines.append(f"| {item} | {count:.0f} | {share:.4f} | {count / share:.2f} |")
    return [*lines, f"| all | {orders.sum():.0f} | | {total:.2f} |"]


def example_weekday(night: Night) -> list[str]:
    """The factor of the day to plan for on demand."""
    effects = night.shop_models["demand_calendar"]
    day = pd.Timestamp(night.plan["date"]).day_of_week
    six = [effects[f"weekday_{k}"] for k in range(1, 7)]
    effect = -sum(six) if day == 6 else six[day]
    listed = ", ".join(f"{name} {value:+.4f}" for name, value in zip(WEEKDAYS, six, strict=False))
    return [
        f"`demand_calendar` has {listed}; Sunday is minus their sum, {-sum(six):+.4f}. {night.plan['date']} is a "
        f"{WEEKDAYS[day]}: exp({effect:.4f}) = {math.exp(effect):.4f} times an average day's searches.",
    ]


EXAMPLES = {
    "word": example_word,
    "choice": example_choice,
    "certificate": example_certificate,
    "budget": example_budget,
    "orders": example_orders,
    "weekday": example_weekday,
}


def page(text: str, night: Night) -> str:
    """`text` with every example worked anew."""
    return BLOCK.sub(lambda found: found[1] + _wrapped(EXAMPLES[found[2]](night)) + found[3], text)


def _wrapped(lines: list[str]) -> str:
    """`lines` no longer than the page is wide, but for those of tables."""
    return "".join(f"{line if line.startswith('|') else textwrap.fill(line, WIDTH)}\n" for line in lines)


def main() -> None:
    with TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "bidopt", "demo"], cwd=folder, check=True, capture_output=True)
        PAGE.write_text(page(PAGE.read_text("utf-8"), Night(Path(folder, "bidopt-demo"))), "utf-8", newline="\n")


if __name__ == "__main__":
    main()
