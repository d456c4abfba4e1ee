"""The parts of endcap as a notebook would use them: prepare, split, fit, judge, ask. No settings file, no server."""

import tempfile
from pathlib import Path

import ibis
import numpy as np

from endcap import Queries, Query
from endcap.data.ledger import Ledger
from endcap.data.online_retail import OnlineRetail
from endcap.data.prepare import dataset_of
from endcap.data.splits import time_split
from endcap.evaluate.backtest import back_test, entries
from endcap.models.co_occurrence import CoOccurrence
from endcap.models.popular import Popular


def main() -> None:
    """Prints which of two models finds more, and what one of them says goes with a lantern."""
    ledger = Ledger()
    events, catalog = OnlineRetail().tables(ibis.duckdb.connect(), Path(tempfile.gettempdir()), ledger)
    data = dataset_of(events, catalog, fingerprint="example")
    for entry in ledger.entries:
        print(f"{entry.step:30} dropped {entry.dropped:6,}  changed {entry.changed:6,}")

    split = time_split(data, test_share=0.2)
    rng = np.random.default_rng(0)
    models = {"together": CoOccurrence(similarity="jaccard", neighbours=2000).fit(split.train, rng)}
    baselines = {"popular": Popular().fit(split.train, rng)}
    tested = back_test(split, entries(models, {}, baselines), rng, limit=500)
    for score in tested.judged[0].scores:
        print(f"{score.name:10} NDCG@10 {np.nanmean(score.values['NDCG@10']):.4f}")

    lantern = data.catalog.items.code("71053")
    query = Query(now=data.now, catalog=data.catalog, context=np.array([lantern], np.int32))
    titles = data.catalog.text("title")
    print(f"with {titles[lantern]}: {', '.join(titles[item] for item in models['together'](query, 3).items.tolist())}")

    # Many at once, as for an e-mail to every user: one row of codes and scores per query.
    now = np.full(len(data.users), data.now)
    everybody = Queries.of(data.catalog, now, history=data.histories("purchase"))
    codes, _ = baselines["popular"].many(everybody, k=10)
    print(f"{codes.shape[0]:,} users, {codes.shape[1]} items each")


if __name__ == "__main__":
    main()
