"""Preparation end to end: synthetic events in Parquet to a saved dataset, beside the same by hand, in pandas, on Spark.

Goals: 10 million events on two cores within 1.5 times the time of equivalent hand-written DuckDB SQL and within 4 GB,
100 million within 16 GB; time grows linearly; a prepared dataset loads in under 0.5 s; twice in a row gives the same
bytes. The events are a little dirty: one in a hundred was delivered twice, some prices and quantities are below zero.
What everybody does: read, reject rows that cannot be events, drop repeated deliveries, cut sessions after 30 minutes,
code items, users, sessions and orders, sort by session and time, collect baskets, write it down. Only endcap says of
every row that is not used why (with its file and line), and can go on after a crash. Each run is a process of its own,
endcap and the SQL in turn; both must come to the same events. pandas does 3 million, Spark 1 million.
The ratio is the time of the SQL over ours. ``--data FOLDER`` keeps the events for another time.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from measuring import conclude, options

SIZES = (1_000_000, 3_000_000, 10_000_000)
LARGE = (30_000_000, 100_000_000)
"""Run, once each, if the environment variable ENDCAP_BENCH_LARGE is set: they take half an hour and 60 GB of disk.
ENDCAP_BENCH_SIZES = "1000000 3000000" runs other sizes than `SIZES`."""
DIRT = 0.01
KINDS = ("impression", "view", "click", "cart", "uncart", "purchase", "return", "search")
COLUMNS = "time, session_id, kind, item_id, user_id, quantity, price, order_id"
OURS = """
from pathlib import Path
from endcap.core.step import step_of
from endcap.data.prepare import Plan, prepared
from endcap.data.sources import Parquet
source = Parquet(events="events/*.parquet", catalog="catalog.parquet")
steps = [step_of("without_repeats", {}), step_of("sessionized", {"minutes": 30})]
prepared(Plan([source], Path(EVENTS), steps), ENGINE, Path(OUT), "benchmark")
"""
BY_HAND = f"""
import duckdb
duckdb.execute("SET memory_limit='3GB'; SET temp_directory='" + OUT + "/spill'; SET preserve_insertion_order=true")
def save(name, sql):
    duckdb.execute(f"COPY ({{sql}}) TO '{{OUT}}/{{name}}.parquet' (FORMAT parquet, COMPRESSION lz4)")
    return f"'{{OUT}}/{{name}}.parquet'"
duckdb.execute(f'''CREATE VIEW read AS SELECT {COLUMNS}, CASE
  WHEN time IS NULL OR time < 0 OR time >= 4102444800 THEN 'time is none'
  WHEN kind IS NULL OR kind NOT IN {KINDS} THEN 'kind is unknown'
  WHEN item_id IS NULL AND kind <> 'search' THEN 'item is missing'
  WHEN session_id IS NULL THEN 'session is missing'
  WHEN price < 0 OR price > 1e9 THEN 'price is out of range'
  WHEN quantity < 1e-9 OR quantity > 1e6 THEN 'quantity is out of range' END AS why
  FROM '{{EVENTS}}/events/*.parquet'
  ''')
save("rejected", "SELECT * FROM read WHERE why IS NOT NULL")
clean = save("clean", f'''
  WITH good AS (SELECT {COLUMNS}, row_number() OVER () AS row FROM read WHERE why IS NULL),
  once AS (SELECT * FROM good QUALIFY row_number() OVER (PARTITION BY {COLUMNS} ORDER BY row) = 1),
  who AS (SELECT *, coalesce('u:' || user_id, 's:' || session_id) AS visitor FROM once),
  marked AS (SELECT *, coalesce(time - lag(time) OVER w, 0) > 1800 AS fresh FROM who
             WINDOW w AS (PARTITION BY visitor ORDER BY time, row))
  SELECT * EXCLUDE (session_id, fresh), visitor || '#' || sum(fresh::INT) OVER w AS session_id FROM marked
  WINDOW w AS (PARTITION BY visitor ORDER BY time, row ROWS UNBOUNDED PRECEDING)
  QUALIFY item_id IS NOT NULL''')
places = {{}}
for name in ("user", "session", "order"):
    places[name] = save(name, f'''SELECT {{name}}_id AS id, (row_number() OVER (ORDER BY {{name}}_id) - 1)::INT AS code
      FROM (SELECT DISTINCT {{name}}_id FROM {{clean}} WHERE {{name}}_id IS NOT NULL)''')
places["item"] = save("item", f'''SELECT id, (row_number() OVER (ORDER BY extra, id) - 1)::INT AS code FROM (
  SELECT id, min(extra) AS extra FROM (SELECT item_id AS id, 0 AS extra FROM '{{EVENTS}}/catalog.parquet'
  UNION ALL SELECT DISTINCT item_id, 1 FROM {{clean}}) GROUP BY id)''')
