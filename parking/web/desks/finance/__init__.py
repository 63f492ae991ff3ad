"""The finance desk, part by part."""

from litestar.handlers import HTTPRouteHandler

from parking.web.desks.finance import reports, statements, stays, today

ROUTES: list[HTTPRouteHandler] = [*today.ROUTES, *statements.ROUTES, *stays.ROUTES, *reports.ROUTES]
