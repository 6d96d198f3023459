"""From fitted models to the response grid: what each word would bring at each bid it may take."""

from bidopt.curves.grid import ResponseGrid, build
from bidopt.curves.learning import bonus
from bidopt.curves.response import NAMES, Doubt, Response, doubt, respond

__all__ = ["NAMES", "Doubt", "Response", "ResponseGrid", "bonus", "build", "doubt", "respond"]
