"""`bidopt schedule`: the night in the system's own scheduler."""

import datetime as dt
from typing import Annotated

import typer

from bidopt.cli import console
from bidopt.cli.options import HERE, JsonOption, WorkspaceOption, workspace_at
from bidopt.errors import UsageError
from bidopt.schedule import MORNING, System


def schedule(
    at: Annotated[
        dt.datetime | None,
        typer.Option("--at", formats=["%H:%M"], metavar="HH:MM", show_default=f"{MORNING:%H:%M}", help="Shop's time."),
    ] = None,
    system: Annotated[
        System | None, typer.Option("--for", help="Which scheduler.", show_default="what this machine has")
    ] = None,
    install: Annotated[bool, typer.Option("--install", help="Put it in, in place of this shop's from before.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take this shop's out.")] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Print the system scheduler's entry for the night, or put it in. 每天定时运行。

    The time is Asia/Shanghai wherever the machine stands; exports must be in the inbox by then. A folder has one
    entry: --install again replaces it.

    \b
    Example:
      bidopt schedule -w my-shop --at 09:30
      bidopt schedule -w my-shop --for systemd
      bidopt schedule -w my-shop --install
      bidopt schedule -w my-shop --remove
    """
    from bidopt import schedule as scheduler
    from bidopt.prose import terminal

    if install and remove:
        raise UsageError("--install 和 --remove 只能选一个 / choose one of --install and --remove.")
    shop = workspace_at(workspace)
    job = scheduler.job(shop, at.time() if at else MORNING)
    chosen = system or scheduler.usual_system()
    if install:
        scheduler.install(job, chosen)
    if remove:
        scheduler.remove(job, chosen)
    texts = scheduler.entry(job, chosen)
    if as_json:
        done = "installed" if install else "removed" if remove else None
        told = {"system": chosen.value, "name": job.name, "at": f"{job.at:%H:%M}", "time_zone": "Asia/Shanghai"}
        console.print_json(told | {"done": done, "entry": texts})
        return
    language = shop.settings().shop.language
    if remove:
        print(terminal("schedule_removed", language, name=job.name, system=chosen.value))
        return
    code = "schedule_installed" if install else "schedule_how"
    print(terminal(f"{code}_{chosen.value}" if not install else code, language, at=f"{job.at:%H:%M}", name=job.name))
    for name, text in texts.items():
        print(f"\n# {name}\n{text}" if len(texts) > 1 else text)
