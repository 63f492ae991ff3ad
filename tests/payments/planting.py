"""Statements that corrupt the books: what stands in tests/payments/plants/ is made of them."""

A, B = "(select min(operator_id) from lot)", "(select max(operator_id) from lot)"
LOT_A, LOT_B = "(select min(id) from lot)", "(select max(id) from lot)"
ZHANG, LI = "(select min(id) from account)", "(select min(id) + 1 from account)"
CHARGE = "(lot_id, id) = (select lot_id, id from charge where {} order by id limit 1)"
ONE = "(owner_id, id) = (select owner_id, id from journal where kind = '{}' order by id limit 1)"
LEG = "(owner_id, journal_id) = (select owner_id, id from journal where kind = '{}' order by id limit 1)"
OF_CHARGE = "(owner_id, journal_id) in (select owner_id, id from journal where kind = '{}' and ref = {})"
CASUAL_PAID = f"(select id from charge where lot_id = {LOT_A} and amount_fen = 1000)"
OPEN_DAY = f"(select id from charge where lot_id = {LOT_A} and amount_fen = 450)"
CORRECTED = (
    f"(select id from charge where lot_id = {LOT_A} and adjustments > 0 and state <> 'void' and amount_fen = {{}})"
)
LAST_FEE = f"(select id from journal where kind = 'platform_fee' and owner_id = {A} order by id desc limit 1)"
PLANTED = "(jsonb_populate_record({0}, jsonb_build_object('{1}', id_last({0}.{1})))).*"
ATTEMPT_OF = (
    "insert into attempt (shard, payable_id, id, kind, request_no, channel, amount_fen, state, "
    "created_at, updated_at) "
    "select lot_id, id, id_last(id), 'charge', 'planted', 'local', amount_fen, 'succeeded', created_at, created_at "
    "from charge where state = '{}' limit 1"
)


def journal(kind: str, owner: str, ref: str, *, operator: str = "null", lot: str = "null", like: str = "top_up") -> str:
    """A journal that stands where one of `like` does, with an id of its own."""
    return (
        "insert into journal (owner_id, id, kind, ref, lot_id, operator_id, business_date, occurred_on, recorded_at, "
        f"fingerprint, txid) select {owner}, id_last(id), '{kind}', {ref}, {lot}, {operator}, business_date, "
        f"business_date, recorded_at, '', pg_current_xact_id() from journal where kind = '{like}' order by id limit 1"
    )


def transfer(kind: str, debit: tuple[str, str], credit: tuple[str, str], fen: int) -> str:
    """The only leg of the journal that was planted last."""
    return (
        "insert into transfer (owner_id, journal_id, leg, debit_owner, debit_book, credit_owner, "
        "credit_book, amount_fen, "
        f"txid) select owner_id, id, 1, {debit[0]}, '{debit[1]}', {credit[0]}, '{credit[1]}', {fen}, "
        "txid from journal "
        f"where kind = '{kind}' and fingerprint = ''"
    )


def credited(owner: str, book: str, fen: int) -> str:
    return f"update balance set credits = credits + {fen} where owner_id = {owner} and book = '{book}'"


def debited(owner: str, book: str, fen: int) -> str:
    return f"update balance set debits = debits + {fen} where owner_id = {owner} and book = '{book}'"
