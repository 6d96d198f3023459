"""What changes earned, measured against words that kept their bid.

Every night one word of each layer of like spend is drawn by lot and keeps its bid: a randomised experiment in strata,
whose difference in means is right whatever the models got wrong (Neyman, 1923; Imbens & Rubin, 2015, Causal Inference
for Statistics, ch. 9). What the plan foresaw at today's bids takes out what is no effect of the change.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bidopt.metrics import ratio

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

WITHIN = 1.2816
"""Standard errors on each side of the middle that hold 80 %."""
FEWEST_HELD = 10
"""The mean of fewer words is a matter of one or two, and no interval to be trusted."""


@dataclass(frozen=True)
class Draw:
    """One night of n words. `layer` (n,): the layer each was drawn from, -1 = none; `held` (n,): it was drawn.

    Clicks, spend and GMV by name, (n,) each: `today`, `plan`, what the plan foresaw at today's bids and at its own;
    `came`. `margin` (n,): profit a yuan of GMV.
    """

    layer: Index
    held: Mask
    today: dict[str, Array]
    plan: dict[str, Array]
    came: dict[str, Array]
    margin: Array


@dataclass(frozen=True)
class Effect:
    """What the changes brought in all, with its 80 % interval, and what the plans had foreseen of the same words."""

    measured: float
    low: float
    high: float
    foreseen: float


@dataclass(frozen=True)
class Gain:
    """Of `nights`, in which `held` words in all kept their bid beside `moved` that were free to move."""

    nights: int
    held: int
    moved: int
    effects: dict[str, Effect]

    @property
    def measured(self) -> bool:
        """Enough words were held for an interval to be trusted."""
        return self.held >= FEWEST_HELD

    @property
    def enough(self) -> bool:
        """The interval of the profit leaves out 0."""
        return self.measured and not self.effects["profit"].low <= 0 <= self.effects["profit"].high

    def facts(self) -> dict[str, Any]:
        """As JSON has it."""
        counts = {"nights": self.nights, "held": self.held, "moved": self.moved}
        told = {"measured": self.measured, "enough": self.enough}
        return counts | told | {name: asdict(effect) for name, effect in self.effects.items()}


def gain(draws: Sequence[Draw]) -> Gain:
    """Pooled over nights, whose draws know nothing of each other."""
    came = sum(float(draw.came["gmv"].sum()) for draw in draws)
    foreseen = sum(float((_worth(draw) * draw.came["clicks"]).sum()) for draw in draws)
    nights = [_night(draw, came / foreseen if foreseen > 0 else 1.0) for draw in draws]
    effects = {}
    for name in nights[0] if nights else ():
        measured, variance, said = (float(x) for x in np.sum([night[name] for night in nights], axis=0))
        reach = WITHIN * variance**0.5
        effects[name] = Effect(measured, measured - reach, measured + reach, said)
    held, moved = (
        sum(int(((draw.layer >= 0) & (draw.held == side)).sum()) for draw in draws) for side in (True, False)
    )
    return Gain(len(draws), held, moved, effects)


def _worth(draw: Draw) -> Array:
    """(n,) yuan of GMV that a click was foreseen to bring."""
    return np.nan_to_num(ratio(draw.today["gmv"], draw.today["clicks"]))


def _night(draw: Draw, mended: float) -> dict[str, tuple[float, float, float]]:
    """By figure: the effect on the words that were free to move, its variance, and what was foreseen of it.

    Single orders scatter too much to be compared between few words. A word's clicks are taken at their worth instead,
    which does not hang on the bid: that foreseen, `mended` times as much, and put right on the moved words by what the
    clicks that the move brought came with beyond it. (The models that choose the moves overrate the words they raise.)
    """
    worth = mended * _worth(draw)
    clicks = _Against.of(draw, "clicks")
    spend, gmv = _Against.of(draw, "spend"), clicks.times(worth)
    brought = np.clip(1 - np.nan_to_num(ratio(draw.today["clicks"], draw.plan["clicks"]), nan=1.0), -1.0, 1.0)
    free = (draw.layer >= 0) & ~draw.held
    mend = np.where(free, brought * (draw.came["gmv"] - worth * draw.came["clicks"]), 0.0)
    profit = gmv.times(draw.margin).less(spend)
    nothing = np.zeros(len(mend))
    return {
        "clicks": _compared(draw, clicks, nothing),
        "spend": _compared(draw, spend, nothing),
        "gmv": _compared(draw, gmv, mend),
        "profit": _compared(draw, profit, draw.margin * mend),
    }


@dataclass(frozen=True)
class _Against:
    """(n,) by how much what came is off what was foreseen at `today`'s bids and at the `plan`'s, each scaled to the
    day; `foreseen` (n,), what the plan adds.
    """

    today: Array
    plan: Array
    foreseen: Array

    @classmethod
    def of(cls, draw: Draw, name: str) -> "_Against":
        came, today, plan = (figures[name] for figures in (draw.came, draw.today, draw.plan))
        # The day itself may have been a good or a bad one: the share of what was foreseen that came.
        level = float(came.sum() / plan.sum()) if plan.sum() > 0 else 1.0
        return cls(came - level * today, came - level * plan, plan - today)

    def times(self, worth: Array) -> "_Against":
        return _Against(self.today * worth, self.plan * worth, self.foreseen * worth)

    def less(self, cost: "_Against") -> "_Against":
        return _Against(self.today - cost.today, self.plan - cost.plan, self.foreseen - cost.foreseen)


def _compared(draw: Draw, against: _Against, more: Array) -> tuple[float, float, float]:
    """(effect, its variance, what was foreseen of it), by layer; `more` (n,) belongs to the effect too."""
    within = draw.layer >= 0
    layer, held = draw.layer[within], draw.held[within]
    off, miss = against.today[within], against.plan[within]
    size = int(layer.max(initial=-1)) + 1
    n_held, n_moved = np.bincount(layer, held, size), np.bincount(layer, ~held, size)
    difference = np.bincount(layer, off * ~held, size) / n_moved - np.bincount(layer, off * held, size) / n_held
    # One word a layer is held: how far it may be from its layer's mean, all words of the layer tell.
    n = n_held + n_moved
    spread = (np.bincount(layer, miss**2, size) - np.bincount(layer, miss, size) ** 2 / n) / (n - 1)
    variance = spread * (1 / n_held + 1 / n_moved)
    effect = (n_moved * difference).sum() + more.sum()
    foreseen = against.foreseen[within][~held].sum()
    return float(effect), float((n_moved**2 * variance).sum() + (more**2).sum()), float(foreseen)
