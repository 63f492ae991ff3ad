"""The control room: what the city's regulator sees first, and does about it."""

from litestar.handlers import HTTPRouteHandler

from parking.web.desks.control import alarms, lots, now, prices

ROUTES: list[HTTPRouteHandler] = [*now.ROUTES, *alarms.ROUTES, *lots.ROUTES, *prices.ROUTES]
