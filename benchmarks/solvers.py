"""The solvers of `ials`: how long each takes to the loss that exact answers have after six epochs.

On Gowalla, where visitors have 24 items, and on a made-up shop in which they have 65 and items 260 visitors. All start
from the same factors, on one thread. A tenth of the pairs, drawn at random, is held back, and NDCG at 20 of it told for
where each arrives, for 5,000 visitors. Seconds are those of the processor, spent on learning alone. In the last line,
the solver that is the default has the exact one as its peer, in the case where that does best.
``ENDCAP_BENCH_ONLY="gowalla 64;made up 512"`` runs only what is named.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from als import world
from endcap.core.arrays import Ragged, offsets_of
from endcap.evaluate.lists import nearest
from endcap.evaluate.metrics import matched, measured_at
from endcap.models.alternating import ITEMS, VISITORS, Share, learning, shares
from endcap.models.ials import IALS
from endcap.models.rows import distinct_rows, transposed
from endcap.models.shards import alone
from measuring import conclude, options
from quality.gowalla import read

EXACT, MOST = 6, 16
"""Epochs of the exact solver, and of the others at most."""
ASKED, K = 5_000, 20
SETTINGS = {64: (0.01, 0.003), 128: (0.015, 0.003), 512: (0.03, 0.002)}
"""By size what pairs that did not happen count, and how much is held back."""


@dataclass(frozen=True)
class Arrival:
    """Where a solver stood when it had reached the loss."""

    epochs: int
    seconds: float
    loss: float
    quality: float


def solvers(size: int) -> dict[str, IALS]:
    """What is compared, the exact solver first."""
    blocks = {f"blocks of {block}": IALS(solver="blocks", block=block) for block in (16, 32, 64, 128) if block < size}
    descents = {f"cg, {steps} steps": IALS(solver="cg", steps=steps) for steps in (1, 2, 3, 5)}
    return {"cholesky": IALS(solver="cholesky"), **descents, **blocks}


def split(rows: Ragged, rng: np.random.Generator) -> tuple[Ragged, Ragged]:
    """What is learned from, and what is held back."""
    rows = distinct_rows(rows)
    kept = rng.random(len(rows.values)) > 0.1
    return rows.keep(kept), rows.keep(~kept)


def quality(share: Share, rows: Ragged, held: Ragged, asked: Any) -> float:
    """NDCG of what was held back from the visitors asked."""
    visitors, items = share.factors[VISITORS][asked], share.factors[ITEMS]
    codes = nearest(visitors, items, K, np.ones(len(items), bool), (rows.take(asked),))
    return float(measured_at(matched(codes, held.take(asked)), K)["NDCG"].mean())


def arrived(recipe: IALS, rows: Ragged, have: Ragged, size: int, aim: float) -> tuple[Share, int, float, float]:
    """The factors when their loss is not above the aim, with epochs, seconds and loss; at the end, if it never is."""
    plan = recipe.plan()
    items = np.random.default_rng(0).normal(0.0, 0.1 / np.sqrt(size), (len(have), size)).astype(np.float32)
    (share,) = shares(rows, have, items, plan, 1)
    seconds, epochs, loss, start = 0.0, 0, np.inf, process_time()
    for _ in learning(alone(share), plan):
        seconds, epochs = seconds + process_time() - start, epochs + 1
        loss = plan.loss.total(rows, *share.factors)
        if loss <= aim:
            break
        start = process_time()
    return share, epochs, seconds, loss


def compared(size: int, rows: Ragged, held: Ragged) -> dict[str, Arrival]:
    """Every solver at one size."""
    unobserved, l2 = SETTINGS.get(size, SETTINGS[64])
    asked = np.flatnonzero(held.lengths > 0)[:ASKED]
    have = transposed(rows, 1 + int(max(rows.values.max(), held.values.max())))
    found: dict[str, Arrival] = {}
    for name, recipe in solvers(size).items():
        epochs = MOST if found else EXACT
        settings = {"size": size, "epochs": epochs, "unobserved": unobserved, "l2": l2, "threads": 1}
        aim = found["cholesky"].loss if found else -np.inf
        share, taken, seconds, loss = arrived(recipe.model_copy(update=settings), rows, have, size, aim)
        found[name] = Arrival(taken, seconds, loss, quality(share, rows, held, asked))
        here, missed = found[name], "" if found[name].loss <= max(aim, found["cholesky"].loss) else "  not reached"
        print(
            f"    {name:14} {here.epochs:3} epochs {here.seconds:8.2f} s  loss {here.loss:11,.1f}"
            f"  NDCG@{K} {here.quality:.4f}{missed}",
            flush=True,
        )
    return found


def told(here: Arrival) -> list[float]:
    """Epochs, seconds and quality, rounded."""
    return [here.epochs, round(here.seconds, 3), round(here.quality, 4)]


def made_up() -> Ragged:
    """What the visitors of `als.world` had."""
    data = world(20_000, 5_000, 1_500_000)
    users, items = data["shape"].tolist()
    lengths = np.bincount(data["keys"] // items, minlength=users)
    return Ragged(offsets_of(lengths), (data["keys"] % items).astype(np.int32))


def main() -> None:
    chosen = options(__doc__ or "")
    if chosen.data is None and not chosen.quick:
        raise SystemExit("--data FOLDER is needed: the folder with gowalla/train.txt.gz")
    rng = np.random.default_rng(0)
    if chosen.quick:
        visits = {"tiny": Ragged.of([user % 4 * 25 + rng.permutation(25)[:12] for user in range(200)])}
    else:
        visits = {"gowalla": read(chosen.data / "gowalla" / "train.txt.gz"), "made up": made_up()}
    only = os.environ.get("ENDCAP_BENCH_ONLY", "").split(";")
    found: dict[str, dict[str, Arrival]] = {}
    tiny = Ragged.of([[0, 1], [1, 2], [0, 2], list(range(40))])
    for size in (20,) if chosen.quick else SETTINGS:
        for recipe in solvers(size).values():
            arrived(recipe.model_copy(update={"epochs": 1}), tiny, transposed(tiny, 40), size, 0.0)  # compiled
        for name, what in visits.items():
            if only == [""] or f"{name} {size}" in only:
                print(f"  {name} {size}")
                found[f"{name} {size}"] = compared(size, *split(what, np.random.default_rng(0)))
    ours = {case: every[f"cg, {IALS().steps} steps"] for case, every in found.items()}
    worst = min(found, key=lambda case: found[case]["cholesky"].seconds / ours[case].seconds)
    we, they = ours[worst].seconds, found[worst]["cholesky"].seconds
    conclude(
        "solvers", round(we, 4), round(they, 4), round(they / we, 2), "s to the same loss", worst=worst,
        all={case: {name: told(here) for name, here in every.items()} for case, every in found.items()},
    )  # fmt: skip


if __name__ == "__main__":
    main()
