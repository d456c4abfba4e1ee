"""What a report says, in plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from endcap.evaluate import plain
from endcap.evaluate.backtest import BackTest, Judged
from endcap.evaluate.diagnosis import told
from endcap.evaluate.diagnosis.costs import Cost
from endcap.evaluate.diagnosis.divisions import divisions
from endcap.evaluate.diagnosis.residuals import Residual, residuals
from endcap.evaluate.enough import MIN_UNITS
from endcap.evaluate.facts import Facts
from endcap.evaluate.protocols import Protocol
from endcap.evaluate.report.examples import EXAMPLES, examples, extremes
from endcap.evaluate.report.summary import summary
from endcap.evaluate.verdict import headline, verdict

FORMAT = 2
"""Version of the JSON shape; 2 tells the items of examples as objects, where 1 had titles."""


@dataclass(frozen=True)
class Report:
    """A back-test and what it came from."""

    shop: str
    back_test: BackTest
    ledger: Sequence[Mapping[str, object]]
    """What preparation did: ``{"step", "dropped", "changed", "left", "why"}`` per step."""
    settings: str
    """The configuration, as TOML."""
    versions: Mapping[str, str]
    """Of everything that could change a number."""
    fingerprint: str
    """Names the data, steps and settings."""
    protocols: Sequence[Protocol] = ()
    """Other ways in which everything was judged."""
    costs: Sequence[Cost] = ()
    """Of the rows, where they were measured."""
    curves: Sequence[Mapping[str, Any]] = ()
    """Diagnoses of models on the same data, in plain values."""
    page: str = ""
    """Where the page of it lies, for people."""

    @property
    def last_line(self) -> str:
        """The result in one sentence, and where the whole report lies."""
        lies = f"; report: {self.page}" if self.page else ""
        return f"{headline(self.back_test)}{lies}"

    @cached_property
    def residuals(self) -> tuple[Mapping[str, tuple[Residual, ...]], ...]:
        """For each task, by row: where it misses."""
        train = self.back_test.split.train
        facts = Facts.of(train.catalog)
        return tuple(_residuals(judged, self.back_test, facts) for judged in self.back_test.judged)

    def to_json(self) -> dict[str, Any]:
        """The report in plain values; the shape stays within one `format`.

        ::

            {"format": 2, "shop", "verdict", "headline", "min_units", "summary": [sentence per task], "fingerprint",
             "settings",
             "versions": {name: version}, "split": {"cut": date, "train": sizes, "test": sizes},
             "tasks": [{"name", "title", "description", "verdict", "summary", "queries", "possible", "units",
                        "enough", "rankable", "left_out": {reason: count}, "repeats": null | "kept out" | "allowed",
                        "rows": [{"name", "kind": "model" | "slot" | "baseline", "metrics": {"NDCG@10": interval, …},
                                  "above": {baseline: {"NDCG@10": interval, …}},
                                  "tests": {baseline: {"NDCG@10": test, …}},
                                  "coverage", "user_coverage", "gini", "empty", "seconds_per_1000"}],   the best first
                        "segments": [{"group", "name", "queries", "units", "enough", "rows": [{"name",
                                      "reached": interval, "above": {baseline: interval}, "tests": {baseline: test}}]}],
                        "residuals": {row: {"worst": [sentence], "divisions": [{"name", "cells": [{"name",
                                      "queries", "units", "enough", "hit": interval, "main": interval,
                                      "beside": interval, "p", "shown"}]}]}},
                        "examples": [{"given": [item], "more", "wanted": [item], "wanted_more",
                                      "lists": [{"name", "items": [item and "right"]}]}],
                        "extremes": examples on which the best row and the best baseline differ most,
                        "twin": null | a task without segments, residuals, examples and extremes}],
             "protocols": [{"name", "title", "description",
                            "sittings": [{"name", "split", "tasks": [task with segments and twin]}],
                            "pooled": [{"name", "title", "queries", "units", "enough", "windows", "rows"}]}],
             "costs": [{"name", "fit_seconds", "memory_bytes", "disk_bytes", "single_ms", "batch_ms"}],
             "curves": [{"model", "task", "kind", "sentence", "rule", "curves": [{"over", "kept", "planned",
                         "points": [{"at", "events", "seen": interval, "unseen": interval, "further": interval}]}]}],
             "preparation": [{"step", "dropped", "changed", "left", "why"}]}

        Numbers are raw, however few queries they rest on; where ``enough`` is false (fewer than ``min_units`` users or
        orders of guests), no page shows them. Sizes are ``{"events", "orders", "users", "items", "from", "to"}``; an
        interval is ``[mean, low, high]``, or null if nothing could be counted; a test is
        ``{"p", "corrected", "wins", "losses"}``: of a paired randomisation test, the same after Holm, and on how many
        queries the row did better and worse than the baseline. An item is
        ``{"item_id", "title", "category", "price"}``, the last two null if they are not known.
        """
        both = zip(self.back_test.judged, self.residuals, strict=True)
        tasks = [self._task(judged, found) for judged, found in both]
        return {
            "format": FORMAT,
            "shop": self.shop,
            "verdict": tasks[0]["verdict"] if tasks else "Nothing was judged.",
            "headline": headline(self.back_test),
            "min_units": MIN_UNITS,
            "summary": [task["summary"] for task in tasks],
            "fingerprint": self.fingerprint,
            "split": plain.split(self.back_test.split),
            "tasks": tasks,
            "protocols": [plain.protocol(protocol) for protocol in self.protocols],
            "costs": [told.cost(cost) for cost in self.costs],
            "curves": [dict(curve) for curve in self.curves],
            "preparation": [dict(line) for line in self.ledger],
            "settings": self.settings,
            "versions": dict(self.versions),
        }

    def _task(self, judged: Judged, found: Mapping[str, tuple[Residual, ...]]) -> dict[str, Any]:
        catalog = self.back_test.split.train.catalog
        return {
            **plain.asked(judged),
            "verdict": verdict(judged),
            "summary": summary(judged),
            **plain.seen(judged),
            "segments": [plain.segment(judged, part) for part in judged.segments],
            "residuals": {name: told.misses(rows) for name, rows in found.items()},
            "examples": examples(judged, catalog, range(min(EXAMPLES, len(judged.task.queries)))),
            "extremes": examples(judged, catalog, extremes(judged)),
        }


def _residuals(judged: Judged, back_test: BackTest, facts: Facts) -> dict[str, tuple[Residual, ...]]:
    """Of every row that has anything to show."""
    parts = divisions(judged.task, back_test.split.train, facts)
    shown = [score for score in judged.scores if score.empty < len(judged.task.queries)]
    return {score.name: residuals(score.lists, judged.task, parts) for score in shown}
