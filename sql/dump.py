"""Writes sql/schema.sql: the schema as the migrations leave it, in one file to be read first."""

import asyncio
import re
import subprocess
import sys
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

import sql
from seeds.servers import embedded
from sql.document import document
from sql.migrate import migrate
from sql.statements import statements

SCHEMA = sql.FOLDER / "schema.sql"
HEADER = """\
-- The schema as sql/migrations leaves it: read this first. Written by `make schema`; do not edit.
-- By subject, in the order of a visit; it is to be read and not to be run. Left out: the partitions. Every table
-- "partition by range" has one a month (sql/migrations/0001) and a default.
"""
# Settings of the dumping session, its comments above every statement, and keys that change with every dump.
_NOISE = re.compile(r"^(SET |SELECT pg_catalog\.set_config|--|\\(un)?restrict)")


def dump(url: str) -> str:
    """The schema of a migrated database, the same text whenever and wherever it is dumped."""
    place = urlsplit(url)
    command = [
        str(embedded.postgres_program("pg_dump")),
        "--schema-only",
        "--no-owner",
        "--no-tablespaces",
        "--exclude-table=*_default",
        "--exclude-table=*_20[0-9][0-9]_[0-9][0-9]",
        f"--host={place.hostname}",
        f"--port={place.port}",
        f"--username={unquote(place.username or '')}",
        f"--dbname={place.path[1:]}",
    ]
    dumped = subprocess.run(  # noqa: S603  a program of the wheel, and nothing of anybody else's
        command, env={"PGPASSWORD": unquote(place.password or ""), "LC_ALL": "C"}, capture_output=True, check=True
    ).stdout.decode()
    plain = "\n".join(line for line in dumped.splitlines() if not _NOISE.match(line))
    return HEADER + "\n" + document(statements(plain), "public")


def main() -> int:
    """Dumps the schema of a fresh database and returns the exit code."""
    with embedded.postgres(fsync=False) as url:
        asyncio.run(migrate(url, now=datetime.now(UTC)))
        SCHEMA.write_text(dump(url), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
