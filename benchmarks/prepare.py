"""Preparation end to end: synthetic events in Parquet to a saved dataset, beside the same by hand, in pandas, on Spark.

Goals: 10 million events on two cores within 1.5 times the time of equivalent hand-written DuckDB SQL and within 4 GB,
100 million within 16 GB; time grows linearly; a prepared dataset loads in under 0.5 s; twice in a row gives the same
bytes. What everybody does: read, drop repeated deliveries, cut sessions after 30 minutes, code items, users, sessions
and orders, sort by session and time, collect baskets, write it down. Only endcap checks every row, keeps what was
dropped with its reason, and can go on after a crash. Each run is a process of its own; Spark does 1 million.
The ratio is the time of the SQL over ours. ``--data FOLDER`` keeps the events for another time.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from measuring import conclude, options

SIZES = (1_000_000, 3_000_000, 10_000_000)
LARGE = (30_000_000, 100_000_000)
"""Run if the environment variable ENDCAP_BENCH_LARGE is set: they take half an hour and 60 GB of disk."""
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
clean = save("clean", f'''
  WITH read AS (SELECT {COLUMNS}, row_number() OVER () AS row FROM '{{EVENTS}}/events/*.parquet'),
  once AS (SELECT * FROM read QUALIFY row_number() OVER (PARTITION BY {COLUMNS} ORDER BY row) = 1),
  who AS (SELECT *, coalesce('u:' || user_id, 's:' || session_id) AS visitor FROM once),
  marked AS (SELECT *, coalesce(time - lag(time) OVER w, 0) > 1800 AS fresh FROM who
             WINDOW w AS (PARTITION BY visitor ORDER BY time, row))
  SELECT * EXCLUDE (session_id, fresh), visitor || '#' || sum(fresh::INT) OVER w AS session_id FROM marked
  WHERE item_id IS NOT NULL
  WINDOW w AS (PARTITION BY visitor ORDER BY time, row ROWS UNBOUNDED PRECEDING)''')
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


def measured(code: str, **places: object) -> tuple[float, float]:
    """Seconds and peak memory (MB) of a child process, its output thrown away."""
    lines = "".join(f"{name} = {str(place)!r}\n" for name, place in places.items())
    start = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen([sys.executable, "-c", lines + code], stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if status:
            said.seek(0)
            raise SystemExit(said.read().decode())
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def events_of(n: int, data: Path) -> Path:
    """The folder of a synthetic shop of about n events; made if it is not there yet."""
    from endcap.data.synthetic import Shop, generate  # noqa: PLC0415 — the parent stays small

    return generate(Shop(events=n), data / f"events-{n}", os.cpu_count() or 1).folder


def ours(events: Path, out: Path, engine: str = "duckdb") -> tuple[float, float]:
    """Seconds and peak memory (MB) of endcap."""
    shutil.rmtree(out, ignore_errors=True)
    return measured(OURS, EVENTS=events, OUT=out, ENGINE=engine)


def peer(code: str, events: Path, out: Path) -> tuple[float, float]:
    """Seconds and peak memory (MB) of somebody else (of Spark only what is Python's)."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    return measured(code, EVENTS=events, OUT=out)


def checksums(out: Path) -> dict[str, str]:
    """Of every file of the dataset, as its manifest has them."""
    files: dict[str, str] = json.loads((out / "dataset" / "manifest.json").read_text())["files"]
    return files


def curve(sizes: tuple[int, ...], data: Path, out: Path) -> dict[str, dict[str, float]]:
    """For each size, time and memory of endcap and of loading what it made."""
    points: dict[str, dict[str, float]] = {}
    for size in sizes:
        seconds, memory = ours(events_of(size, data), out)
        loading = measured(LOAD, OUT=out)
        points[f"{size:,}"] = {
            "seconds": round(seconds, 2),
            "mb": round(memory),
            "seconds to load": round(float((out / "load.txt").read_text()), 4),
            "mb to load": round(loading[1]),
        }
        print(f"endcap, {size:>11,} events: {points[f'{size:,}']}", flush=True)
    return points


def compared(events: Path, folder: Path, rounds: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """The medians of endcap and of the SQL, run in turn; each time the bytes must be the same, and the rows as many."""
    mine, theirs, bytes_of = [], [], []
    for _ in range(rounds):
        mine.append(ours(events, folder / "out"))
        theirs.append(peer(BY_HAND, events, folder / "sql"))
        bytes_of.append(checksums(folder / "out"))
    if any(files != bytes_of[0] for files in bytes_of):
        raise SystemExit("the same input gave other bytes")
    times = np.load(folder / "out" / "dataset" / "value.events.time.npy", mmap_mode="r")
    if len(times) != pq.read_metadata(folder / "sql" / "coded.parquet").num_rows:
        raise SystemExit("endcap and the SQL do not agree on what is left")
    return sorted(mine)[rounds // 2], sorted(theirs)[rounds // 2]


def main() -> None:
    given = options(__doc__ or "")
    sizes = (20_000, 40_000) if given.quick else SIZES + (LARGE if os.environ.get("ENDCAP_BENCH_LARGE") else ())
    size, small = (20_000, None) if given.quick else (10_000_000, 1_000_000)
    with tempfile.TemporaryDirectory() as passing:
        data, out = given.data or Path(passing), Path(passing) / "out"
        events = events_of(size, data)
        mine, by_hand = compared(events, Path(passing), 2 if given.quick else 3)
        others = {"by hand": by_hand, "pandas": peer(PANDAS, events, Path(passing) / "pandas")}
        if small:
            alone = ours(events_of(small, data), out)
            spark = ours(events_of(small, data), out, "pyspark")
            print(f"at {small:,} events: DuckDB {alone[0]:.1f} s, local Spark {spark[0]:.1f} s")
            others["spark, 10 times its 1 million"] = (spark[0] * size / small, spark[1])
        print(f"{'endcap':30} {mine[0]:7.1f} s {mine[1]:7.0f} MB")
        for name, (seconds, memory) in others.items():
            print(f"{name:30} {seconds:7.1f} s {memory:7.0f} MB")
        points = curve(sizes, data, out)
    conclude(
        "prepare", round(mine[0], 2), round(by_hand[0], 2), round(by_hand[0] / mine[0], 3),
        f"seconds for {size:,} events, raw to saved", mb=round(mine[1]), curve=points,
        peers={name: {"seconds": round(s, 2), "mb": round(mb)} for name, (s, mb) in others.items()},
    )  # fmt: skip


if __name__ == "__main__":
    main()
