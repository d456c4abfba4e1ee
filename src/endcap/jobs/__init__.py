"""What endcap does, one plain function per command; a scheduler imports the function, a person types the verb."""

from endcap.jobs.answering import Serving, explain, recommend, serve
from endcap.jobs.common import CONFIG
from endcap.jobs.demonstrating import DEMO, demo, write_demo
from endcap.jobs.diagnosing import diagnose
from endcap.jobs.judging import evaluate
from endcap.jobs.preparing import Advice, Prepared, advise, init, lint, prepare, profile
from endcap.jobs.releasing import release, rollback, verdict
from endcap.jobs.tracking import Plotted, Warned, runs, runs_compare, runs_plot, runs_send, runs_show
from endcap.jobs.training import train
from endcap.jobs.tuning import tune

__all__ = [
    "CONFIG",
    "DEMO",
    "Advice",
    "Plotted",
    "Prepared",
    "Serving",
    "Warned",
    "advise",
    "demo",
    "diagnose",
    "evaluate",
    "explain",
    "init",
    "lint",
    "prepare",
    "profile",
    "recommend",
    "release",
    "rollback",
    "runs",
    "runs_compare",
    "runs_plot",
    "runs_send",
    "runs_show",
    "serve",
    "train",
    "tune",
    "verdict",
    "write_demo",
]  # fmt: skip
