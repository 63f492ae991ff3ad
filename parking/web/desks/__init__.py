"""The desks of staff: what each audience works at. Every page does by a flow what the API does by the same one."""

from litestar.handlers import HTTPRouteHandler

from parking.web.desks import account, home, staff

ROUTES: list[HTTPRouteHandler] = [*home.ROUTES, *account.ROUTES, *staff.ROUTES]
