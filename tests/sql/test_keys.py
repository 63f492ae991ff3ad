"""Every key of a fact names its shard, so that a table can be spread: the lot of what happens, the owner of money."""

import sql

SHARDS = {"lot_id", "owner_id", "operator_id", "account_id", "shard"}
# What is small and the same everywhere, or has one row for all: it is copied to every node and not spread.
REFERENCE = {
    "bay": "the network: a sensor watches one bay of all lots",
    "audit_head": "one row",
    "audit_link": "the one chain of all lines in a database",
    "ban": "whom no lot of the city lets in",
    "book": "the kinds of books",
    "catalog_version": "one row",
    "coupon": "it may be presented in many lots",
    "channel": "the channels there are",
    "channel_local_payment": "the test channel, which stands for an outside provider",
    "channel_local_refund": "the same",
    "exempt_vehicle": "what a vehicle is known for in every lot",
    "forgetting": "a row for what is forgotten",
    "former_lot_code": "the network: a code leads to one lot of all",
    "gateway": "the network, which every process holds whole",
    "gateway_key": "the same",
    "gate": "the same",
    "growing_table": "which tables have months",
    "identity_version": "one row",
    "job": "a row a job",
    "journal_rule": "the kinds of journals",
    "lane": "the network",
    "lane_closure": "the same",
    "lane_way": "the same",
    "lot": "the network",
    "operator": "the network",
    "account": "who an account is; what moves with it names it as owner",
    "account_known_as": "the same",
    "account_phone": "whose phone it is, asked without knowing the account",
    "account_plate": "whose plate it is, asked without knowing the account",
    "phone_code": "who asks may have no account",
    "place": "the network",
    "plate_contest": "the same",
    "parking_pass": "it may hold in many lots",
    "pass_vehicle": "the same",
    "plate_slot": "nothing is written here",
    "schema_migration": "the schema's own history",
    "settlement_run": "a row a day",
    "session": "whose it is is found by what a browser holds, and by nothing else",
    "sign_in_failure": "who tries may be nobody",
    "staff": "who an account is; its login is one of all",
    "sweep": "a row for what is looked at lot by lot",
    "tariff": "the network",
    "token": "whom it was issued to may be no account",
    "transfer_rule": "the kinds of journals",
    "zone": "the network",
    "zone_tariff": "the network",
}
# Keys beside a primary key that do name the shard.
EXCEPTIONS = {
    "settlement_id_key": "a settlement's number is the journal's of its fee, and the primary key names the day"
}


async def test_every_key_of_a_fact_names_its_shard(owner: sql.Connection) -> None:
    keys = await owner.fetch(
        "select c.relname as of, i.relname as name, array_agg(a.attname::text) as columns "
        "from pg_index x join pg_class c on c.oid = x.indrelid join pg_class i on i.oid = x.indexrelid "
        "join pg_attribute a on a.attrelid = c.oid and a.attnum = any(x.indkey) "
        "where x.indisunique and not c.relispartition and c.relnamespace = current_schema()::regnamespace "
        "group by c.relname, i.relname"
    )
    assert REFERENCE.keys() <= {key["of"] for key in keys}
    wrong = [
        f"{key['of']}: {key['name']} ({', '.join(key['columns'])})"
        for key in keys
        if key["of"] not in REFERENCE and key["name"] not in EXCEPTIONS and not SHARDS.intersection(key["columns"])
    ]
    assert not wrong, "\n".join([*wrong, "-> put the lot or the owner into the key"])