coded = save("coded", f'''SELECT s.code AS session, coalesce(u.code, -1) AS "user", i.code AS item, kind, time,
  quantity, price, coalesce(o.code, -1) AS "order" FROM {{clean}} e JOIN {{places["session"]}} s ON s.id = session_id
  JOIN {{places["item"]}} i ON i.id = item_id LEFT JOIN {{places["user"]}} u ON u.id = user_id
  LEFT JOIN {{places["order"]}} o ON o.id = order_id
  ORDER BY session, time, item, kind, "order", "user", quantity, price''')
save("baskets", f'''WITH bought AS (SELECT * FROM {{coded}} WHERE kind = 'purchase' AND "order" >= 0),
  heads AS (SELECT "order", min(time) AS time, max("user") AS "user" FROM bought GROUP BY 1)
  SELECT * FROM (SELECT DISTINCT "order", item FROM bought) JOIN heads USING ("order") ORDER BY time, "order", item''')
"""
PANDAS = f"""
import glob, numpy as np, pandas as pd
columns = "{COLUMNS}".split(", ")
events = pd.concat([pd.read_parquet(f, columns=columns) for f in sorted(glob.glob(EVENTS + "/events/*.parquet"))])
events = events[events.time.between(0, 4102444800) & events.kind.isin({KINDS}) & events.session_id.notna()
                & (events.item_id.notna() | (events.kind == "search"))
                & ~((events.price < 0) | (events.price > 1e9) | (events.quantity < 1e-9) | (events.quantity > 1e6))]
events = events.drop_duplicates()
events = events[events.item_id.notna()]
who = ("u:" + events.user_id).fillna("s:" + events.session_id)
events = events.assign(visitor=who).sort_values(["visitor", "time"], kind="stable")
fresh = events.groupby("visitor").time.diff().fillna(0) > 1800
events["session_id"] = events.visitor + "#" + fresh.groupby(events.visitor).cumsum().astype(str)
for name in ("session", "user", "item", "order"):
    events[name] = pd.factorize(events[name + "_id"], sort=True)[0].astype("int32")
kept = events[["session", "user", "item", "kind", "time", "quantity", "price", "order"]]
kept = kept.sort_values(["session", "time", "item", "kind", "order", "user", "quantity", "price"])
for name in kept.columns.drop("kind"):
    np.save(f"{{OUT}}/{{name}}.npy", kept[name].to_numpy())
