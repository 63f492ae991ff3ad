"""The house rules, each with what to do instead. CONTRIBUTING.md says why they are ours."""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import sql

ROOT = Path(__file__).parent.parent
PACKAGES = ("parking", "payments", "sql", "seeds", "loadtests", "tests")
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
JUNK = {
    "util",
    "utils",
    "common",
    "helper",
    "helpers",
    "manager",
    "managers",
    "service",
    "services",
    "misc",
    "base",
    "core",
    "lib",
}

# Who may import whom, by the direction the money takes. What is not named here is free for all.
MAY_IMPORT = {
    "payments": {"payments", "sql"},
    "parking": {"parking", "payments", "sql"},
    "sql": {"sql"},
    # A tool that measures must run without the tests, and what it does is tested as it is run.
    "loadtests": {"loadtests", "parking", "payments", "seeds", "sql"},
    "tests": {"tests", "parking", "payments", "seeds", "sql"},
}
# The command that starts the demo; the one that dumps the schema of a server of its own.
EXCEPTIONS = {("parking/cli/main.py", "seeds"), ("sql/dump.py", "seeds")}

# What is owed and paid, and to whom. Every other table is parking's.
TABLES_OF_PAYMENTS = {
    "account", "account_known_as", "attempt", "audit", "audit_head", "audit_link", "audit_waiting",
    "balance", "book", "channel", "channel_local_payment",
    "channel_local_refund",
    "charge", "charge_adjustment", "charge_cleared", "charge_hold", "dispute", "forgetting", "growing_table",
    "identity_version", "journal", "journal_rule", "movement", "operator", "operator_day", "operator_fee", "refund",
    "schema_migration", "settlement", "settlement_line", "settlement_run", "token", "top_up", "transfer",
    "transfer_rule",
}  # fmt: skip

# The one sentence of the house: a folder's name says whether what is in it may touch the outside. So do these modules.
OPEN_FOLDERS = {"flow", "store", "ingest", "live", "api", "feeds", "web", "cli", "channels"}
# Of these, the ways in from outside.
WAYS_IN = {"api", "feeds", "web", "cli"}
OPEN_MODULES = {"app", "worker", "jobs", "settings", "clock", "__main__"}
OUTSIDE = {
    "aiohttp", "apscheduler", "asyncio", "asyncpg", "click", "http", "httpx", "litestar", "logging", "os", "pathlib",
    "random", "redis", "rich", "secrets", "shutil", "socket", "sql", "subprocess", "threading", "time",
    "urllib.request", "uvicorn", "uvloop",
}  # fmt: skip
# Types of libraries that touch the outside, which do not themselves.
MERE_TYPES = {("payments/ids.py", "asyncpg.pgproto.pgproto")}
ASKING = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "uuid4",
    "uuid1",
    "uuid.uuid4",
    "open",
    "print",
}
STATEMENT = re.compile(
    r"^\s*(with \w+ as|select [\w*'(].*|insert into \w|update \w+( \w+)? set|delete from \w|truncate \w"
    r"|(create|alter|drop) (table|index|type|function|database))",
    re.IGNORECASE,
)
# What follows a value in an f-string that writes an amount or a length of time, and what goes before it.
UNIT_AFTER = re.compile(r" ?(min|minutes?|h|hours?|d|days?|s|seconds?)\b| ?(秒|分钟|小时|天|元)")
UNIT_BEFORE = re.compile(r"[¥$€£₩]$")
TEXT_SUFFIXES = {
    ".py",
    ".sql",
    ".md",
    ".toml",
    ".lock",
    ".txt",
    ".yml",
    ".yaml",
    ".html",
    ".js",
    ".css",
    ".json",
    ".sh",
    "",
}


