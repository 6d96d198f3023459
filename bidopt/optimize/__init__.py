"""One bid for every word: the allocation that the curves allow, with a certificate of how good it is.

Arrays in, `Allocation` out; nothing here knows of frames or shops.
"""

from bidopt.optimize.conflicts import Conflict, conflicts, out_of_reach, relaxed
from bidopt.optimize.dual import bound, priced
from bidopt.optimize.exact import MAX_WORDS
from bidopt.optimize.hull import Upgrades, hull
from bidopt.optimize.problem import Allocation, Array, BoolArray, IntArray, Limit, Problem, check
from bidopt.optimize.solver import maximise_ratio, solve
from bidopt.optimize.split import Frontier, Split, split

__all__ = [
    "MAX_WORDS",
    "Allocation",
    "Array",
    "BoolArray",
    "Conflict",
    "Frontier",
    "IntArray",
    "Limit",
    "Problem",
    "Split",
    "Upgrades",
    "bound",
    "check",
    "conflicts",
    "hull",
    "maximise_ratio",
    "out_of_reach",
    "priced",
    "relaxed",
    "solve",
    "split",
]
