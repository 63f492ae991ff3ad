"""The report of a simulation as a page that stands alone: one file of HTML with its style and charts."""

from parking.simulation import charts
from parking.simulation.report import Report
from parking.texts import pages
from parking.web.response import rendered


def page(report: Report) -> str:
    return rendered("simulation.html", report=report, charts=charts, words=pages.SIMULATION)
