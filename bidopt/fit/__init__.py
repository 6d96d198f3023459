"""From the history to what is believed of every word: `fit` is the one door."""

from bidopt.fit.artefacts import save
from bidopt.fit.models import FittedModels, fit
from bidopt.fit.panel import Panel
from bidopt.fit.rates import served_orders

__all__ = ["FittedModels", "Panel", "fit", "save", "served_orders"]
