"""`bidopt nightly`: the main job."""

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bidopt.cli import console
from bidopt.cli.export import find_run
from bidopt.cli.meter import Meter
from bidopt.cli.options import HERE, JsonOption, WorkspaceOption, workspace_at
from bidopt.errors import DataError, UsageError

if TYPE_CHECKING:
    from bidopt.gates import Override
    from bidopt.nightly import Night
    from bidopt.prose import Language
    from bidopt.replay import Replay
    from bidopt.workspace import Workspace

TOLD = ("status", "expected", "current", "optimality", "gates", "warnings", "alerts")


def nightly(
    date: Annotated[
        dt.datetime | None,
        typer.Option(
            "--date",
            formats=["%Y-%m-%d"],
            metavar="D",
            help="The day to plan for.",
            show_default="the later of today and the day after the newest complete day",
        ),
    ] = None,
    override: Annotated[
        list[str] | None,
        typer.Option("--override", metavar="GATE", help="Pass over a gate, once for each; recorded in the plan."),
    ] = None,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason for --override.")] = "",
    replay: Annotated[
        str | None,
        typer.Option(
            "--replay",
            metavar="RUN",
            help="Make an old run again from what it recorded and compare; nothing is kept. Exit code 0: the same byte "
            "for byte, 3: it differs, or its inputs are gone.",
        ),
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Import the inbox, fit, optimise, and write the plan for a day. 每晚的主任务。

    \b
    Example:
      bidopt nightly -w my-shop --date 2026-06-01
      bidopt nightly -w my-shop --override age --why "平台报表晚到"
      bidopt nightly -w my-shop --replay 2026-06-01-0a1b2c3d

    \b
    Gates say PASS, REVIEW (a plan is made, a person should look first) or FAIL (no plan, exit code 3).
    Each by name, with its threshold in [gates] of bidopt.toml:
      data      FAIL    there is no complete day; nobody can pass over this one
      age       FAIL    max_age_days = 2       the newest data may be so many days old
      hole      FAIL    max_hole_days = 7      no day may be missing within the last so many days
      vanished  REVIEW  max_vanished = 0.1     words gone from the newest report or tables may have had
                                               so much of the last 7 days' spend
      jump      REVIEW  max_total_jump = 1.0   the newest day's spend, clicks and GMV may differ so much
                                               from their weekday's usual, at the bids then in force
      accuracy  REVIEW  max_spend_error = 0.1  the forecast made a week ago may have missed the last
                                               7 days' spend by so much,
                        max_gmv_error = 0.15   and their GMV; or as far as chance explains
      changes   REVIEW  max_words_changed = 1.0  so many of the words that may move may change at once
                        max_spend_moved = 0.6  so much of the spend may move, beyond what the cap asks
    """
    from bidopt import nightly as job
    from bidopt.cli import plan
    from bidopt.store import newest_totals

    shop = workspace_at(workspace)
    language = shop.settings().shop.language
    if replay is not None:
        if date or override or why:
            raise UsageError("--replay 不能与 --date、--override、--why 同用 / goes with none of them.")
        _replay(shop, replay, language, as_json)
        return
    passed_over = _override(override or [], why)
    with Meter(language) as progress:
        night = job.run(shop, date.date() if date else None, progress, passed_over)
    if as_json:
        console.print_json(facts(night))
    else:
        plan.show(night.run_dir, night.head, language, newest_totals(shop, plan.DAYS_SHOWN))


def facts(night: "Night") -> dict[str, Any]:
    """What --json prints of a night."""
    return {"run_id": night.run_id, "run_dir": str(night.run_dir)} | {name: night.head[name] for name in TOLD}


def _override(names: list[str], why: str) -> "Override | None":
    """What a person passes over, with their name."""
    from bidopt.gates import Override
    from bidopt.workspace import who

    if not names and why:
        raise UsageError("--why 要与 --override 同用 / goes with --override.")
    return Override(tuple(sorted(set(names))), why.strip(), who()) if names else None


def _replay(shop: "Workspace", run: str, language: "Language", as_json: bool) -> None:
    """Make a run again, and say whether it is the same."""
    from bidopt.replay import replay

    run_id = find_run(shop, run).name
    with Meter(language) as progress:
        found = replay(shop, run_id, progress)
    if as_json:
        console.print_json(found.facts())
    else:
        for line in _told(found, language):
            print(line)
    if not found.same:
        raise typer.Exit(DataError.exit_code)


def _told(found: "Replay", language: "Language") -> list[str]:
    from bidopt.prose import terminal

    if found.same:
        return [terminal("replay_same", language, run_id=found.run_id, files=found.compared)]
    lines = [terminal("replay_differs", language, run_id=found.run_id)]
    lines += [
        terminal("replay_version", language, name=name, then=then, now=now)
        for name, (then, now) in found.made_by.items()
    ]
    lines += [terminal("replay_gone", language, name=one.name, sha256=one.sha256) for one in found.gone]
    lines += [
        terminal("replay_file", language, file=one.file, then=one.then or "-", now=one.now or "-")
        for one in found.differ
    ]
    return lines
