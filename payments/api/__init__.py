"""The payment doors: thin handlers that decode, call `flow` and answer. Who may enter stands in each route's `opt`."""

from litestar.handlers import HTTPRouteHandler

from payments.api import accounts, charges, refunds, settlements

ROUTES: list[HTTPRouteHandler] = [*accounts.ROUTES, *charges.ROUTES, *refunds.ROUTES, *settlements.ROUTES]
