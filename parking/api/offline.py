"""The pack by which a gateway decides while it is cut off."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from msgspec import Struct

from parking import offline
from parking.api.authentication import key_said
from parking.api.decoding import StrictRequest
from parking.api.dependencies import Network
from parking.flow import offline as flow
from parking.limits import Rate, TooManyRequests
from parking.live.rates import Rates
from parking.offline import PACK_LIFE, Delta, Entries
from parking.scope import served_lot
from payments.api.dependencies import Db, Now, Principal
from payments.identity import Audience

SIGNATURE = "X-Pack-Signature"
# A pack prices every car that is inside.
PACKS = Rate(4, 60)


class Pack(Struct, frozen=True, omit_defaults=True):
    """A pack: its `entries`, or by what they differ (`delta`) from those of the version `since`. `digest`: of the
    entries as they are then. Marks are made by the key of the name `key_id`. `cut`: sections of which not all is there.
    """

    version: int
    lot: str
    key_id: str
    made_at: datetime
    valid_until: datetime
    digest: str
    since: int | None = None
    entries: Entries | None = None
    delta: Delta | None = None
    cut: tuple[str, ...] = ()


@get(
    "/v1/gateway/pack",
    operation_id="getPack",
    summary="What the gateway decides by while it is cut off",
    tags=["gateways"],
    opt={"audience": (Audience.GATEWAY,)},
    responses={200: ResponseSpec(Pack, generate_examples=False, description="Signed in `X-Pack-Signature`.")},
)
async def get_pack(
    request: StrictRequest,
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    since: Annotated[
        int | None, QueryParameter(ge=1, le=2**62, description="The version that the gateway has.")
    ] = None,
    lot: Annotated[
        str | None, QueryParameter(min_length=1, max_length=64, description="Of which of the gateway's lots; its own.")
    ] = None,
) -> Response[bytes]:
    """One for each lot that the gateway serves. Every few minutes is enough; four a minute are answered of each lot. It
    holds for a day.

    Raises:
        TooManyRequests: the gateway asks more often.
        UnknownLot, NotYours: it serves no such lot.
    """
    served = served_lot(principal, network.snapshot, lot)
    rates: Rates = request.app.state.rates
    if wait_s := await rates.take(f"pack:{principal.id}:{served.id}", PACKS):
        raise TooManyRequests("That is more packs than are made; wait.", retry_after_s=max(1, round(wait_s)))
    snapshot = network.snapshot
    gateway = snapshot.gateways[principal.id]
    key = snapshot.keys[key_said(request.scope)]
    keys = offline.keys_of(key.secret_hash)
    made = await flow.make_pack(db, gateway, keys, key_id=key.id, since=since, network=snapshot, now=now, lot=served)
    pack = Pack(
        version=made.version,
        lot=served.code,
        key_id=key.id,
        made_at=now,
        valid_until=now + PACK_LIFE,
        digest=made.digest,
        since=made.since,
        entries=made.entries if isinstance(made.entries, Entries) else None,
        delta=made.entries if isinstance(made.entries, Delta) else None,
        cut=made.cut,
    )
    body = msgspec.json.encode(pack)
    return Response(body, media_type="application/json", headers={SIGNATURE: offline.sign(keys, body)})


ROUTES: list[HTTPRouteHandler] = [get_pack]
