"""Pages, rendered on the server; they load nothing from anywhere else."""

from litestar.handlers import HTTPRouteHandler

from parking.web import bills, city_identity, desks, files, lots, problems, sign_in, tariffs

ROUTES: list[HTTPRouteHandler] = [
    *(*lots.ROUTES, *bills.ROUTES, *tariffs.ROUTES, *problems.ROUTES, *files.ROUTES),
    *(*sign_in.ROUTES, *city_identity.ROUTES, *desks.ROUTES),
]
