"""Tables as shops deliver them: everything text, columns as they please."""

from collections.abc import Iterable, Mapping
from typing import Any

import ibis
import pyarrow as pa

from endcap.data.columns import ROW
from endcap.data.engines import connect, uploaded
from endcap.data.lint import linted
from endcap.data.lint.findings import Finding, Health
from endcap.data.lint.needs import Needs
from endcap.testing import START

NOW = START + 365 * 86_400
Row = Mapping[str, str | None]


def event(
    item: str | None = "a", kind: str = "view", at: float = 0.0, session: str | None = "s", **more: str | None
) -> Row:
    """One line, `at` seconds after the world began."""
    return {"time": f"{START + 1 + at:.0f}", "session_id": session, "kind": kind, "item_id": item, **more}


def table(engine: Any, rows: Iterable[Row]) -> ibis.Table:
    """The lines as a table of text, numbered in their order."""
    lines = list(rows)
    names = list(dict.fromkeys(name for line in lines for name in line))
    columns = {name: pa.array([line.get(name) for line in lines], pa.string()) for name in names}
    return uploaded(engine, pa.table({**columns, ROW: pa.array(range(2, len(lines) + 2), pa.int64())}))


def health(
    *rows: Row,
    catalog: Iterable[Row] | None = None,
    needs: Needs | None = None,
    engine: Any = None,
    now: float = NOW,
    canonical: Iterable[str] = (),
) -> Health:
    """What the linter says of events and items, read from ``events.csv``."""
    engine = engine or connect()
    sold = None if catalog is None else table(engine, catalog)
    return linted([(table(engine, rows), sold)], needs or Needs(), now, ("events.csv",), tuple(canonical))


def finding(found: Health, rule: str) -> Finding | None:
    """The finding of a rule, or None."""
    named = [finding for finding in found.findings if finding.rule == rule]
    assert len(named) <= 1, named
    return named[0] if named else None
