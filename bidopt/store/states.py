"""States of a row: what each download said of it, and which of them stands at a given moment.

The history is the set of all states ever downloaded. What stands is a function of that set alone,
so the order of imports cannot matter. A frame of states has, beside its kind's columns, `downloaded_at`,
`file` and `dims`: the columns that identify a row in its file, joined by commas.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from bidopt.ingest.identity import DIMENSIONS, identity, most_complete_first, row_codes

Mask = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]
END_OF_TIME = pd.Timestamp("9999-12-31")


def rows_of(states: pd.DataFrame) -> Codes:
    """Which row each state is of: one number a row, shape (n_states,)."""
    rows = np.zeros(len(states), dtype=np.int64)
    above = 0
    groups = _by_dims(states)
    for dims, places in groups.items():
        alike = states if len(groups) == 1 else states.iloc[places]
        rows[places] = row_codes(identity(alike, dims)) + above
        above = int(rows[places].max()) + 1
    return rows


def one_a_moment(states: pd.DataFrame, rows: Codes) -> Mask:
    """The states to keep so that one moment tells one thing of a row: the most complete, shape (n_states,)."""
    if _one_each(rows):
        return np.ones(len(rows), dtype=bool)
    claims = pd.DataFrame({"row": rows, "at": states["downloaded_at"].to_numpy()})
    repeated = claims.duplicated(keep=False).to_numpy()
    keep = ~repeated
    if repeated.any():
        claims = claims[repeated].assign(place=np.flatnonzero(repeated))
        some = states[repeated].reset_index(drop=True).join(claims.reset_index(drop=True))
        best = most_complete_first(some, first=["row", "at"])
        keep[best["place"][~best.duplicated(["row", "at"])]] = True
    return keep


def standing(states: pd.DataFrame, rows: Codes, moment: pd.Timestamp = END_OF_TIME) -> Mask:
    """Which of `states` stand at `moment`, shape (n_states,).

    Of each row the newest state downloaded by then, else the oldest later one; and of rows that cover
    the same day in different detail the finer, never both. `states` hold one state a row and moment.
    """
    times = states["downloaded_at"].to_numpy()
    known = times <= moment.to_datetime64()
    ticks = times.astype("datetime64[us]").astype(np.int64)
    # of each row the known states come first, from new to old, then the later ones, from old to new
    order = np.lexsort((np.where(known, -ticks, ticks), ~known, rows))
    first = np.append(True, np.diff(rows[order]) != 0)[: len(rows)]
    picked = np.zeros(len(rows), dtype=bool)
    picked[order[first]] = True
    return picked & ~hidden(states, moment)


def hidden(states: pd.DataFrame, moment: pd.Timestamp = END_OF_TIME) -> Mask:
    """Which of `states` tell in less detail what others tell in more, shape (n_states,).

    Two files that identify rows by different columns are matched on those that both have. What was
    known by `moment` goes before what came later, then the file with more columns, then with more ids.
    """
    covered = np.zeros(len(states), dtype=bool)
    groups = _by_dims(states)
    if len(groups) < 2:
        return covered
    known = states["downloaded_at"].to_numpy() <= moment.to_datetime64()
    ranked = [(later, dims) for later in (False, True) for dims in sorted(groups, key=_fineness, reverse=True)]
    members = {(later, dims): groups[dims][known[groups[dims]] != later] for later, dims in ranked}
    for place, (later, dims) in enumerate(ranked):
        coarse = members[later, dims]
        for before, finer in ranked[:place]:
            if finer != dims:
                covered[coarse] |= _matched(states, coarse, dims, members[before, finer], finer)
    return covered


def restating(states: pd.DataFrame, rows: Codes) -> Mask:
    """Which of `states` have an older state of the same row beside them."""
    times = states["downloaded_at"].reset_index(drop=True)
    if _one_each(rows):
        return np.zeros(len(rows), dtype=bool)
    return (times > times.groupby(rows).transform("min")).to_numpy()


def repeated(rows: Codes, stands: Mask) -> Mask:
    """Which states belong to a row that stands and was downloaded more than once."""
    times = np.bincount(rows) if len(rows) else np.zeros(0, dtype=np.int64)
    return np.isin(rows, rows[stands]) & (times[rows] > 1)


def _one_each(rows: Codes) -> bool:
    return not len(rows) or int(np.bincount(rows).max()) <= 1


def _by_dims(states: pd.DataFrame) -> dict[tuple[str, ...], Codes]:
    """The places of the states by the columns that identify them."""
    codes, distinct = pd.factorize(states["dims"])
    return {tuple(str(dims).split(",")): np.flatnonzero(codes == code) for code, dims in enumerate(distinct)}


def _fineness(dims: tuple[str, ...]) -> tuple[int, int, tuple[str, ...]]:
    return len(dims), sum(column in DIMENSIONS for column in dims), dims


def _matched(
    states: pd.DataFrame, coarse: Codes, coarse_dims: tuple[str, ...], fine: Codes, fine_dims: tuple[str, ...]
) -> Mask:
    """Which of the `coarse` states have a `fine` one on their day that agrees in what both have."""
    left, right = states.iloc[coarse], states.iloc[fine]
    columns = []
    for key, name in DIMENSIONS.items():
        sides = [{key, name} & set(dims) for dims in (coarse_dims, fine_dims)]
        if all(key in side for side in sides):
            columns.append(key)
        elif all(sides) and all((side[name] != "").any() for side in (left, right)):
            columns.append(name)
    codes = row_codes(pd.concat([identity(left, columns), identity(right, columns)], ignore_index=True))
    return np.isin(codes[: len(left)], codes[len(left) :])
