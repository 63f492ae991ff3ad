"""The desks of staff: what each audience works at. Every page does by a flow what the API does by the same one."""

from litestar.handlers import HTTPRouteHandler

from parking.web.desks import account, cases, control, finance, home, inside, lanes, lists, shift, staff, stays

ROUTES: list[HTTPRouteHandler] = [
    *(*home.ROUTES, *cases.ROUTES, *inside.ROUTES, *stays.ROUTES, *lanes.ROUTES),
    *(*shift.ROUTES, *lists.ROUTES, *finance.ROUTES, *control.ROUTES, *staff.ROUTES, *account.ROUTES),
]
