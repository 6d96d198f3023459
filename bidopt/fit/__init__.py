"""From the history to what is believed of every word: `fit` is the one door."""

from bidopt.fit.ahead import ahead
from bidopt.fit.artefacts import learnt, load, save
from bidopt.fit.cvr import EVENING, served_orders
from bidopt.fit.economics import of_class
from bidopt.fit.models import FittedModels, fit, lay_out
from bidopt.fit.panel import Panel

__all__ = [
    "EVENING",
    "FittedModels",
    "Panel",
    "ahead",
    "fit",
    "lay_out",
    "learnt",
    "load",
    "of_class",
    "save",
    "served_orders",
]
