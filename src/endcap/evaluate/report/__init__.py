"""The report of a back-test: as JSON, in the terminal, and as one page that needs no network."""

from endcap.evaluate.report.content import FORMAT, Report
from endcap.evaluate.report.page import html
from endcap.evaluate.report.terminal import terminal

__all__ = ["FORMAT", "Report", "html", "terminal"]
