"""A file of SQL is cut where PostgreSQL would cut it, and nowhere else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sql.migrate import Migration, files
from sql.statements import Unclosed, statements


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" ;; \n;", []),
        ("-- only a word\n/* and ; another */", []),
        ("select 1; select 2", ["select 1", "select 2"]),
        ("select 1;\n-- why; because\nselect 2;\n-- the end", ["select 1", "-- why; because\nselect 2"]),
        ("/* a /* ; */ ; */ select 1; b", ["/* a /* ; */ ; */ select 1", "b"]),
        ("select ';''; '; b", ["select ';''; '", "b"]),
        (r"select e'\'; ', 'a\'; b", [r"select e'\'; ', 'a\'", "b"]),
        ("select me';'; b", ["select me';'", "b"]),
        ('select "a;""b"; b', ['select "a;""b"', "b"]),
        ("select u&'a;'; b", ["select u&'a;'", "b"]),
        ("select $$ ; ' -- $$; b", ["select $$ ; ' -- $$", "b"]),
        ("select $a$ ; $$ ; $b$ ; $a$; b", ["select $a$ ; $$ ; $b$ ; $a$", "b"]),
        ("select $鲁$;$鲁$; b", ["select $鲁$;$鲁$", "b"]),
        ("select a$b, c$d; b", ["select a$b, c$d", "b"]),
        ("select $1; select $2", ["select $1", "select $2"]),
        ("create rule r as on insert to t do (a; b); c", ["create rule r as on insert to t do (a; b)", "c"]),
        ("begin; update t set a = 1; end; b", ["begin", "update t set a = 1", "end", "b"]),
        (
            "create function f() returns int begin atomic select case when a then b end; c; end; d",
            ["create function f() returns int begin atomic select case when a then b end; c; end", "d"],
        ),
        (
            "Create Or Replace Procedure p() BEGIN ATOMIC a; b; END; d",
            ["Create Or Replace Procedure p() BEGIN ATOMIC a; b; END", "d"],
        ),
    ],
)
def test_statements_end_at_their_semicolons(text: str, expected: list[str]) -> None:
    assert statements(text) == expected


@pytest.mark.parametrize("text", ["select 'a", 'select "a', "select $a$ $$", "a /* /* */", "select $$ $a$"])
def test_what_is_never_closed_is_refused(text: str) -> None:
    with pytest.raises(Unclosed, match="never closed"):
        statements(f"select 1; {text}; select 2")


PIECES = ["select 1", "do $$ begin a; end $$", "insert into t values (';', e'\\'')", "/* ; */ a", "-- ;\nb", '";"']


@given(st.lists(st.sampled_from(PIECES)), st.sampled_from([";", " ;\n", ";;", "; /* nothing; */ ;"]))
def test_what_is_joined_comes_apart_again(pieces: list[str], between: str) -> None:
    assert statements(between.join(pieces)) == pieces


@pytest.mark.parametrize("migration", files(), ids=lambda file: file.name)
def test_nothing_of_a_migration_is_lost(migration: Migration) -> None:
    text = migration.text
    found = statements(text)
    assert len(found) > 1 or re.sub(r"(?s)--[^\n]*|\$\$.*?\$\$", "", text).count(";") == 1
    at = 0
    for statement in found:
        begins = text.index(statement, at)
        assert set(text[at:begins]) <= {";", " ", "\n"}
        at = begins + len(statement)
    assert text[at:].strip() == ";"
