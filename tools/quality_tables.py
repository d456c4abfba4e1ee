"""Writes the tables of the guides anew from the results of the quality benchmarks: ``python tools/quality_tables.py``.

A table stands between ``<!-- quality: NAME -->`` and ``<!-- end -->``; the line above it is the protocol of the script.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PLACE = re.compile(r"(<!-- quality: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
Result = Mapping[str, Any]


def beauty(found: Result) -> str:
    """Each model by the protocol, and with the other ways that were measured."""
    rows = [(f"{name} (published)", *map(_short, values), *[""] * 3) for name, values in found["published"].items()]
    for part in ("sequences", "with attributes"):
        for name, at in found["reached"].get(part, {}).items():
            ways = (("", ("HR", "NDCG")), ("", ("rare",)), (LATER, ("HR", "NDCG")), (SHUFFLED, ("HR", "NDCG")))
            hits, ndcg, rare, *others = [
                _short(at.get(f"{metric}, {way}" if way else metric)) for way, metrics in ways for metric in metrics
            ]
            rows.append((name, hits, ndcg, rare, " / ".join(others[:2]), " / ".join(filter(None, others[2:]))))
    shuffled = any(row[-1] for row in rows)
    heads = ("model", "HR@10", "NDCG@10", "NDCG@10 of the rare", f"HR@10 / NDCG@10, {LATER}")
    return _table((*heads, f"HR@10 / NDCG@10, {SHUFFLED}") if shuffled else heads, rows)


LATER, SHUFFLED = "item before the last learned too", "order within a day shuffled"


def diginetica(found: Result) -> str:
    """Hit rate and mean reciprocal rank."""
    rows = [("COTREC (published)", "0.542", _short(found["peer"])), *_pairs(found["all"])]
    return _table(("model", "HR@20", "MRR@20"), rows)


def gowalla(found: Result) -> str:
    """Recall and NDCG."""
    rows = [("SimpleX, 64 (published)", "0.1872", _short(found["peer"])), *_pairs(found["all"])]
    return _table(("model", "Recall@20", "NDCG@20"), rows)


def online_retail(found: Result) -> str:
    """Plain and prepared baskets."""
    rows = [
        (name, *map(_short, values), *map(_short, found["prepared"][name])) for name, values in found["plain"].items()
    ]
    return _table(("model", "HR@10", "NDCG@10", "HR@10, prepared", "NDCG@10, prepared"), rows)


def synthetic(found: Result) -> str:
    """Both relations."""
    relations = {"true_substitutes": "substitutes", "true_complements": "complements"}
    rows = [
        (name, *(_short(found["reached"][relation][name][key]) for relation in relations for key in KEYS))
        for name in found["reached"]["true_substitutes"]
    ]
    return _table(("model", *(f"{title}, {key}" for title in relations.values() for key in KEYS)), rows)


KEYS = ("precision", "confused")
TABLES: dict[str, Callable[[Result], str]] = {
    "beauty": beauty,
    "diginetica": diginetica,
    "gowalla": gowalla,
    "online_retail": online_retail,
    "synthetic": synthetic,
}


def rewritten(text: str) -> str:
    """The text of a guide with its tables as the results are now."""

    def table(match: re.Match[str]) -> str:
        found = json.loads((RESULTS / f"quality-{match[2]}.json").read_text())
        script = f"`benchmarks/quality/{match[2]}.py`"
        return f"{match[1]}{script}: {found['protocol']}\n\n{TABLES[match[2]](found)}{match[3]}"

    return PLACE.sub(table, text)


def _pairs(rows: Mapping[str, Iterable[float]]) -> list[tuple[str, ...]]:
    return [(name, *map(_short, values)) for name, values in rows.items()]


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, ("---", *["---:"] * (len(heads) - 1)), *(row[: len(heads)] for row in rows)]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)


def main() -> None:
    """Rewrites every guide whose tables are not those of the results."""
    for guide in sorted((ROOT / "docs").glob("*.md")):
        text = guide.read_text()
        if (new := rewritten(text)) != text:
            guide.write_text(new)
            print(f"rewrote {guide.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
