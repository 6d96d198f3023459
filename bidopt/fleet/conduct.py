"""All shops' nights: handed out, tried again where a worker died, and told."""

import datetime as dt
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, as_completed
from dataclasses import dataclass, replace
from pathlib import Path

from bidopt.fleet.job import Facts, Job, failed, night, prospect
from bidopt.fleet.pools import Pool
from bidopt.fleet.summary import summary
from bidopt.workspace import SHOP_TIME

AGAIN = ("died", "busy")
"""What may come out otherwise in another try: the worker died, or one that is given up for dead works on."""
PAUSE = 2.0
"""Seconds before a try again."""

Told = Callable[[Facts, int, int], None]
"""Called with a shop's facts, how many are done, and how many there are."""


@dataclass(frozen=True)
class Order:
    """`folders`: the shops; `day`: to plan for, None for each shop's own; `total_cap`: yuan a day over all of them."""

    folders: tuple[Path, ...]
    day: dt.date | None = None
    total_cap: float | None = None


def nightly(order: Order, pool: Pool, told: Told) -> Facts:
    """Run every shop's night; the content of `fleet.json`. What is wrong with a shop is told of it, never raised.

    Raises
    ------
    UsageError
        When there is a total cap, and it cannot be split: nothing was planned, yesterday's bids stand.
    """
    today = dt.datetime.now(SHOP_TIME).date()
    jobs = [Job(folder, order.day, today) for folder in sorted(order.folders, key=_weight, reverse=True)]
    if order.total_cap is None:
        return summary(hand_out(night, jobs, pool, told), order.day, today)
    from bidopt.fleet.shares import share_out  # it takes a second to load what only a total cap needs

    seen = hand_out(prospect, jobs, pool, told)
    shares = share_out(order.total_cap, seen, today)
    without = [facts for facts in seen if "frontier" not in facts]
    capped = [replace(job, cap=shares.of[str(job.root)]) for job in jobs if str(job.root) in shares.of]
    made = hand_out(night, capped, pool, told)
    return summary([*made, *without], order.day, today, shares)


def hand_out(work: Callable[[Job], Facts], jobs: Iterable[Job], pool: Pool, told: Told) -> list[Facts]:
    """What became of every job; `told` once of each, when it will not be tried again."""
    waiting, done = list(jobs), []
    count = len(waiting)
    for attempt in range(1, pool.tries + 1):
        handed = {_submitted(pool, work, job): job for job in waiting}
        waiting = []
        for future in as_completed(handed):
            facts = _facts(future, handed[future], pool) | {"attempts": attempt}
            if facts["status"] in AGAIN and attempt < pool.tries:
                waiting.append(handed[future])
            else:
                done.append(facts)
                told(facts, len(done), count)
        if not waiting:
            break
        time.sleep(PAUSE)
    return done


def _submitted(pool: Pool, work: Callable[[Job], Facts], job: Job) -> Future[Facts]:
    try:
        return pool.executor.submit(work, job)
    except Exception as error:  # the cluster is gone
        lost: Future[Facts] = Future()
        lost.set_exception(error)
        return lost


def _facts(future: Future[Facts], job: Job, pool: Pool) -> Facts:
    try:
        return future.result()
    except pool.died:
        return failed(job, "died", "工作进程中断 / its worker died.", "内存不够？ / is there enough memory?")
    except Exception as error:
        return failed(job, "failed", f"没有做成 / was not done: {type(error).__name__}: {error}")


def _weight(folder: Path) -> int:
    """Bytes of exports and history: the largest shops begin first, so that none is left over at the end."""
    inner = (path for name in ("inbox", "data") for path in (folder / name).rglob("*"))
    return sum(path.stat().st_size for path in inner if path.is_file())
