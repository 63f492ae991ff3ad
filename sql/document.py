"""A dump of the schema as a document: by subject instead of by alphabet, with everything about a table beside it."""

import re
import textwrap
from collections import defaultdict

WIDTH = 118
# In the order of a visit; every table belongs to one chapter.
CHAPTERS = {
    "Identifiers, months, and who does what": (
        "growing_table",
        "schema_migration",
        "catalog_version",
        "identity_version",
        "job",
        "sweep",
        "forgetting",
    ),
    "The network": (
        "operator",
        "operator_fee",
        "lot",
        "lot_capacity",
        "lot_closure",
        "lot_probable_match",
        "lot_surroundings",
        "former_lot_code",
        "lot_facilities",
        "bay",
        "gate",
        "gateway",
        "gateway_key",
        "gateway_lot",
        "gateway_serving",
        "lane",
        "lane_way",
        "lane_closure",
        "no_plate_text",
        "place",
    ),
    "Tariffs, and where they are in force": ("tariff", "zone", "lot_tariff", "lot_zone", "zone_tariff"),
    "What vehicles have a right to": (
        "exempt_vehicle",
        "ban",
        "parking_pass",
        "pass_vehicle",
        "booking_rule",
        "booking",
        "booking_now",
        "coupon",
        "coupon_use",
        "prepayment",
        "paid_by",
        "charging_session",
    ),
    "Events and stays": (
        *(
            "gate_event",
            "device_fact",
            "read_passage",
            "cash_taken",
            "ticket",
            "booth_shift",
            "refused_event",
            "refused_count",
            "open_stay",
            "stay_revision",
            "stay",
            "match",
            "stay_rights",
            "repricing",
            "parking_case",
            "decision",
            "device_decision",
            "discrepancy",
            "alarm",
            "lot_occupancy",
            "lot_history",
            "lot_usual",
            "plate_slot",
            "gateway_billing",
            "gateway_state",
            "gateway_command",
            "clock_spell",
            "gateway_pack",
        ),
    ),
    "Accounts": (
        *("account", "account_known_as", "token", "account_plate", "plate_claim", "plate_contest", "top_up", "audit"),
        *("audit_link", "audit_head", "audit_waiting", "staff", "session", "sign_in_failure"),
        *("account_phone", "phone_code"),
    ),
    "Charges and payments": (
        *(
            "charge",
            "charge_adjustment",
            "charge_hold",
            "charge_cleared",
            "attempt",
            "refund",
            "dispute",
            "channel_local_payment",
            "channel_local_refund",
        ),
    ),
    "The books": ("book", "channel", "journal_rule", "transfer_rule", "journal", "transfer", "leg", "balance"),
    "Settlement": (
        "operator_day",
        "settlement_run",
        "movement",
        "settlement",
        "settlement_line",
        "report_schedule",
        "report_run",
    ),
}
_ABOUT = re.compile(
    r"(?:CREATE (?:TABLE|VIEW)|ALTER TABLE(?: ONLY)?|COMMENT ON (?:TABLE|VIEW)|GRANT .*? ON TABLE) (\w+)"
    r"|COMMENT ON COLUMN (\w+)\.|CREATE (?:UNIQUE )?INDEX \w+ ON(?: ONLY)? (\w+)|CREATE TRIGGER .*? ON (\w+)",
    re.DOTALL,
)


class TableMissing(Exception):
    """A table belongs to no chapter, or a chapter names one that does not exist."""


