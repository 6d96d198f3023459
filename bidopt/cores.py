"""What is done at a time: much work keeps several cores busy, little only waits for itself."""

import os
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

MANY_WORDS, MANY_ROWS = 5_000, 100_000
"""From so many on threads pay; below, a fleet's shops side by side do more."""
MOST = 4
"""So many at a time: each has its own tables in memory."""


def pool(size: int, many: int, most: int = MOST) -> Executor:
    """Up to `most` threads where `size` is at least `many`; else work is done as it is handed in."""
    cores = os.cpu_count() or 1
    return ThreadPoolExecutor(min(cores, most)) if size >= many and cores > 1 else _Inline()


class _Inline(Executor):
    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future
