"""What if: what other budgets, other bids or another market would bring tomorrow. Nothing is fitted anew."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from bidopt import cores, curves, fit
from bidopt.errors import SettingsError, UsageError
from bidopt.fit import FittedModels
from bidopt.recommend import ROOM, Decision, Once, Options, current, decide, outlook
from bidopt.settings import Settings
from bidopt.workspace import Workspace, dump_json, publish_bytes

Array = npt.NDArray[np.float64]
Answer = TypeVar("Answer")

KEPT = "whatif"
"""The folder of kept answers."""
USUAL_SWEEP = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.35, 1.5, 1.75, 2.0)
"""Budgets to compare where none are named, as shares of the settings' own."""
PRECISION = 0.002
"""Budgets that reach a target are found to this share of themselves."""
MOST_HALVINGS = 16
WEIGHTIEST = 10
"""So many changes of a budget are told one by one."""
SMALLEST_SPEND = 0.05
"""Of the budget, when the best ROI there is is looked for."""
AMPLE = 1.5
"""A budget of so many times the expected spend cuts nothing off."""
NEARLY_ALL = 0.99
"""The recommended budget brings this share of the most that any compared one does: the rest is dearly bought."""


@dataclass(frozen=True)
class Change:
    """How the scenario differs from tomorrow as it is foreseen; changes are fractions, 0.1 = +10 %.

    `cpc`: what rivals bid; `cvr`, `demand`: conversion and searches; `max_bid`: yuan; `exclude`: campaign ids;
    `nights`: how many nights of steps bids may move.
    """

    cpc: float = 0.0
    cvr: float = 0.0
    demand: float = 0.0
    max_bid: float | None = None
    exclude: tuple[str, ...] = ()
    nights: int = 1


class Scenario:
    """One night's options under a change, asked for any budget."""

    def __init__(
        self, models: FittedModels, settings: Settings, nights: int = 1, options: Options | None = None
    ) -> None:
        self.models, self.settings, self.nights = models, settings, nights
        self.options = options or Options(models, settings, nights)
        self._answers: Once[float, dict[str, Any]] = Once()
        self._current: Once[float, dict[str, float]] = Once()

    @classmethod
    def of(cls, models: FittedModels, settings: Settings, change: Change) -> "Scenario":
        """Tomorrow, changed."""
        return cls(*_changed(models, settings, change), change.nights)

    def at(self, budget: float) -> dict[str, Any]:
        """What `budget` yuan a day would bring: budget, expected (as in plan.json), marginal_roi, gap, and more."""
        budget = round(budget, 2)
        return self._answers.get(budget, lambda: self._answer(budget))

    def each(self, budgets: Iterable[float]) -> Iterator[dict[str, Any]]:
        """The same for many budgets, in their order; of large shops several at a time, on as many processors."""
        yield from self._side_by_side(self.at, budgets)

    def possible(self, budgets: Iterable[float]) -> list[dict[str, Any]]:
        """The same for those budgets that the plans' smallest budgets fit in."""

        def at(budget: float) -> dict[str, Any] | None:
            with suppress(SettingsError):
                return self.at(budget)
            return None

        return [answer for answer in self._side_by_side(at, budgets) if answer]

    def _side_by_side(self, at: Callable[[float], Answer], budgets: Iterable[float]) -> Iterator[Answer]:
        with cores.pool(len(self.options.rows), cores.MANY_WORDS) as pool:
            yield from pool.map(at, budgets)

    def towards(self, goal: str, **objective: float) -> "Scenario":
        """The same, maximising `goal`."""
        update = {"maximise": goal, "min_roi": 0.0, **objective}
        changed = self.settings.objective.model_copy(update=update)
        return Scenario(self.models, self.settings.model_copy(update={"objective": changed}), self.nights)

    def enough(self) -> float:
        """Yuan a day that no bid can pass, with room for days that spend more than expected."""
        laid = self.options.reaching(np.inf)
        return float(2 * np.where(laid.problem.allowed, laid.problem.spend, 0.0).max(1).sum() + self.least())

    def least(self) -> float:
        """Yuan a day below which bids would have to fall by more than their steps, or plans lack their smallest."""
        smallest = self.settings.budget.min_campaign * self.options.ours.sum()
        return float(np.ceil(max(smallest, self.options.reaching(np.inf).least / ROOM)))

    def _answer(self, budget: float) -> dict[str, Any]:
        decision = decide(self.models, self.settings, cap=budget, options=self.options)
        now = self._current.get(decision.nights_down, lambda: current(self.models, decision))
        facts = outlook(self.models, decision, now)
        words, grid, found = np.arange(len(decision.choice)), decision.grid, decision.allocation
        bid_now, bid_new = (grid.bid[words, choice] for choice in (grid.start, decision.choice))
        move = bid_new - bid_now
        return {
            "budget": budget,
            "planned": facts["caps"]["planned"],
            "expected": facts["expected"],
            "current": now,
            "marginal_roi": round(decision.marginal_roi, 4),
            "shadow_price": round(found.shadow_price, 6),
            "gap": found.gap,
            "value": found.value,
            "feasible": found.feasible,
            "binding": list(found.binding),
            "by_campaign": facts["by_campaign"],
            "budgets": facts["caps"]["by_campaign"],
            "changes": {"raised": int((move > 0.005).sum()), "cut": int((move < -0.005).sum())},
            "weightiest": self._weightiest(decision, bid_now, bid_new),
        }

    def _weightiest(self, decision: Decision, bid_now: Array, bid_new: Array) -> list[dict[str, Any]]:
        """The changes that move the most money."""
        new, now = decision.uncut, decision.now
        money = np.abs(new.profit - now.profit) + np.abs(new.spend - now.spend)
        moved = np.where(np.abs(bid_new - bid_now) > 0.005, money, 0.0)
        top = np.argsort(-moved, kind="stable")[: min(WEIGHTIEST, int((moved > 0).sum()))]
        ids = self.models.words[["campaign_id", "ad_group_id", "keyword_id", "keyword"]].iloc[top].to_dict("records")
        return [
            {str(k): str(v) for k, v in word.items()}
            | {"bid_now": round(float(bid_now[i]), 2), "bid_new": round(float(bid_new[i]), 2)}
            | {"more_spend": round(float(new.spend[i] - now.spend[i]), 4)}
            | {"more_profit": round(float(new.profit[i] - now.profit[i]), 4)}
            for word, i in zip(ids, top.tolist(), strict=True)
        ]


