"""Residuals, costs and learning curves as plain values, and in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

from endcap.evaluate import plain
from endcap.evaluate.backtest import MAIN
from endcap.evaluate.diagnosis.costs import Cost
from endcap.evaluate.diagnosis.curves import Curve, Point
from endcap.evaluate.diagnosis.fitting import Verdict
from endcap.evaluate.diagnosis.residuals import Cell, Residual, worst
from endcap.evaluate.enough import is_enough, too_few
from endcap.evaluate.verdict import SPACE


@dataclass(frozen=True)
class Diagnosis:
    """The learning curves of a model, and what they say."""

    model: str
    task: str
    """Its title."""
    curves: tuple[Curve, ...]
    verdict: Verdict
    queries: int
    """Asked of every point of a curve …"""
    units: int
    """… by so many users, or orders of guests."""

    def to_json(self) -> dict[str, Any]:
        """The same in plain values; the shape stands in `endcap.evaluate.report.Report.to_json`, under ``curves``."""
        return {
            "model": self.model,
            "task": self.task,
            "queries": self.queries,
            "units": self.units,
            "enough": is_enough(self.units),
            "kind": self.verdict.kind if is_enough(self.units) else "too few to say",
            "sentence": self.verdict.sentence if is_enough(self.units) else f"{too_few(self.queries, self.units)}.",
            "rule": self.verdict.rule,
            "curves": [_curve(curve) for curve in self.curves],
        }


def misses(found: Sequence[Residual]) -> dict[str, Any]:
    """Where one row misses: the worst cells in words, and every cell."""
    return {
        "worst": [missed(name, cell, _asked(found, name)) for name, cell in worst(found)],
        "divisions": [{"name": one.name, "cells": [_cell(cell) for cell in one.cells]} for one in found],
    }


def missed(division: str, cell: Cell, queries: int) -> str:
    """One cell in words: what it reaches, beside the average, and how many queries it is about."""
    share = f"{100 * cell.queries / max(queries, 1):.0f}{SPACE}%"
    average = cell.main.mean - cell.beside.mean
    return (
        f"{division}: {cell.name} ({MAIN} {cell.main.mean:.4f}, on average it is {average:.4f}; "
        f"{share} of what is asked)"
    )


def cost(one: Cost) -> dict[str, Any]:
    """What one row costs."""
    return {
        "name": one.name,
        "fit_seconds": one.fit,
        "memory_bytes": one.memory,
        "disk_bytes": one.disk,
        "single_ms": _milliseconds(one.single),
        "batch_ms": _milliseconds(one.batch),
    }


def _asked(found: Sequence[Residual], name: str) -> int:
    return sum(cell.queries for residual in found if residual.name == name for cell in residual.cells)


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "name": cell.name,
        "queries": cell.queries,
        "units": cell.units,
        "enough": is_enough(cell.units),
        "hit": _finite(cell.hit),
        "main": _finite(cell.main),
        "beside": _finite(cell.beside),
        "p": None if isnan(cell.beside.p) else round(cell.beside.corrected, 6),
        "shown": cell.beside.shown,
    }


def _finite(at: Any) -> list[float | None] | None:
    """An interval whose ends are null where there is a mean of a single unit."""
    found = plain.interval(at)
    return None if found is None else [None if isnan(value) else value for value in found]


def _curve(curve: Curve) -> dict[str, Any]:
    return {
        "over": curve.over,
        "kept": curve.kept,
        "planned": curve.planned,
        "points": [_point(point) for point in curve.points],
    }


def _point(point: Point) -> dict[str, Any]:
    return {
        "at": point.at,
        "events": point.learned_from,
        "seen": plain.interval(point.seen),
        "unseen": plain.interval(point.unseen),
        "further": None if point.further is None else plain.interval(point.further),
        "shown": point.further is not None and point.further.shown,
    }


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(1000 * seconds, 4)
