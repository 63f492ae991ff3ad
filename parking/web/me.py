"""A driver's own page."""

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from parking import phone_codes
from parking.flow import sessions as session_flow
from parking.store import phone_codes as phone_store
from parking.texts.pages import me as words
from parking.web.dependencies import Db, Now, Principal, SignedIn
from parking.web.forms import Shown, action, page
from parking.web.reader import Reader
from parking.web.response import language_of, shown
from parking.web.sign_in import ended_session
from payments.flow import accounts as accounts_flow
from payments.identity import Audience


@page("/me", Audience.DRIVER)
async def my_page(request: Shown, principal: Principal, db: Db) -> Response[bytes]:
    """Who is signed in, and what they owe."""
    phone = await phone_store.phone_of(db, principal.id)
    return shown(
        request,
        "me.html",
        Reader(language_of(request), words.WORDS),
        standing=await accounts_flow.standing(db, principal.id),
        phone=None if phone is None else phone_codes.masked(phone),
    )


@action("/me/sign-out", Audience.DRIVER)
async def sign_out(request: Shown, db: Db, signed_in: SignedIn, now: Now) -> Response[bytes]:
    """Ends the session."""
    if signed_in is not None:
        await session_flow.sign_out(db, signed_in, now=now)
    return ended_session(request, "/sign-in/phone?out=1")


ROUTES: list[HTTPRouteHandler] = [my_page, sign_out]
