"""Pages, rendered on the server; they load nothing from anywhere else."""

from litestar.handlers import HTTPRouteHandler

from parking.web import files, lots, problems, tariffs

ROUTES: list[HTTPRouteHandler] = [*lots.ROUTES, *tariffs.ROUTES, *problems.ROUTES, *files.ROUTES]
