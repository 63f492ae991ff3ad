"""The HTTP endpoints of payments. A handler decodes, calls a use case and answers; `opt` says who may call it."""

from litestar.handlers import HTTPRouteHandler

from payments.api import accounts, adjustments, audit, charges, disputes, holds, identity, ledger, refunds, settlement

ROUTES: list[HTTPRouteHandler] = [
    *accounts.ROUTES,
    *identity.ROUTES,
    *charges.ROUTES,
    *adjustments.ROUTES,
    *holds.ROUTES,
    *refunds.ROUTES,
    *disputes.ROUTES,
    *settlement.ROUTES,
    *ledger.ROUTES,
    *audit.ROUTES,
]
