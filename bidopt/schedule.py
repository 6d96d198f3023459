"""The system's own scheduler runs the night: an entry for cron, systemd or the Windows Task Scheduler, put in or out.

Morning, because the platform has yesterday's report only some hours after midnight; in the shop's time, wherever the
machine stands.
"""

import datetime as dt
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from bidopt.errors import UsageError

if TYPE_CHECKING:  # slow to import, and the help needs none of it
    from bidopt.workspace import Workspace

MORNING = dt.time(9, 30)
LOG = "nightly.log"
"""What cron's nights print, in the workspace; systemd has its journal, Windows its task history."""
_EXAMPLE_DAY = dt.date(2026, 1, 1)


class System(StrEnum):
    """Whose entry it is."""

    cron = "cron"
    systemd = "systemd"
    windows = "windows"


@dataclass(frozen=True)
class Job:
    """The night of the shop in `root`, every day `at` so late by the shop's clock."""

    root: Path
    at: dt.time

    @property
    def name(self) -> str:
        """The same for the same folder."""
        return f"bidopt-{hashlib.sha256(os.fsencode(self.root)).hexdigest()[:8]}"

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", "bidopt", "nightly", "-w", str(self.root)]

    def local(self, day: dt.date) -> dt.time:
        """`at` by this machine's clock on `day`."""
        from bidopt.workspace import SHOP_TIME

        return dt.datetime.combine(day, self.at, SHOP_TIME).astimezone().time()


def job(workspace: "Workspace", at: dt.time) -> Job:
    """The night of `workspace`.

    Raises
    ------
    UsageError
        Where its path cannot stand on a line.
    """
    if not str(workspace.root).isprintable():
        raise UsageError(
            f"{str(workspace.root)!r} 含有不能用的字符 / cannot stand on a line.", "换个文件夹名 / rename it."
        )
    return Job(workspace.root, at)


def usual_system() -> System:
    """What this machine has."""
    if os.name == "nt":
        return System.windows
    return System.systemd if shutil.which("systemctl") and not shutil.which("crontab") else System.cron


def entry(job: Job, system: System) -> dict[str, str]:
    """The text by where it goes: a line of the crontab, two units, or a task's XML."""
    if system is System.cron:
        return {"crontab": _cron_line(job, dt.date.today())}
    if system is System.systemd:
        return {f"{job.name}.service": _service(job), f"{job.name}.timer": _timer(job)}
    return {f"{job.name}.xml": _task(job)}


def install(job: Job, system: System) -> None:
    """Put the entry in, in place of the shop's own from before.

    Raises
    ------
    UsageError
        Where the system's tool is missing or refuses.
    """
    from bidopt.workspace import publish_bytes

    if system is System.cron:
        _write_crontab([*_other_lines(job), _cron_line(job, dt.date.today())])
    elif system is System.systemd:
        for name, text in entry(job, system).items():
            publish_bytes(_units() / name, text.encode())
        _tool("systemctl", "--user", "daemon-reload")
        _tool("systemctl", "--user", "enable", "--now", f"{job.name}.timer")
    else:
        path = job.root / f"{job.name}.xml"
        publish_bytes(path, _task(job).encode("utf-16"))
        _tool("schtasks", "/Create", "/F", "/TN", job.name, "/XML", str(path))
        path.unlink()


def remove(job: Job, system: System) -> None:
    """Take the shop's entry out; where there is none, nothing happens. Raises as `install`."""
    if system is System.cron:
        others = _other_lines(job)
        if others != _crontab():
            _write_crontab(others)
    elif system is System.systemd:
        units = [_units() / name for name in entry(job, system)]
        if any(unit.exists() for unit in units):
            _tool("systemctl", "--user", "disable", "--now", f"{job.name}.timer")
            for unit in units:
                unit.unlink(missing_ok=True)
            _tool("systemctl", "--user", "daemon-reload")
    else:
        _tool("schtasks", "/Delete", "/F", "/TN", job.name)


def _cron_line(job: Job, day: dt.date) -> str:
    """The job is known by the comment at its end. Cron has no time zones: where the machine's summer time moves, the
    night moves by that hour.
    """
    command = f"{shlex.join(job.command)} >>{shlex.quote(str(job.root / LOG))} 2>&1 # {job.name}"
    at = job.local(day)
    return f"{at.minute} {at.hour} * * * " + command.replace("%", r"\%")  # a bare % is a line end to cron


def _crontab() -> list[str]:
    done = _run("crontab", "-l")
    if done.returncode and b"no crontab" not in done.stderr:
        raise _refused("crontab -l", done)
    return done.stdout.decode().splitlines() if not done.returncode else []


def _other_lines(job: Job) -> list[str]:
    return [line for line in _crontab() if not line.endswith(f"# {job.name}")]


def _write_crontab(lines: list[str]) -> None:
    done = _run("crontab", "-", told="".join(f"{line}\n" for line in lines).encode())
    if done.returncode:
        raise _refused("crontab", done)


def _units() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"


def _service(job: Job) -> str:
    return (
        f"[Unit]\nDescription=bidopt nightly, {_unit_text(str(job.root))}\n\n"
        f"[Service]\nType=oneshot\nNice=10\nExecStart={' '.join(map(_unit_word, job.command))}\n"
    )


def _timer(job: Job) -> str:
    return (
        f"[Unit]\nDescription=bidopt nightly, {_unit_text(str(job.root))}\n\n"
        f"[Timer]\nOnCalendar=*-*-* {job.at:%H:%M}:00 Asia/Shanghai\nPersistent=true\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )


def _unit_text(text: str) -> str:
    return text.replace("%", "%%")


def _unit_word(word: str) -> str:
    """One argument of ExecStart, whatever is in it."""
    escaped = _unit_text(word).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{escaped}"'


def _task(job: Job) -> str:
    """A task of the Windows Task Scheduler 1.2; an offset in its start ties it to the shop's time."""
    program, *arguments = job.command
    from bidopt.workspace import SHOP_TIME

    start = dt.datetime.combine(_EXAMPLE_DAY, job.at, SHOP_TIME).isoformat()
    return f"""<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>bidopt nightly, {escape(str(job.root))}</Description></RegistrationInfo>
  <Triggers>
    <CalendarTrigger>
      <StartBoundary>{start}</StartBoundary>
      <Enabled>true</Enabled>
      <ScheduleByDay><DaysInterval>1</DaysInterval></ScheduleByDay>
    </CalendarTrigger>
  </Triggers>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <ExecutionTimeLimit>PT4H</ExecutionTimeLimit>
  </Settings>
  <Actions>
    <Exec>
      <Command>{escape(program)}</Command>
      <Arguments>{escape(subprocess.list2cmdline(arguments))}</Arguments>
    </Exec>
  </Actions>
</Task>
"""


def _tool(*command: str) -> None:
    done = _run(*command)
    if done.returncode:
        raise _refused(" ".join(command), done)


def _run(*command: str, told: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    try:
        return subprocess.run(command, input=told, capture_output=True, check=False)
    except FileNotFoundError:
        raise UsageError(
            f"这台电脑没有 / this machine has no {command[0]}.", "换一种 / choose another: --for cron|systemd|windows"
        ) from None


def _refused(what: str, done: "subprocess.CompletedProcess[bytes]") -> UsageError:
    why = (done.stderr or done.stdout).decode(errors="replace").strip()
    return UsageError(
        f"{what}: {why}", "看上面的原因；也可以把打印的内容自己放进去 / or put in what is printed yourself"
    )
