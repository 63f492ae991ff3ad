"""A driver's own page: the stays that run now, what is owed, cars, bills, appeals, and what is stored about them."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter
from msgspec import Meta, Struct

from parking import phone_codes
from parking.appeals import APPEAL_CHARACTERS_MAX
from parking.flow import accounts as export_flow
from parking.flow import appeals as appeal_flow
from parking.flow import inside as inside_flow
from parking.flow import plates as plate_flow
from parking.flow import sessions as session_flow
from parking.plates import PlateColor
from parking.store import phone_codes as phone_store
from parking.store import plates as plate_store
from parking.texts.pages import me as words
from parking.web.bills import online
from parking.web.dependencies import Db, Network, Now, Pool, Principal, RandomBits, SignedIn
from parking.web.forms import Shown, action, page, read
from parking.web.lots import CITY_ZONE
from parking.web.reader import Reader
from parking.web.response import language_of, moved, shown
from parking.web.sign_in import ended_session
from payments.api.dependencies import Channels, VisitsOf, Wording
from payments.attempts import AttemptState, PaymentInProgress
from payments.charges import ChargeNotDue, ChargeState, PublicLine
from payments.flow import accounts as accounts_flow
from payments.flow import charges as charge_flow
from payments.identity import Audience
from payments.tries import TooManyAttempts

BILLS_PER_PAGE, APPEALS_SHOWN = 10, 20
# Of what is owed so much is paid at once.
PAID_AT_ONCE_MAX = 20
LOOKED_FOR_DUE = 100
# The test channel takes this payer; one that takes money says itself who pays.
PAYER = "ok"
OVER = (AttemptState.DECLINED, AttemptState.FAILED)
SAID = ("paid", "waits", "failed", "linked", "unlinked", "appealed")


class Car(Struct, frozen=True):
    """A car by its plate."""

    plate: Annotated[str, Meta(min_length=1, max_length=32)]
    plate_color: PlateColor


class Paying(Struct, frozen=True):
    """How it is paid. `key`: of the page, so that it is paid once however often its button is pressed."""

    channel: Annotated[str, Meta(min_length=1, max_length=32)]
    key: Annotated[str, Meta(min_length=8, max_length=64)]
    reference: UUID | None = None


class Appealing(Struct, frozen=True):
    """Why a bill is wrong."""

    reason: Annotated[str, Meta(min_length=1, max_length=APPEAL_CHARACTERS_MAX)]


@page("/me", Audience.DRIVER)
async def my_page(
    *,
    request: Shown,
    principal: Principal,
    db: Db,
    now: Now,
    network: Network,
    channels: Channels,
    wording: Wording,
    visits_of: VisitsOf,
    random_bits: RandomBits,
    after: Annotated[UUID | None, QueryParameter(description="The last bill of the page before.")] = None,
) -> Response[bytes]:
    """Everything of the account, what is most pressing first; a page asks for it again by itself while a stay runs."""
    bills = await charge_flow.charges_of_driver(
        db, principal.id, before=after, limit=BILLS_PER_PAGE, wording=wording, visits_of=visits_of
    )
    phone = await phone_store.phone_of(db, principal.id)
    return shown(
        request,
        "me.html",
        _reader(request),
        standing=await accounts_flow.standing(db, principal.id),
        phone=None if phone is None else phone_codes.masked(phone),
        running=await inside_flow.inside_of_driver(
            db, principal, network=network.snapshot, now=now, random_bits=random_bits
        ),
        now=now,
        cars=await plate_store.plates_of(db, principal.id),
        colors=[color for color in PlateColor if color is not PlateColor.UNKNOWN],
        bills=bills,
        following=bills[-1].reference if len(bills) == BILLS_PER_PAGE else None,
        appeals=await appeal_flow.appeals_of(db, principal.id, before=None, limit=APPEALS_SHOWN),
        **_paying(request, channels),
    )


@page("/me/bills/{reference:uuid}", Audience.DRIVER)
async def my_bill(
    *,
    request: Shown,
    reference: FromPath[UUID],
    principal: Principal,
    db: Db,
    channels: Channels,
    wording: Wording,
    visits_of: VisitsOf,
) -> Response[bytes]:
    """A bill of the account with its lines, to be paid, printed and appealed against."""
    bill = await charge_flow.charge_of_driver(db, principal.id, reference, wording=wording, visits_of=visits_of)
    lines = msgspec.json.decode(bytes(bill.lines), type=list[PublicLine])
    return shown(
        request,
        "me_bill.html",
        _reader(request),
        bill=bill,
        lines=lines,
        reason_max=APPEAL_CHARACTERS_MAX,
        **_paying(request, channels),
    )


@action("/me/pay", Audience.DRIVER)
async def pay(
    *,
    request: Shown,
    principal: Principal,
    pool: Pool,
    channels: Channels,
    wording: Wording,
    visits_of: VisitsOf,
    now: Now,
    random_bits: RandomBits,
) -> Response[bytes]:
    """Pays a bill of the account, or what is owed at once, through a channel there is."""
    said = await read(request, Paying)
    async with pool.acquire() as db:
        if said.reference is None:
            found = await charge_flow.charges_of_driver(
                db, principal.id, before=None, limit=LOOKED_FOR_DUE, wording=wording, visits_of=visits_of
            )
        else:
            found = [
                await charge_flow.charge_of_driver(
                    db, principal.id, said.reference, wording=wording, visits_of=visits_of
                )
            ]
        due = [each for each in found if each.state is ChargeState.DUE][:PAID_AT_ONCE_MAX]
        charges = [await charge_flow.charge_named(db, each.reference, by_id=False) for each in due]
    outcomes = set()
    for charge in charges:
        try:
            paid = await charge_flow.pay_charge(
                pool,
                channels,
                charge_id=charge.id,
                channel=said.channel,
                payer=PAYER,
                now=now,
                random_bits=random_bits,
                account_id=principal.id,
                request_key=f"{said.key} {charge.reference}",
            )
        except (PaymentInProgress, ChargeNotDue, TooManyAttempts):
            outcomes.add("waits")
        else:
            is_over = paid.charge_state is ChargeState.PAID
            outcomes.add("paid" if is_over else "failed" if paid.state in OVER else "waits")
    worst = next((each for each in ("failed", "waits", "paid") if each in outcomes), "waits")
    return moved(f"{_bill(said.reference) if said.reference else '/me'}?said={worst}")


@action("/me/bills/{reference:uuid}/appeal", Audience.DRIVER)
async def appeal(request: Shown, reference: FromPath[UUID], principal: Principal, db: Db, now: Now) -> Response[bytes]:
    """Says that a bill of the account is wrong."""
    said = await read(request, Appealing)
    await appeal_flow.appeal(db, reference=reference, account_id=principal.id, said=said.reason, now=now)
    return moved("/me?said=appealed#appeals")


@action("/me/cars", Audience.DRIVER)
async def add_car(request: Shown, principal: Principal, db: Db, now: Now, random_bits: RandomBits) -> Response[bytes]:
    """The account pays for a car from now on."""
    car = await read(request, Car)
    await plate_flow.link_plate(
        db,
        account_id=principal.id,
        plate=car.plate,
        plate_color=car.plate_color,
        now=now,
        random_bits=random_bits,
        actor=principal.subject,
    )
    return moved("/me?said=linked#cars")


@action("/me/cars/remove", Audience.DRIVER)
async def remove_car(
    request: Shown, principal: Principal, db: Db, now: Now, random_bits: RandomBits
) -> Response[bytes]:
    """The account pays for a car no longer."""
    car = await read(request, Car)
    await plate_flow.unlink_plate(
        db,
        account_id=principal.id,
        plate=car.plate,
        plate_color=car.plate_color,
        now=now,
        random_bits=random_bits,
        actor=principal.subject,
    )
    return moved("/me?said=unlinked#cars")


@action("/me/data", Audience.DRIVER)
async def take_data(principal: Principal, db: Db, now: Now, random_bits: RandomBits) -> Response[bytes]:
    """Everything that is held of the driver, as a file. It is kept that they took it, so it is no mere look."""
    export = await export_flow.export_account(
        db, account_id=principal.id, actor=principal.subject, now=now, random_bits=random_bits
    )
    headers = {"Content-Disposition": 'attachment; filename="onelot.json"', "Cache-Control": "no-store"}
    body = msgspec.json.format(msgspec.json.encode(export), indent=2)
    return Response(body, status_code=200, media_type="application/json", headers=headers)


@action("/me/sign-out", Audience.DRIVER)
async def sign_out(request: Shown, db: Db, signed_in: SignedIn, now: Now) -> Response[bytes]:
    """Ends the session."""
    if signed_in is not None:
        await session_flow.sign_out(db, signed_in, now=now)
    return ended_session(request, "/sign-in/phone?out=1")


def _reader(request: Shown) -> Reader:
    return Reader(language_of(request), words.WORDS, ZoneInfo(CITY_ZONE))


def _paying(request: Shown, channels: Mapping[str, object]) -> dict[str, Any]:
    said = request.query_params.get("said")
    return {"online": online(channels), "key": uuid4().hex, "said": said if said in SAID else None}


def _bill(reference: UUID) -> str:
    return f"/me/bills/{reference}"


ROUTES: list[HTTPRouteHandler] = [
    *(my_page, my_bill, pay, appeal, add_car, remove_car, take_data, sign_out),
]
