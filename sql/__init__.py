"""Everything that is SQL: the schema, its migrations, the invariants and the named queries.

A query stands in a `.sql` file under the line `-- name: the_name`, uses PostgreSQL's own `$1`, and is called by one
typed function. `tests/sql/test_queries.py` prepares every one of them against the migrated database.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import msgspec
from asyncpg import Connection as _Connection
from asyncpg import Pool as _Pool
from asyncpg import Record
from asyncpg.pool import PoolConnectionProxy

if TYPE_CHECKING:
    Connection: TypeAlias = _Connection[Record] | PoolConnectionProxy[Record]
    Pool: TypeAlias = _Pool[Record]
else:
    Connection = _Connection | PoolConnectionProxy
    Pool = _Pool

T = TypeVar("T")
FOLDER = Path(__file__).parent
_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def load(path: str) -> dict[str, str]:
    """The queries of `sql/<path>.sql`, by name."""
    _, *parts = _NAME.split((FOLDER / f"{path}.sql").read_text(encoding="utf-8"))
    names, texts = parts[::2], parts[1::2]
    assert len(names) == len(set(names)) > 0, f"{path}.sql: names missing or repeated"
    return dict(zip(names, map(str.strip, texts), strict=True))


def row(shape: type[T], record: Record) -> T:
    """A record as a Struct; a missing or an extra column is a `msgspec.ValidationError`."""
    return msgspec.convert(dict(record), shape)


async def one(db: Connection, shape: type[T], query: str, *args: object) -> T | None:
    """The single row of a query as a Struct, or None."""
    record = await db.fetchrow(query, *args)
    return None if record is None else row(shape, record)


async def every(db: Connection, shape: type[T], query: str, *args: object) -> Sequence[T]:
    """All rows of a query as Structs."""
    return [row(shape, record) for record in await db.fetch(query, *args)]
