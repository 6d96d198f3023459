"""How far tonight's bid of each word may go: bounds and steps, the most specific first."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bidopt.fit import FittedModels, of_class
from bidopt.settings import Settings

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.str_]

FEN = 0.01


@dataclass(frozen=True)
class Bounds:
    """(n,) each: `floor` and `ceiling` of the bid in yuan, `ceiling_by` the code of what sets the ceiling, `step` the
    night's largest relative move; `crossed`, yuan by which the lowest bid asked for is above the ceiling, which wins.
    """

    floor: Array
    ceiling: Array
    ceiling_by: Codes
    step: Array
    crossed: Array


def bounds(models: FittedModels, settings: Settings) -> Bounds:
    """Bounds of all words: their class's, else their ad group's, campaign's, the shop's.

    What the plan table sets is the platform's and always holds, as does that no bid is above its plan's budget.
    """
    plan = {
        name: models.campaigns[name].to_numpy(float)[models.campaign] for name in ("min_bid", "max_bid", "budget_now")
    }
    bids = settings.bids
    own = {name: _most_specific(models, settings, name) for name in ("min_bid", "max_bid", "max_change")}
    floor = np.fmax(np.where(np.isnan(own["min_bid"]), bids.min, own["min_bid"]), plan["min_bid"])
    ceiling = np.fmin(np.where(np.isnan(own["max_bid"]), bids.max, own["max_bid"]), plan["max_bid"])
    step = np.where(np.isnan(own["max_change"]), bids.max_change, own["max_change"])
    budget = plan["budget_now"]
    by = np.where(budget < ceiling, "campaign_cap", "max_bid")
    ceiling = np.floor(np.fmin(ceiling, budget) / FEN + 1e-6) * FEN
    floor = np.ceil(floor / FEN - 1e-6) * FEN
    return Bounds(np.minimum(floor, ceiling), ceiling, by, step, np.maximum(floor - ceiling, 0.0))


def _most_specific(models: FittedModels, settings: Settings, name: str) -> Array:
    """(n,) the limit of the word's class, else ad group, else campaign; NaN where none is set. Of classes, the last."""
    words = models.words
    out = np.full(len(words), np.nan)
    for column, sections in (("campaign_id", settings.campaign), ("ad_group_id", settings.ad_group)):
        told = {one.id: value for one in sections if (value := getattr(one, name)) is not None}
        if not told:
            continue
        given = words[column].map(told).to_numpy(float)
        out = np.where(np.isnan(given), out, given)
    for kind in settings.words:
        if (value := getattr(kind, name)) is not None:
            out[of_class(words, kind)] = value
    return out
