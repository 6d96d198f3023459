"""Why each word's bid is what it is, and what limits it: codes of prose.REASON and prose.LIMIT."""

import numpy as np
import numpy.typing as npt

from bidopt.fit import FittedModels
from bidopt.recommend.decide import Decision

Codes = npt.NDArray[np.str_]
FEW_CLICKS = 5


def reasons(models: FittedModels, decision: Decision) -> tuple[Codes, Codes]:
    """(reason, limited_by), (n,) each."""
    grid, rows = decision.grid, np.arange(len(decision.choice))
    now = grid.bid[rows, grid.start]
    new = grid.bid[rows, decision.choice]
    free = grid.bid[rows, decision.free_choice]
    up, down = new > now + 1e-9, new < now - 1e-9
    held = grid.held != ""
    unseen = up & (models.words["seen_impressions"].to_numpy() == 0)
    outside = ~grid.allowed[rows, grid.start] & ~held & ~unseen
    explored = ~held & _explored(decision)
    thin = (models.words["seen_clicks"].to_numpy() < FEW_CLICKS) & ~up & ~down
    reason = np.select(
        [held, outside, unseen, explored, up, down & (free > new + 1e-9), down, thin],
        [
            np.char.add("keep_", grid.held),
            "to_limit",
            "raise_no_impressions",
            "explore",
            "raise_pays",
            "cut_for_cap",
            "cut_costs",
            "keep_evidence",
        ],
        default="keep_best",
    )
    return reason, _limits(decision, held, unseen | thin)


def _explored(decision: Decision) -> npt.NDArray[np.bool_]:
    """Words at a bid that earns less than another would, for what it teaches."""
    grid, rows = decision.grid, np.arange(len(decision.choice))
    earns = grid.value - grid.taught - decision.allocation.shadow_price * grid.response.spend
    best = np.where(grid.allowed, earns, -np.inf).max(1)
    return np.asarray((grid.taught[rows, decision.choice] > 0) & (earns[rows, decision.choice] < best - 1e-9))


def _limits(decision: Decision, held: npt.NDArray[np.bool_], thin: npt.NDArray[np.bool_]) -> Codes:
    """What stops the bid from going further: the ends of its range, the cap, or too little evidence."""
    grid, rows = decision.grid, np.arange(len(decision.choice))
    option = np.where(grid.allowed, grid.bid, np.nan)
    new = grid.bid[rows, decision.choice]
    with np.errstate(all="ignore"):
        at_top = new >= np.nanmax(option, 1) - 1e-9
        at_bottom = new <= np.nanmin(option, 1) + 1e-9
    start = grid.bid[rows, grid.start]
    capped = new < grid.bid[rows, decision.free_choice] - 1e-9  # without the cap it would bid more
    binding = "min_roi" if "min_roi" in decision.allocation.binding else "cap"
    # A bid that stood beyond its bounds is limited by the bound it comes back to.
    lowest, highest = at_bottom & (new < start), at_top & (new > start)
    back_up, back_down = start < np.nanmin(option, 1) - 1e-9, start > np.nanmax(option, 1) + 1e-9
    codes = [held, thin, back_up, back_down, highest, lowest, capped]
    known = np.where(grid.held == "absent", "status", grid.held).astype("U12")
    said = [known, np.array("evidence"), grid.low_by, grid.high_by, grid.high_by, grid.low_by, np.array(binding)]
    return np.select(codes, said, np.array(""))
