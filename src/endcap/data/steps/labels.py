"""One spelling of each label and id."""

import ibis

from endcap.data.aliases import join_spellings
from endcap.data.engines import arrow
from endcap.data.fitted import Spellings, key_of
from endcap.data.ledger import Ledger
from endcap.data.steps.common import needed


def fitted_spellings(table: ibis.Table, columns: tuple[str, ...] = ("category",)) -> Spellings:
    """Labels that differ only in case, blanks and punctuation ("Product A", "product a ", "PRODUCT-A") are one.

    On a catalog or on events; each becomes its most frequent spelling (of equally frequent ones the first by letters).
    """
    needed(table, columns, "fitted_spellings")
    labels, merged = {}, {}
    for column in columns:
        spelled = table.select(spelling=table[column].cast("string").strip())
        spelled = spelled.filter(spelled.spelling.notnull())
        counted = spelled.group_by("spelling").agg(times=spelled.count())
        keyed = counted.mutate(key=key_of(counted.spelling))
        keyed = keyed.filter(keyed.key != "")
        best = keyed.spelling.first().over(group_by="key", order_by=[ibis.desc("times"), "spelling"])
        found = arrow(keyed.mutate(label=best).order_by("key", "spelling")).to_pylist()
        labels[column] = {row["key"]: row["label"] for row in found}
        merged[column] = {row["spelling"]: row["label"] for row in found if row["spelling"] != row["label"]}
    return Spellings(labels, merged)


def canonical_ids(table: ibis.Table, columns: tuple[str, ...] = ("item_id",)) -> ibis.Table:
    """Ids that differ only in case, blanks and punctuation ("Product A", "product a ", "PRODUCT-A") are one.

    Each becomes the spelling that the shop prefers: that of the catalog's first row, else the most frequent one in the
    events, else the first by letters. In the settings it stands for events and catalog together, whichever of them it
    is written under, and ids are joined before all other steps; here, for the one table that is given.
    """
    needed(table, columns, "canonical_ids")
    name = "events" if "session_id" in table.columns else "catalog"
    return join_spellings({name: table}, dict.fromkeys(columns, "canonical"), Ledger()).tables[name]
