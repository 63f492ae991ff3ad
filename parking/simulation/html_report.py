"""The report of a simulation as a page that stands alone: one file of HTML with its style and charts."""

from parking.simulation import charts
from parking.simulation.report import Report
from parking.texts.pages import simulation
from parking.texts.templates import templates_of

_templates = templates_of("parking.simulation")


def page(report: Report) -> str:
    return _templates.get_template("report.html").render(report=report, charts=charts, words=simulation.WORDS)