np.save(OUT + "/kind.npy", pd.factorize(kept.kind)[0].astype("int8"))
bought = kept[(kept.kind == "purchase") & (kept.order >= 0)]
heads = bought.groupby("order").agg(start=("time", "min"), who=("user", "max")).reset_index()
baskets = bought[["order", "item"]].drop_duplicates().merge(heads).sort_values(["start", "order", "item"])
baskets.to_parquet(OUT + "/baskets.parquet")
"""
LOAD = """
import time
from pathlib import Path
from endcap.core.saving import load
import endcap.data.prepare
start = time.perf_counter()
data = load(Path(OUT) / "dataset", verify=False)
data.sessions[len(data.sessions) // 2], data.baskets.items[0]
Path(OUT, "load.txt").write_text(str(time.perf_counter() - start))
"""
SAME = """
from pathlib import Path
import numpy as np, pyarrow.parquet as pq
ours, theirs = Path(OUT, "out", "dataset"), Path(OUT, "sql")
for name in ("session", "time", "item"):
    column = np.load(ours / f"value.events.{name}.npy", mmap_mode="r")
    if not np.array_equal(column, pq.read_table(theirs / "coded.parquet", columns=[name])[name].to_numpy()):
        raise SystemExit(f"endcap and the SQL do not agree on {name}")
lines = np.load(ours / "value.events.grouped.baskets.items.values.npy", mmap_mode="r")
if len(lines) != pq.read_metadata(theirs / "baskets.parquet").num_rows:
    raise SystemExit("endcap and the SQL do not agree on the baskets")
"""
"""A process of its own, since a child's peak memory is never told to be less than its parent's."""


class Run(NamedTuple):
    """What a child process took."""

    seconds: float
    cpu: float
    """Seconds of all its cores: what a busy machine changes least."""
    mb: float
    """Its peak memory (of Spark only what is Python's)."""


def measured(code: str, **places: object) -> Run:
    """A child process that runs some code, its output thrown away."""
    lines = "".join(f"{name} = {str(place)!r}\n" for name, place in places.items())
    start = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen([sys.executable, "-c", lines + code], stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if status:
            said.seek(0)
            raise SystemExit(said.read().decode())
    return Run(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def events_of(n: int, data: Path) -> Path:
    """The folder of a synthetic shop of about n events; made if it is not there yet."""
    from endcap.data.synthetic import Shop, generate  # noqa: PLC0415 — the parent stays small

    return generate(Shop(events=n, dirt=DIRT), data / f"dirty-{n}", os.cpu_count() or 1).folder


def ours(events: Path, out: Path, engine: str = "duckdb") -> Run:
    """What endcap takes."""
    shutil.rmtree(out, ignore_errors=True)
    return measured(OURS, EVENTS=events, OUT=out, ENGINE=engine)


def peer(code: str, events: Path, out: Path) -> Run:
    """What somebody else takes."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    return measured(code, EVENTS=events, OUT=out)


def checksums(out: Path) -> dict[str, str]:
    """Of every file of the dataset, as its manifest has them."""
    files: dict[str, str] = json.loads((out / "dataset" / "manifest.json").read_text())["files"]
    return files


def compared(events: Path, folder: Path, rounds: int) -> tuple[Run, Run]:
    """The medians of endcap and of the SQL, run in turn; ours must give the same bytes, and both the same events."""
    mine, theirs, bytes_of = [], [], []
    for _ in range(rounds):
        mine.append(ours(events, folder / "out"))
        theirs.append(peer(BY_HAND, events, folder / "sql"))
        bytes_of.append(checksums(folder / "out"))
    if any(files != bytes_of[0] for files in bytes_of):
        raise SystemExit("the same input gave other bytes")
    measured(SAME, OUT=folder)
    return median(mine), median(theirs)


def median(runs: list[Run]) -> Run:
    """What runs took, each figure by itself."""
    return Run(*map(statistics.median, zip(*runs, strict=True)))


def point(size: int, data: Path, folder: Path, rounds: int) -> dict[str, float]:
    """Time and memory of endcap and of the SQL at a size, and of loading what endcap made."""
    mine, by_hand = compared(events_of(size, data), folder, rounds)
    loading = measured(LOAD, OUT=folder / "out")
    found = {
        "seconds": round(mine.seconds, 2),
        "cpu": round(mine.cpu, 2),
        "mb": round(mine.mb),
        "by hand": round(by_hand.seconds, 2),
        "by hand cpu": round(by_hand.cpu, 2),
        "by hand mb": round(by_hand.mb),
        "ratio": round(by_hand.seconds / mine.seconds, 3),
        "seconds per million": round(mine.seconds / size * 1e6, 3),
        "seconds to load": round(float((folder / "out" / "load.txt").read_text()), 4),
        "mb to load": round(loading.mb),
    }
    print(f"{size:>11,} events: {found}", flush=True)
    return found


def peers(data: Path, folder: Path, pandas: int, spark: int | None) -> dict[str, dict[str, float]]:
    """What others take at sizes that they can do, and endcap beside them."""
    runs = {f"pandas, {pandas:,} events": (peer(PANDAS, events_of(pandas, data), folder / "pandas"), pandas)}
    if spark:
        runs[f"endcap on local Spark, {spark:,} events"] = (
            ours(events_of(spark, data), folder / "out", "pyspark"),
            spark,
        )
    found = {}
    for name, (run, size) in runs.items():
        beside = ours(events_of(size, data), folder / "out")
        found[name] = {"seconds": round(run.seconds, 2), "mb": round(run.mb), "endcap": round(beside.seconds, 2)}
        print(f"{name}: {found[name]}", flush=True)
    return found


def main() -> None:
    given = options(__doc__ or "")
    wanted = [int(size) for size in os.environ.get("ENDCAP_BENCH_SIZES", "").split()]
    sizes = (20_000,) if given.quick else tuple(wanted) or SIZES
    with tempfile.TemporaryDirectory() as passing:
        folder = Path(passing)
        data = given.data or folder
        points = {size: point(size, data, folder, 2 if given.quick else 3) for size in sizes}
        if os.environ.get("ENDCAP_BENCH_LARGE"):
            points |= {size: point(size, data, folder, 1) for size in LARGE}
        others = peers(data, folder, 20_000, None) if given.quick else peers(data, folder, 3_000_000, 1_000_000)
    size = sizes[-1]
    mine = points[size]
    conclude(
        "prepare", mine["seconds"], mine["by hand"], mine["ratio"], f"seconds for {size:,} events, raw to saved",
        mb=mine["mb"], curve={f"{size:,}": found for size, found in points.items()}, peers=others,
    )  # fmt: skip


if __name__ == "__main__":
    main()
