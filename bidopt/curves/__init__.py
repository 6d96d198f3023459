"""From fitted models to the response grid: what each word would bring at each bid it may take."""

from bidopt.curves.doubt import Doubt, doubt
from bidopt.curves.eligibility import blind, held, holdout_layers, under_cap
from bidopt.curves.grid import MEASURE, N_BIDS, ResponseGrid, build
from bidopt.curves.laws import Law
from bidopt.curves.learning import bonus
from bidopt.curves.response import NAMES, Response, respond
from bidopt.curves.risk import Risk
from bidopt.curves.spread import campaign_variance

__all__ = [
    "MEASURE",
    "NAMES",
    "N_BIDS",
    "Doubt",
    "Law",
    "Response",
    "ResponseGrid",
    "Risk",
    "blind",
    "bonus",
    "build",
    "campaign_variance",
    "doubt",
    "held",
    "holdout_layers",
    "respond",
    "under_cap",
]
