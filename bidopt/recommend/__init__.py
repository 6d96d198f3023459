"""From what each bid would bring to the plan of the night: bids, budgets, reasons, guard rails."""

from bidopt.recommend.decide import Decision, decide
from bidopt.recommend.forecast import current, forecast, outlook
from bidopt.recommend.frontier import Prospect
from bidopt.recommend.once import Once
from bidopt.recommend.options import ROOM, Options
from bidopt.recommend.plan import Plan, keeps_roi, make
from bidopt.recommend.unheeded import unheeded

__all__ = [
    "ROOM",
    "Decision",
    "Once",
    "Options",
    "Plan",
    "Prospect",
    "current",
    "decide",
    "forecast",
    "keeps_roi",
    "make",
    "outlook",
    "unheeded",
]
