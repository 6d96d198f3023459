"""Runs of a benchmark in processes of their own, and its tables."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TypeVar

import pandas as pd

Job = TypeVar("Job")
Result = TypeVar("Result")


def finished(run: Callable[[Job], Result], jobs: Sequence[Job], workers: int) -> Iterator[tuple[Job, Result]]:
    """Yield each job with what `run` made of it, as they end."""
    # Fresh processes read this before numpy does: `workers` of them share the machine.
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        waiting = {pool.submit(run, job): job for job in jobs}
        for future in as_completed(waiting):
            yield waiting[future], future.result()


def markdown(table: pd.DataFrame) -> str:
    """A table whose index names the rows; numbers to three decimals."""
    names = [str(n) for n in (*table.index.names, *table.columns)]
    lines = ["| " + " | ".join(names) + " |", "|---" * table.index.nlevels + "|" + "---:|" * len(table.columns)]
    for key, row in zip(table.index, table.itertuples(index=False, name=None), strict=True):
        keys = key if isinstance(key, tuple) else (key,)
        cells = [*map(str, keys), *(f"{v:.3f}" if isinstance(v, float) else str(v) for v in row)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