def python_files(*packages: str) -> list[Path]:
    return [file for package in packages or PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def imports_of(file: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of everything a file imports."""
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def is_open(parts: Sequence[str]) -> bool:
    """Whether a module of a context, by the parts of its name, may touch the outside."""
    return bool(OPEN_FOLDERS.intersection(parts[1:])) or (len(parts) > 1 and parts[1] in OPEN_MODULES)


def pure_files() -> list[Path]:
    files = python_files("parking", "payments")
    return [file for file in files if not is_open(file.relative_to(ROOT).with_suffix("").parts)]


def say(wrong: list[str], instead: str) -> None:
    assert not wrong, "\n".join([*wrong, f"-> {instead}"])


def test_names_are_nouns_of_the_domain() -> None:
    wrong = [
        name_of(path)
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.stem.lower() in JUNK and "__pycache__" not in path.parts
    ]
    say(wrong, "name a module after what it is about (plates, fees, ledger): a reader must find it by its noun")


def test_imports_follow_the_money() -> None:
    ours = set(PACKAGES)
    wrong = [
        f"{name_of(file)}:{line} imports {imported}"
        for context, allowed in MAY_IMPORT.items()
        for file in python_files(context)
        for line, imported in imports_of(file)
        if (top := imported.split(".")[0]) in ours - allowed and (name_of(file), top) not in EXCEPTIONS
    ]
    say(wrong, "parking may ask payments, never the other way: hand what is needed over as an argument")


def reaches_outside(imported: str) -> bool:
    return any(f"{imported}.".startswith(f"{each}.") for each in OUTSIDE)


def test_pure_modules_know_nothing_outside() -> None:
    wrong = []
    for file in pure_files():
        for line, imported in imports_of(file):
            parts = imported.split(".")
            if (name_of(file), imported) in MERE_TYPES:
                continue
            if reaches_outside(imported) or (parts[0] in ("parking", "payments") and is_open(parts)):
                wrong.append(f"{name_of(file)}:{line} imports {imported}")
    folders = ", ".join(sorted(OPEN_FOLDERS))
    say(wrong, f"a noun module decides and does nothing else: only {folders} may touch the outside")


def test_ways_in_know_nothing_of_each_other() -> None:
    wrong = [
        f"{name_of(file)}:{line} imports {imported}"
        for file in python_files("parking")
        for line, imported in imports_of(file)
        for way in WAYS_IN & {*file.parent.relative_to(ROOT).parts}
        if imported.startswith("parking.") and imported.split(".")[1] in WAYS_IN - {way}
    ]
    say(wrong, "what two of them show is shaped in a pure module of its noun; app.py alone puts them together")


@pytest.mark.parametrize("context", ["parking", "payments"])
def test_queries_have_the_name_of_their_noun(context: str) -> None:
    """sql/parking/lots.sql is run by parking/store/lots.py, sql/payments/channel_x.sql by payments/channels/x.py."""
    wrong = []
    for file in python_files(context):
        loaded = re.findall(r"sql\.load\(\"([\w/]+)\"\)", file.read_text(encoding="utf-8"))
        own = {"store": f"{context}/{file.stem}", "channels": f"{context}/channel_{file.stem}"}.get(file.parent.name)
        wrong += [f"{name_of(file)} runs sql/{path}.sql" for path in loaded if path != own]
    say(wrong, "a query stands in the file of its noun and gets one typed function in the store of the same name")


def test_pure_modules_are_given_time_and_entropy() -> None:
    wrong = [
        f"{name_of(file)}:{node.lineno} calls {ast.unparse(node.func)}()"
        for file in pure_files()
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ASKING
    ]
    say(
        wrong, "time and random bits are arguments (now, random_bits), so that every case can be written down as a test"
    )


def test_tests_stand_where_what_they_test_stands() -> None:
    tests = ROOT / "tests"
    wrong = [name_of(file) for file in tests.rglob("test_*.py") if not (ROOT / file.parent.relative_to(tests)).is_dir()]
    say(wrong, "tests/ mirrors the tree: what tests parking/flow stands in tests/parking/flow")


def test_files_are_short() -> None:
    wrong = [
        f"{name_of(file)} has {lines} lines"
        for file in python_files()
        if (lines := len(file.read_text(encoding="utf-8").splitlines())) > FILE_LINES_MAX
    ]
    say(wrong, f"beyond {FILE_LINES_MAX} lines a module becomes a folder of the same name, split by sub-noun")


def test_functions_are_short() -> None:
    wrong = [
        f"{name_of(file)}:{node.lineno} {node.name} has {lines} lines"
        for file in python_files()
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES_MAX
    ]
    say(wrong, f"a function fits a screen ({FUNCTION_LINES_MAX} lines): give a step of it a name of its own")


def test_modules_say_what_they_are() -> None:
    wrong = [
        name_of(file)
        for file in python_files()
        if file.read_text(encoding="utf-8").strip() and not ast.get_docstring(tree_of(file))
    ]
    say(wrong, "a module opens with one or two sentences: what this is, and what it is not")


def test_sql_stands_in_sql() -> None:
    wrong = [
        f"{name_of(file)}:{node.lineno} {node.value.strip().splitlines()[0][:60]}"
        for file in python_files("parking", "payments", "sql", "seeds")
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and STATEMENT.match(node.value)
        and node.value != "select 1"
        and not is_docstring(file, node)
    ]
    say(wrong, "give the statement a name in a file of sql/ and call it through sql.load")


def test_amounts_and_durations_are_written_in_texts() -> None:
    wrong = [
        f"{name_of(file)}:{node.lineno} {ast.unparse(node)[:60]}"
        for file in python_files("parking", "seeds/demo")
        if file.parent.name != "texts"
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.JoinedStr)
        for before, after in zip([ast.Constant(""), *node.values], [*node.values, ast.Constant("")], strict=True)
        if (isinstance(before, ast.FormattedValue) and UNIT_AFTER.match(text_of(after)))
        or (isinstance(after, ast.FormattedValue) and UNIT_BEFORE.search(text_of(before)))
    ]
    say(wrong, "parking/texts/amounts.py and durations.py write amounts and lengths of time, in both languages")


def text_of(part: ast.expr) -> str:
    return str(part.value) if isinstance(part, ast.Constant) else ""


def test_queries_of_payments_name_no_table_of_parking() -> None:
    schema = (sql.FOLDER / "schema.sql").read_text("utf-8")
    others = set(re.findall(r"^CREATE TABLE (\w+) ", schema, re.MULTILINE)) - TABLES_OF_PAYMENTS
    assert {"lot", "gate", "lane", "gateway", "stay", "gate_event", "account_plate"} <= others
    wrong = [
        f"sql/payments/{file.name}: {name} names {word}"
        for file in sorted((sql.FOLDER / "payments").glob("*.sql"))
        for name, text in sql.load(f"payments/{file.stem}").items()
        for word in re.findall(r"\w+", re.sub(r"--.*|at time zone", "", text))
        if word in others
    ]
    say(wrong, "payments knows nothing of parking: hand over what is needed, or list a new table in TABLES_OF_PAYMENTS")


def is_docstring(file: Path, constant: ast.Constant) -> bool:
    return any(
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.value.lineno == constant.lineno
        for node in ast.walk(tree_of(file))
    )


def test_every_query_is_used() -> None:
    named = {
        (path, name)
        for file in sql.FOLDER.rglob("*.sql")
        if (path := file.relative_to(sql.FOLDER).with_suffix("").as_posix()) != "schema" and "migrations" not in path
        for name in sql.load(path)
    }
    used: set[tuple[str, str]] = set()
    for file in python_files("parking", "payments", "sql", "seeds", "loadtests"):
        text = file.read_text(encoding="utf-8")
        for path in re.findall(r"sql\.load\(\"([\w/]+)\"\)", text):
            # A file of invariants is run as a whole; elsewhere a query is called by its name.
            whole = not re.search(r"\[\"\w+\"", text)
            used |= {(path, name) for found, name in named if found == path and (whole or f'["{name}"]' in text)}
    wrong = [f"sql/{path}.sql: {name}" for path, name in sorted(named - used)]
    say(wrong, "a query nobody calls is removed, or gets its typed function in the store")


@pytest.mark.parametrize("lock", sorted(ROOT.glob("requirements*.lock")), ids=lambda path: path.name)
def test_lock_is_whole_and_knows_no_place(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    wrong = re.findall(r".*(?:://|--index|--extra-index|--find-links|--trusted-host|file:| @ ).*", text)
    say(wrong, "`make lock` writes names, versions and hashes only: everybody installs from their own index")
    entries = re.split(r"^(?=[A-Za-z0-9])", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE), flags=re.MULTILINE)[1:]
    say([entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry], "run `make lock`")
    locked = {re.split(r"==|\[", entry)[0] for entry in entries}
    # What runs alone, and what makes a site of the documents, is in a lock of its own; the third one is development's.
    group = {"requirements.run.lock": "^dependencies", "requirements.docs.lock": "^docs"}.get(lock.name)
    runs = rf"{group} = \[(.*?)^\]" if group else r"(.*?)^\[dependency-groups\]"
    said = re.findall(runs, (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE | re.DOTALL)[0]
    asked = {
        re.split(r"[\s<>=;\[]", line.strip(' ",'))[0]
        for line in re.findall(r'^  "[a-z0-9-]+[><=].*$', said, re.MULTILINE)
    }
    say(sorted(asked - locked), "pyproject.toml asks for what the lock lacks: run `make lock`")


def test_no_registry_is_named() -> None:
    # Spelled apart, so that this file passes its own test.
    hosts = [
        "pypi" + ".org",
        "python" + "hosted",
        "registry." + "npmjs",
        "deb." + "debian.org",
        "pypi." + "tuna",
        "mirrors." + "aliyun",
    ]
    wrong = [f"{name_of(file)} names {host}" for file in texts() for host in hosts if host in file.read_text("utf-8")]
    say(wrong, "where packages come from is the machine's affair: name the package only")


def texts() -> list[Path]:
    folders = [*PACKAGES, ".ci"]
    inside = [file for folder in folders for file in (ROOT / folder).rglob("*")]
    # What coverage writes while the tests run lies beside them and is no text.
    return [
        file
        for file in [*ROOT.iterdir(), *inside]
        if file.is_file()
        and file.suffix in TEXT_SUFFIXES
        and "__pycache__" not in file.parts
        and not file.name.startswith(".coverage")
    ]