def document(statements: list[str], schema: str) -> str:
    """The statements of a dump, in which names are those of `schema`, ordered for a reader."""
    plain = [re.sub(rf"\b{schema}\.", "", statement).strip() for statement in statements]
    tables: dict[str, list[str]] = defaultdict(list)
    types, functions, rest = [], [], []
    for statement in plain:
        if statement.split()[:2] == ["CREATE", "TYPE"]:
            types.append(" ".join(statement.split()))
        elif "FUNCTION" in statement.split("(", 1)[0]:
            functions.append(statement)
        elif (about := _ABOUT.match(statement)) is not None:
            tables[next(filter(None, about.groups()))].append(statement)
        else:
            rest.append(statement)
    _check(set(tables))
    parts = [_chapter("Kinds of things"), "\n".join(f"{each};" for each in types)]
    parts += [f"{each};" for each in rest]
    for title, names in CHAPTERS.items():
        parts += [_chapter(title), *[_table(tables[name]) for name in names]]
    parts += [_chapter("Functions"), *[f"{each};" for each in functions]]
    return "\n\n".join(parts) + "\n"


def _check(present: set[str]) -> None:
    named = {name for names in CHAPTERS.values() for name in names}
    if present != named:
        extra, gone = present - named, named - present
        raise TableMissing(f"in no chapter of sql/document.py: {extra or '-'}; gone: {gone or '-'}")


def _chapter(title: str) -> str:
    return f"-- {title} {'-' * (WIDTH - 4 - len(title))}"


def _table(statements: list[str]) -> str:
    comment = next((each for each in statements if re.match(r"COMMENT ON (TABLE|VIEW)", each)), "")
    creation = next(each for each in statements if re.match(r"CREATE (TABLE|VIEW)\b", each))
    keys = [each for each in statements if "ADD CONSTRAINT" in each]
    numbered = any("ADD GENERATED" in each for each in statements)
    others = [
        each for each in statements if re.match(r"CREATE (UNIQUE )?INDEX|CREATE TRIGGER|ALTER TABLE \w+ ENABLE", each)
    ]
    columns = [each for each in statements if each.startswith("COMMENT ON COLUMN")]
    grants = [each for each in statements if each.startswith("GRANT")]
    lines = [_comment(comment), _create(creation, keys, numbered=numbered)]
    lines += [f"{' '.join(each.split())};" for each in [*others, *columns]]
    lines.append(_may(grants))
    return "\n".join(filter(None, lines))


def _comment(statement: str) -> str:
    text = re.sub(r"^COMMENT ON .*? IS '(.*)'$", r"\1", statement, flags=re.DOTALL).replace("''", "'")
    return "\n".join(f"-- {line}" for line in textwrap.wrap(text, WIDTH - 3))


def _create(creation: str, keys: list[str], *, numbered: bool) -> str:
    if re.match(r"CREATE VIEW\b", creation):
        return f"{creation};"
    head, _, body = creation.partition("(\n")
    inner, _, tail = body.rpartition("\n)")
    lines = [line.strip().removesuffix(",") for line in inner.split("\n")]
    columns = [line for line in lines if not line.startswith("CONSTRAINT")]
    checks = [line for line in lines if line.startswith("CONSTRAINT")]
    checks += [" ".join(key.split()).partition(" ADD ")[2] for key in keys]
    width = max(len(column.split(" ", 1)[0]) for column in columns)
    rows = [f"{name:<{width}} {rest}" for name, rest in (column.split(" ", 1) for column in columns)]
    if numbered:
        rows = [f"{row} GENERATED ALWAYS AS IDENTITY" if row.startswith("id ") else row for row in rows]
    text = ",\n".join(f"    {row}" for row in [*rows, *checks])
    return f"{head}(\n{text}\n){' '.join(tail.split()) and ' ' + ' '.join(tail.split())};"


def _may(grants: list[str]) -> str:
    """What the service may do with a table, in one line."""
    columns: dict[str, list[str]] = {}
    for grant in grants:
        may = re.match(r"GRANT (.*?) ON TABLE", grant)
        assert may is not None
        for right, column in re.findall(r"(\w+)(?:\((\w+)\))?", may[1]):
            columns.setdefault(right.lower(), []).extend([column] if column else [])
    rights = [f"{right} ({', '.join(names)})" if names else right for right, names in columns.items()]
    return f"-- The service may: {', '.join(rights)}." if rights else ""
