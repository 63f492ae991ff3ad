"""Facts that tests post: a top-up or a charge with the attempt that took its money, and the journals they make."""

from collections.abc import Sequence
from uuid import UUID

import sql
from payments import charges, ids, ledger
from payments.channels.wallet import WALLET
from payments.ledger import Journal
from payments.store import charges as charge_store
from payments.store import ledger as store
from tests.payments.city import DAY, City

ATTEMPT = """insert into attempt
               (shard, payable_id, id, kind, request_no, channel, amount_fen, paid_fen, state, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7::bigint,
                     case when $4::payable_kind = 'charge' then $7::bigint else 0 end, 'succeeded', $8, $8)"""
PAID = """update charge set state = 'paid', method = 'wallet', paid_at = $2, collect_at = null, paid_attempt_id = $3,
                 paid_fen = owed_fen, accepted_fen = owed_fen, owed_fen = 0
           where id = $1"""
TOP_UP = "insert into top_up (account_id, id, key_digest, amount_fen, created_at) values ($1, $2, $3, $4, $5)"


async def taken(db: sql.Connection, city: City, kind: str, shard: int, payable: UUID, fen: int, channel: str) -> UUID:
    """An attempt that succeeded."""
    attempt = ids.new(city.now, shard, city.random_bits())
    await db.execute(ATTEMPT, shard, payable, attempt, kind, attempt.hex, channel, fen, city.now)
    return attempt


async def topped_up(db: sql.Connection, city: City, account_id: int, fen: int) -> Journal:
    """A top-up that a channel took, and its journal, which is still to be posted."""
    key = ids.new(city.now, account_id, city.random_bits())
    await db.execute(TOP_UP, account_id, key, key.hex, fen, city.now)
    await taken(db, city, "top_up", account_id, key, fen, "local")
    return ledger.topped_up(account_id, key, city.local.funds(account_id), fen, DAY)


async def spent(db: sql.Connection, city: City, account_id: int, fen: int) -> list[Journal]:
    """A charge that the wallet paid, and the journals of both, which are still to be posted."""
    request = city.request(account_id, fen)
    charge = charges.charge_id(request.stay_id, request.account_id)
    await charge_store.insert_charges(db, {charge: request}, now=city.now)
    attempt = await taken(db, city, "charge", city.lot_id, charge, fen, "wallet")
    await db.execute(PAID, charge, city.now, attempt)
    paid = ledger.charge_paid(charge, attempt, request, fen, WALLET.funds(account_id), DAY)
    return [ledger.stay_billed(charge, request, DAY), paid]


async def move(city: City, moves: Sequence[tuple[int, int]]) -> list[Journal]:
    """Wallets filled (more than 0 fen) and spent from (less), in one posting or not at all; returns its journals."""
    async with city.pool.acquire() as db, db.transaction():
        journals: list[Journal] = []
        for account_id, fen in moves:
            if fen > 0:
                journals.append(await topped_up(db, city, account_id, fen))
            else:
                journals += await spent(db, city, account_id, -fen)
        await store.post(db, journals, now=city.now)
        return journals
