"""`bidopt fleet`: the night for many shops."""

import datetime as dt
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from bidopt.cli import console
from bidopt.cli.options import HERE, JsonOption, named
from bidopt.errors import DataError, UsageError


class What(StrEnum):
    """What can be done with many shops."""

    nightly = "nightly"


def fleet(
    what: Annotated[What, typer.Argument(metavar="nightly", help="The night of every shop.")],
    folders: Annotated[
        list[str] | None,
        typer.Argument(metavar="DIR…", help="The shops' folders, patterns in quotes, or a file of them, one a line."),
    ] = None,
    workspace: Annotated[
        list[str] | None, typer.Option("-w", "--workspace", metavar="DIR", help="The same as DIR; repeatable.")
    ] = None,
    date: Annotated[
        dt.datetime | None,
        typer.Option(
            "--date", formats=["%Y-%m-%d"], metavar="D", help="The day to plan for.", show_default="each shop's own"
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option("--scheduler", metavar="ADDRESS", help="A Dask cluster's scheduler, e.g. tcp://10.0.0.5:8786."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, metavar="N", help="Processes of this machine.", show_default="one a core"),
    ] = None,
    total_cap: Annotated[
        float | None,
        typer.Option("--total-cap", metavar="B", help="Yuan a day over all shops, split where it brings most."),
    ] = None,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FOLDER", help="Where fleet.json and fleet.html go.")
    ] = HERE,
    as_json: JsonOption = False,
) -> None:
    """Run the night of many shops, each on its own. 多店一起跑每晚任务。

    What is wrong with one shop stops no other; a shop whose worker died is done again. Exit code 3: some shop has no
    plan, yesterday's bids stand there; fleet.json names it first. A shop's own daily_cap still holds under --total-cap.

    \b
    Example:
      bidopt fleet nightly 'shops/*'
      bidopt fleet nightly shops.txt --total-cap 50000 -o reports
      bidopt fleet nightly 'shops/*' --scheduler tcp://10.0.0.5:8786
    """
    from bidopt import fleet as job
    from bidopt.export import fleet_html, fleet_language
    from bidopt.workspace import publish_bytes, publish_json

    if total_cap is not None and not 0 < total_cap < 1e12:
        raise UsageError(f"--total-cap 应大于 0 / must be above 0: {total_cap:g}.")
    if scheduler and workers:
        raise UsageError("--workers 不能与 --scheduler 同用 / goes without --scheduler.")
    order = job.Order(tuple(job.find([*(folders or []), *(workspace or [])])), date.date() if date else None, total_cap)
    with named(output):
        output.mkdir(parents=True, exist_ok=True)
    most = min(workers or os.cpu_count() or 1, len(order.folders))
    with job.cluster(scheduler) if scheduler else job.processes(most) as pool, _progress(len(order.folders)) as tell:
        told = job.nightly(order, pool, tell)
    language = fleet_language(told)
    publish_json(output / "fleet.json", told)
    publish_bytes(output / "fleet.html", fleet_html(told, output.resolve(), language).encode())
    if as_json:
        console.print_json(told)
    else:
        _show(told, output.resolve())
    if told["without_plan"]:
        raise typer.Exit(DataError.exit_code)


def _show(told: dict[str, Any], output: Path) -> None:
    from bidopt.export import FLEET_COLUMNS, fleet_language, fleet_lines, fleet_rows
    from bidopt.prose import fleet as say
    from bidopt.prose import labelled

    out, language = console.stdout(), fleet_language(told)
    headers = [say(name, language) for name in FLEET_COLUMNS]
    out.print(console.table(headers, fleet_rows(told, language), numbers=(2, 3, 4)))
    for line in fleet_lines(told, language):
        out.print(line, soft_wrap=True)
    out.print(labelled(say("written", language), str(output / "fleet.html"), language), soft_wrap=True)


@contextmanager
def _progress(shops: int) -> Iterator[Callable[[dict[str, Any], int, int], None]]:
    """A line on stderr for every shop as it is done; below them a bar with the time left, where a terminal shows it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn, TimeRemainingColumn

    from bidopt.export import fleet_name
    from bidopt.prose import fleet as say

    err = Console(stderr=True, highlight=False, emoji=False, markup=False)
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, disable=not err.is_terminal) as bar:
        task = bar.add_task("", total=shops)

        def tell(shop: dict[str, Any], done: int, count: int) -> None:
            state = say(shop["status"], shop.get("language", "zh"))
            seconds = f" {shop['seconds']:.0f} s" if "seconds" in shop else ""
            line = f"{done}/{count} {fleet_name(shop)}: {state}{seconds} {shop.get('message', '')}".rstrip()
            if bar.disable:
                console.progress(line)
            else:
                bar.console.print(line)
            bar.update(task, completed=done, total=count)

        yield tell
