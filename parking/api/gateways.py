"""The keys of gateways."""

from collections.abc import Sequence

from litestar import delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from parking.api.dependencies import Secret
from parking.flow import lots as flow
from parking.lots import IssuedKey
from parking.store import lots as store
from payments import identity
from payments.api.dependencies import Db, Now, Principal
from payments.identity import Audience


class NewKey(Struct, frozen=True):
    """A gateway's new key, shown this once."""

    key: str


@post(
    "/v1/admin/gateways/{gateway:str}/keys",
    operation_id="issueGatewayKey",
    summary="Issue a key of a gateway; two may be active, for rotation",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
)
async def issue_key(gateway: FromPath[str], principal: Principal, db: Db, now: Now, secret: Secret) -> NewKey:
    """The key is shown once; only its hash is kept."""
    identity.may_act_for(principal, await flow.operator_of_gateway(db, gateway_code=gateway))
    return NewKey(await flow.issue_gateway_key(db, gateway_code=gateway, secret=secret, by=principal.subject, now=now))


@get(
    "/v1/admin/gateways/{gateway:str}/keys",
    operation_id="listGatewayKeys",
    summary="The keys a gateway has had",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
)
async def list_keys(gateway: FromPath[str], principal: Principal, db: Db) -> Sequence[IssuedKey]:
    """Never their secrets: nobody has those."""
    identity.may_act_for(principal, await flow.operator_of_gateway(db, gateway_code=gateway))
    return await store.keys_of(db, gateway)


@delete(
    "/v1/admin/gateways/{gateway:str}/keys/{key_id:str}",
    operation_id="revokeGatewayKey",
    summary="Revoke a key of a gateway",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
)
async def revoke_key(gateway: FromPath[str], key_id: FromPath[str], principal: Principal, db: Db, now: Now) -> None:
    """Every process refuses the key within a second."""
    identity.may_act_for(principal, await flow.operator_of_gateway(db, gateway_code=gateway))
    await flow.revoke_gateway_key(db, gateway_code=gateway, key_id=key_id, by=principal.subject, now=now)


ROUTES: list[HTTPRouteHandler] = [issue_key, list_keys, revoke_key]
