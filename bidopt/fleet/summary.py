"""What `fleet.json` tells, what needs a person first."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bidopt import __version__
from bidopt.fleet.job import Facts

if TYPE_CHECKING:
    from bidopt.fleet.shares import Shares

SCHEMA_VERSION = 1
WITHOUT_PLAN = ("died", "failed", "no_plan", "busy")
SUMMED = ("spend", "gmv", "orders", "profit")


def summary(shops: Sequence[Facts], day: dt.date | None, today: dt.date, shares: "Shares | None" = None) -> Facts:
    """The facts of all shops, sorted, and their sums over the plans that were made."""
    made = [shop for shop in shops if shop["status"] not in WITHOUT_PLAN]
    return {
        "schema_version": SCHEMA_VERSION,
        "bidopt": __version__,
        "day": day.isoformat() if day else None,
        "today": today.isoformat(),
        "counts": dict(sorted(Counter(shop["status"] for shop in shops).items())),
        "without_plan": len(shops) - len(made),
        "totals": {
            side: {name: round(sum(shop[side][name] for shop in made), 2) for name in SUMMED}
            for side in ("current", "expected")
        },
        "total_cap": shares.facts(shops) if shares else None,
        "shops": sorted(({k: v for k, v in shop.items() if k != "frontier"} for shop in shops), key=_need),
    }


def _need(shop: Facts) -> tuple[int, int, int, float, str]:
    """Shops without a plan, then plans to look at, then critical alerts and refused files, then by money at stake."""
    status = shop["status"]
    critical, refused = shop.get("alerts", {}).get("critical", 0), len(shop.get("refused", ()))
    if status in WITHOUT_PLAN:
        rank = WITHOUT_PLAN.index(status)
    else:
        rank = len(WITHOUT_PLAN) + (0 if status == "review" else 1 if critical or refused else 2)
    spend = float(shop["expected"]["spend"]) if "expected" in shop else 0.0
    return rank, -critical, -refused, -spend, str(shop["workspace"])
