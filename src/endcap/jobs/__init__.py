"""What endcap does, one plain function per command; a scheduler imports the function, a person types the verb."""

from endcap.jobs.answering import Serving, explain, recommend, serve
from endcap.jobs.common import CONFIG
from endcap.jobs.demonstrating import DEMO, demo, write_demo
from endcap.jobs.judging import evaluate
from endcap.jobs.preparing import Prepared, init, lint, prepare, profile
from endcap.jobs.releasing import release
from endcap.jobs.training import train

__all__ = [
    "CONFIG", "DEMO", "Prepared", "Serving", "demo", "evaluate", "explain", "init", "lint", "prepare", "profile",
    "recommend", "release", "serve", "train", "write_demo",
]  # fmt: skip
