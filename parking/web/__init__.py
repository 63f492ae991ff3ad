"""Pages, rendered on the server; they load nothing from anywhere else."""

from litestar.handlers import HTTPRouteHandler

from parking.web import bills, city_identity, desks, files, lots, me, phone_codes, problems, sign_in, tariffs

ROUTES: list[HTTPRouteHandler] = [
    *(*lots.ROUTES, *bills.ROUTES, *tariffs.ROUTES, *problems.ROUTES, *files.ROUTES),
    *(*sign_in.ROUTES, *city_identity.ROUTES, *phone_codes.ROUTES, *me.ROUTES, *desks.ROUTES),
]
