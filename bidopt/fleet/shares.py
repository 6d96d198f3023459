"""An agency's budget over its shops: who may spend what tonight."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bidopt import optimize
from bidopt.errors import BidoptError, SettingsError, UsageError
from bidopt.fleet.job import Facts
from bidopt.workspace import Workspace

ALIKE = ("profit", "gmv", "orders", "clicks")
"""What can be added up over shops; a ratio cannot."""


@dataclass(frozen=True)
class Shares:
    """`of`: yuan a day by workspace; `held`: yuan a day that shops without a plan may go on spending, by workspace.

    `price`: what an extra yuan of the total adds; `bound`: no split of it brings more of `objective`. None where bids
    have to fall further than a night's steps: shares then lie as far above each shop's smallest budgets as the total
    allows, in proportion.
    """

    total: float
    of: dict[str, float]
    held: dict[str, float]
    objective: str
    price: float | None
    bound: float | None

    def facts(self, shops: Sequence[Facts]) -> dict[str, Any]:
        """`value` is what the shops' allocations reach within their shares; it and `gap` None where one has no plan."""
        reached = [shop["value"] for shop in shops if "value" in shop]
        value = sum(reached) if len(reached) == len(self.of) else None
        known = value is not None and self.bound is not None
        bound = max(self.bound or 0.0, value or 0.0) if known else self.bound
        gap = (bound - value) / abs(bound) if known and bound and value is not None else None
        return {
            "total": self.total,
            "shared": round(sum(self.of.values()), 2),
            "held": self.held,
            "objective": self.objective,
            "value": value,
            "bound": bound,
            "gap": gap,
            "shadow_price": self.price,
        }


def share_out(total: float, seen: Sequence[Facts], today: dt.date) -> Shares:
    """Split `total` yuan a day by what the shops foresee.

    A shop that could not be looked at goes on under its last plan: that plan's cap is kept back for it.

    Raises
    ------
    UsageError
        When no shop could be looked at, or they maximise different things.
    SettingsError
        When the total is below what is kept back and the shops' smallest budgets; names the smallest relaxation.
    """
    shops = sorted((facts for facts in seen if "frontier" in facts), key=lambda facts: str(facts["workspace"]))
    without = [facts for facts in seen if "frontier" not in facts]
    held = {str(facts["workspace"]): _last_cap(Path(facts["workspace"]), today) for facts in without}
    if not shops:
        told = "; ".join(f"{facts['workspace']}: {facts['message']}" for facts in without)
        raise UsageError(f"没有可分预算的店铺 / there is no shop to share among: {told}")
    goals = sorted({facts["objective"] for facts in shops})
    if len(goals) > 1 or goals[0] not in ALIKE:
        raise UsageError(
            f"各店目标不可相加 / what the shops maximise cannot be added up: {', '.join(goals)}.",
            f"--total-cap 要求同一目标 / needs one and the same of: {', '.join(ALIKE)}",
        )
    room = total - sum(held.values())
    floor, least = (np.array([facts[name] for facts in shops]) for name in ("floor", "least"))
    names = [str(facts["workspace"]) for facts in shops]
    if room < floor.sum():
        raise SettingsError(
            f"--total-cap {total:.2f} 低于各店最低预算 {floor.sum():.2f} 与未出方案店铺的预算 {sum(held.values()):.2f} "
            f"之和 / is below the shops' smallest budgets, {floor.sum():.2f}, and what shops without a plan may go on "
            f"spending, {sum(held.values()):.2f}.",
            f"至少提高 / raise it by at least {floor.sum() - room:.2f}.",
        )
    if room < least.sum():
        part = (room - floor.sum()) / max(float((least - floor).sum()), 1e-9)
        shares = np.floor((floor + part * (least - floor)) * 100 + 1e-6) / 100
        return Shares(total, dict(zip(names, shares.tolist(), strict=True)), held, goals[0], None, None)
    found = optimize.split([facts["frontier"] for facts in shops], room)
    of = dict(zip(names, found.shares.tolist(), strict=True))
    return Shares(total, of, held, goals[0], found.price, found.bound)


def _last_cap(folder: Path, today: dt.date) -> float:
    """Yuan a day of the newest plan, else of the settings; 0 where there is neither."""
    workspace = Workspace(folder)
    try:
        head = json.loads((workspace.run_dir(workspace.latest_run() or "-") / "plan.json").read_text("utf-8"))
        return float(head["caps"]["daily"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    try:
        return workspace.settings().daily_cap(today)
    except BidoptError:
        return 0.0
