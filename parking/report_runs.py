"""Runs of reports: what is kept of each, when those of a schedule are due, and what is said of one that is done."""

from base64 import b64decode, b64encode
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from hashlib import sha256
from hmac import digest
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from payments.errors import OneLotError
from payments.reports.asked import Asked
from payments.reports.pdf import Setting

TRIES_MAX = 3
DELIVER_TRIES_MAX = 8
# After how long it is tried again, and from then on twice as long each time.
DELIVER_AGAIN = timedelta(minutes=1)
KEPT = timedelta(days=400)
RUNS_WAITING_MAX = 50
SCHEDULES_MAX = 200
ADDRESS_CHARACTERS_MAX = 254
WEBHOOK_SECRET_BYTES_MIN = 24
# Settled by then, as a rule (payments/settlement.py).
DUE_FROM = time(5, 0)
ATTACHED_BYTES_MAX = 10 << 20


class State(StrEnum):
    """How far a run is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Every(StrEnum):
    """Of which stretches of days a schedule has a report each."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Way(StrEnum):
    """How a report is delivered."""

    MAIL = "mail"
    WEBHOOK = "webhook"


class Run(Struct, frozen=True):
    """A run as it is kept. `asked`: JSON of `Asked`; `file`: its name in the folder of reports."""

    owner_id: int
    id: UUID
    report: str
    form: str
    language: str
    asked: str
    asked_by: str
    asked_at: datetime
    way: Way | None = None
    address: str | None = None
    state: State = State.WAITING
    tries: int = 0
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    rows_made: int = 0
    size_bytes: int | None = None
    sha256: bytes | None = None
    file: str | None = None
    error: str | None = None
    schedule_id: UUID | None = None
    deliver_at: datetime | None = None
    deliver_tries: int = 0
    delivered_at: datetime | None = None
    deliver_error: str | None = None

    @property
    def of(self) -> Asked:
        """What it was asked for."""
        return msgspec.json.decode(self.asked, type=Asked)


class Schedule(Struct, frozen=True):
    """Reports that come by themselves. `through`: the last day of the last one that was asked for."""

    owner_id: int
    id: UUID
    report: str
    form: str
    language: str
    asked: str
    every: Every
    way: Way | None
    address: str | None
    made_by: str
    made_at: datetime
    through: date
    ended_at: datetime | None


class NoSuchRun(OneLotError):
    """There is no run or schedule of this number, or it is not the caller's."""


class RunNotDone(OneLotError):
    """The report has no file (yet)."""


class TooManyRuns(OneLotError):
    """So many runs wait, or schedules hold, that no other is taken."""


class RunsNotKept(OneLotError):
    """No folder for files of reports is set, or no way to deliver them."""


class Room(Struct, frozen=True):
    """Where files of reports lie (empty: nowhere, so that there are no runs), how they are printed, and how they are
    delivered: a webhook with the secret that signs it, a mail server (`smtp://` or `smtps://`) with who sends.
    """

    folder: str = ""
    printing: Setting = Setting()
    webhook: str = ""
    webhook_secret: bytes = b""
    mail: str = ""
    mail_from: str = ""

    def check(self, way: Way | None) -> str:
        """The folder, if reports can be kept and delivered so.

        Raises:
            RunsNotKept: they cannot.
        """
        if not self.folder:
            raise RunsNotKept("No folder for reports is set.", setting="ONELOT_REPORT_FOLDER")
        if way is Way.MAIL and not self.mail:
            raise RunsNotKept("No mail server is set.", setting="ONELOT_REPORT_MAIL")
        if way is Way.WEBHOOK and not self.webhook:
            raise RunsNotKept("No webhook is set.", setting="ONELOT_REPORT_WEBHOOK")
        return self.folder


def webhook_key(secret: str) -> bytes:
    """The secret by which a webhook is signed, as Standard Webhooks writes one.

    Raises:
        ValueError: it is none, or too short; the text goes on after the name of the setting.
    """
    try:
        key = b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        key = b""
    if len(key) < WEBHOOK_SECRET_BYTES_MIN:
        raise ValueError(
            f" must be at least {WEBHOOK_SECRET_BYTES_MIN} bytes in base64, with or without whsec_ before them."
        )
    return key


def last_over(every: Every, today: date) -> tuple[date, date]:
    """The last stretch of days that is over before a day."""
    match every:
        case Every.DAY:
            return today - timedelta(days=1), today - timedelta(days=1)
        case Every.WEEK:
            monday = today - timedelta(days=today.weekday())
            return monday - timedelta(days=7), monday - timedelta(days=1)
        case Every.MONTH:
            last = today.replace(day=1) - timedelta(days=1)
            return last.replace(day=1), last


def due(schedule: Schedule, now: datetime, time_zone: str) -> tuple[date, date] | None:
    """The days of the report that a schedule is to ask for now; None: none. Of those that were missed only the last."""
    local = now.astimezone(ZoneInfo(time_zone))
    today = local.date() if local.time() >= DUE_FROM else local.date() - timedelta(days=1)
    first, last = last_over(schedule.every, today)
    return (first, last) if last > schedule.through else None


def again(tries: int, now: datetime) -> datetime | None:
    """When a delivery that failed is tried again; None: not any more."""
    return None if tries >= DELIVER_TRIES_MAX else now + DELIVER_AGAIN * 2 ** (tries - 1)


def file_of(run: Run) -> str:
    """What the file of a run is called."""
    asked = run.of
    return f"{run.report}-{asked.first}-{asked.last}-{run.id}.{run.form}"


def told(run: Run, now: datetime) -> bytes:
    """What a webhook says of a run that is done."""
    asked = run.of
    data = {
        "run": run.id,
        "report": run.report,
        "form": run.form,
        "from": asked.first,
        "to": asked.last,
        "rows": run.rows_made,
        "bytes": run.size_bytes,
        "sha256": (run.sha256 or b"").hex(),
        "path": f"/v1/report-runs/{run.id}/file",
    }
    return msgspec.json.encode({"type": "report.done", "timestamp": now, "data": data})


def signed(run: Run, body: bytes, secret: bytes, now: datetime) -> dict[str, str]:
    """The headers by which who gets a webhook knows that it is ours, as Standard Webhooks has them."""
    at = str(int(now.timestamp()))
    named = f"{run.id}.{at}.".encode()
    signature = b64encode(digest(secret, named + body, sha256)).decode()
    return {"webhook-id": str(run.id), "webhook-timestamp": at, "webhook-signature": f"v1,{signature}"}
