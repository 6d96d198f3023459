"""`bidopt nightly`: the main job."""

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bidopt.cli import console
from bidopt.cli.options import HERE, JsonOption, WorkspaceOption, workspace_at

if TYPE_CHECKING:
    from bidopt.nightly import Night

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
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Import the inbox, fit, optimise, and write the plan for a day. 每晚的主任务。

    \b
    Example:
      bidopt nightly -w my-shop --date 2026-06-01

    \b
    Gates ([gates] in bidopt.toml) hold a plan back for a person, or stop it:
      max_age_days = 2       the newest data may be so many days old
      max_hole_days = 7      no day may be missing within the last so many days
      max_total_jump = 1.0   how far the newest day's spend may differ from its weekday's usual
      max_spend_error = 0.10 how far the forecast made a week ago may have missed the last 7 days' spend,
      max_gmv_error = 0.15   and their GMV; further where the models themselves leave more open
    """
    from bidopt import nightly as job
    from bidopt.cli import plan

    shop = workspace_at(workspace)
    night = job.run(shop, date.date() if date else None, console.progress)
    if as_json:
        console.print_json(facts(night))
    else:
        plan.show(night.run_dir, night.head, shop.settings().shop.language)


def facts(night: "Night") -> dict[str, Any]:
    """What --json prints of a night."""
    return {"run_id": night.run_id, "run_dir": str(night.run_dir)} | {name: night.head[name] for name in TOLD}