def _changed(models: FittedModels, settings: Settings, change: Change) -> tuple[FittedModels, Settings]:
    """Models and settings as the change has them. Rivals who bid more stand above at the same bid, and are dearer."""
    known = set(models.campaigns["campaign_id"])
    unknown = [campaign for campaign in change.exclude if campaign not in known]
    if unknown:
        raise UsageError(
            f"没有这个计划 / no such campaign: {', '.join(unknown)}.",
            f"计划ID / campaign ids: {', '.join(sorted(known))}",
        )
    left = curves.under_cap(models, settings) & ~_among(models, change.exclude)
    if change.exclude and not left.any():
        raise UsageError("没有留下任何计划 / no campaign is left under the cap.", "少排除几个 / exclude fewer.")
    words = models.words.assign(
        demand=models.words["demand"] * (1 + change.demand),
        cvr=np.minimum(models.words["cvr"] * (1 + change.cvr), 1.0),
        location=models.words["location"] + np.log1p(change.cpc),
    )
    at = replace(models.landscape.standing, location=words["location"].to_numpy(float))
    plans = models.campaigns.assign(in_force=models.campaigns["in_force"] & ~_among(models, change.exclude))
    models = replace(models, words=words, campaigns=plans, landscape=replace(models.landscape, standing=at))
    return models, settings if change.max_bid is None else _held_to(settings, change.max_bid)


def _among(models: FittedModels, campaigns: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    """(c,) the campaigns of these ids."""
    return models.campaigns["campaign_id"].isin(campaigns).to_numpy(bool)


def _held_to(settings: Settings, most: float) -> Settings:
    """No bid above `most`, whatever a word, ad group or campaign has of its own."""

    def lower(section: Any) -> Any:
        own = {"max_bid": min(section.max_bid, most)} if section.max_bid is not None else {}
        return section.model_copy(update=own | ({"min_bid": None} if (section.min_bid or 0.0) > most else {}))

    if most < settings.bids.min:
        raise UsageError(f"--max-bid {most:.2f} 低于 / is below bids.min = {settings.bids.min:.2f}.")
    sections = {
        name: tuple(lower(one) for one in getattr(settings, name)) for name in ("campaign", "ad_group", "words")
    }
    bids = settings.bids.model_copy(update={"max": min(settings.bids.max, most)})
    return settings.model_copy(update={"bids": bids, **sections})


def newest(workspace: Workspace) -> tuple[str, FittedModels]:
    """(run_id, models) of the newest night.

    Raises
    ------
    UsageError
        When no night has run yet.
    DataError
        When its models cannot be read.
    """
    pointer = workspace.runs / "latest"
    if not pointer.is_file():
        raise UsageError("还没有方案 / there is no plan yet.", "先运行 / run first: bidopt nightly")
    run_id = pointer.read_text("utf-8").strip()
    return run_id, fit.load(workspace.models / run_id)


def keep(workspace: Workspace, name: str, told: dict[str, Any]) -> None:
    """Write an answer under a name, over an older one of that name."""
    folder = workspace.root / KEPT
    folder.mkdir(exist_ok=True)
    publish_bytes(folder / f"{name}.json", dump_json(told | {"name": name}).encode())


def kept(workspace: Workspace, name: str) -> dict[str, Any]:
    """The answer kept under a name.

    Raises
    ------
    UsageError
        Where there is none; names those there are.
    """
    folder = workspace.root / KEPT
    try:
        told: dict[str, Any] = json.loads((folder / f"{name}.json").read_text("utf-8"))
    except (OSError, ValueError):
        names = ", ".join(sorted(path.stem for path in folder.glob("*.json"))) or "-"
        raise UsageError(f"没有存过 / nothing is kept as {name!r}.", f"已有 / there are: {names}") from None
    return told


def told(
    scenario: Scenario, run_id: str, change: Change, answers: list[dict[str, Any]], targets: list[dict[str, Any]]
) -> dict[str, Any]:
    """The whole answer, as `whatif --json` prints it."""
    some = answers or [target["answer"] for target in targets]
    return {
        "run_id": run_id,
        "date": scenario.models.day.isoformat(),
        "objective": scenario.settings.objective.maximise,
        "change": asdict(change),
        "scenarios": answers,
        "campaigns": dict(zip(*(scenario.models.campaigns[f"campaign_{k}"] for k in ("id", "name")), strict=True)),
        "current": some[0]["current"],
        "points": points(scenario, answers),
    } | ({"targets": targets} if targets else {})


def usual_budgets(cap: float) -> list[float]:
    """Around the settings' own."""
    return [round(cap * share, 2) for share in USUAL_SWEEP]


def points(scenario: Scenario, frontier: list[dict[str, Any]]) -> dict[str, float | None]:
    """Budgets that matter, yuan a day: `plan`, the settings' own; `knee`, where the frontier bends most; `break_even`,
    beyond which another yuan brings less than it costs; `recommended`, the smallest compared one that brings nearly
    all that any does. None where the frontier does not tell.
    """
    goal = scenario.settings.objective.maximise
    name = "gmv" if goal == "roi" else goal
    budgets = np.array([one["budget"] for one in frontier])
    brought = np.array([one["expected"][name] for one in frontier])
    most = brought.max(initial=-np.inf)
    told = most > 0 and len(frontier) > 2
    return {
        "plan": scenario.settings.daily_cap(scenario.models.day),
        "knee": _knee(budgets, brought) if told else None,
        "break_even": _break_even(scenario),
        "recommended": float(budgets[brought >= NEARLY_ALL * most].min()) if told else None,
    }


def _knee(budgets: Array, brought: Array) -> float | None:
    """Where the frontier is furthest above the line from its first to its last point.

    Satopaa, Albrecht, Irwin & Raghavan (2011), Finding a "kneedle" in a haystack, ICDCS workshops.
    """
    rise, run = np.ptp(brought), np.ptp(budgets)
    if rise <= 0 or run <= 0:
        return None
    above = (brought - brought[0]) / rise - (budgets - budgets[0]) / run
    return float(budgets[above.argmax()]) if above.max() > 0.05 else None


def _break_even(scenario: Scenario) -> float:
    """Yuan a day that the bids of most profit spend, no cap binding."""
    grid, rows = scenario.options.reaching(np.inf).grid, scenario.options.rows
    best = np.where(grid.allowed, grid.response.profit, -np.inf).argmax(1)
    return round(float(grid.response.spend[rows, best[rows]].sum()), 2)


def reach(scenario: Scenario, name: str, goal: float) -> dict[str, Any]:
    """What budget it takes: figure, goal, `reached`, and `answer`, as of a budget; where it can't be had, of the most.

    `gmv`: the smallest budget that is expected to bring so many yuan a day. `roi`: the budget that brings most GMV at
    an expected GMV / spend of so much.
    """
    answer, reached = _for_gmv(scenario, goal) if name == "gmv" else _for_roi(scenario, goal)
    return {"figure": name, "goal": goal, "reached": reached, "answer": answer}


def _for_gmv(scenario: Scenario, goal: float) -> tuple[dict[str, Any], bool]:
    gmv = scenario.towards("gmv")
    most = gmv.at(gmv.enough())
    if most["expected"]["gmv"] < goal:
        return most, False
    least = gmv.at(gmv.least())
    return (least if least["expected"]["gmv"] >= goal else _between(gmv, least, most, "gmv", goal)), True


def _for_roi(scenario: Scenario, goal: float) -> tuple[dict[str, Any], bool]:
    gmv = scenario.towards("gmv")
    least, most = gmv.at(gmv.least()), gmv.at(gmv.enough())
    if least["expected"]["roi"] < goal:
        best = _best_roi(scenario.towards("roi", min_spend=SMALLEST_SPEND))
        return best, best["expected"]["roi"] >= goal
    return (most if most["expected"]["roi"] >= goal else _between(gmv, most, least, "roi", goal)), True


def _best_roi(ratio: Scenario) -> dict[str, Any]:
    """The best ROI there is, under a budget that cuts nothing off and is not far above what it spends."""
    spend = ratio.at(ratio.enough())["expected"]["spend"]
    return ratio.at(max(ratio.least(), np.ceil(AMPLE * spend)))


def _between(scenario: Scenario, short: dict[str, Any], met: dict[str, Any], name: str, goal: float) -> dict[str, Any]:
    """The answer nearest to `short` at which figure `name` still reaches `goal`, by halving."""
    for _ in range(MOST_HALVINGS):
        if abs(met["budget"] - short["budget"]) <= PRECISION * met["budget"]:
            break
        middle = scenario.at((short["budget"] + met["budget"]) / 2)
        short, met = (short, middle) if middle["expected"][name] >= goal else (middle, met)
    return met
