"""Instead of, and along with: two relations, in shops where it is known which is which."""

from pathlib import Path

import numpy as np
import pytest

from endcap import jobs
from endcap.core.catalog import Labels
from endcap.core.dataset import DAY, Dataset
from endcap.core.records import Event
from endcap.data.splits import time_split
from endcap.data.synthetic.source import Synthetic
from endcap.evaluate.backtest import Entry, evaluated
from endcap.evaluate.truth import CONFUSION, ceiling, truth_tasks
from endcap.models.co_occurrence import CoOccurrence
from endcap.models.counted import counted, together
from endcap.models.kernels.relating import expected
from endcap.models.lines import lines_of
from endcap.models.relations import Complements, Substitutes, _pairs, likeness_of
from endcap.testing import START, RetrieverContract, ask, shop


def stall(visits: int = 300) -> Dataset:
    """Phones (p0 … p5, cheap ones even) are compared with phones of their price, cases (c0 … c5) likewise.

    Who compares phones buys one, and a case of its kind; now and then both. A colour says nothing; nobody has
    ever touched p6, a cheap phone.
    """
    rng, events = np.random.default_rng(1), []
    for visit in range(visits):
        kind, time = int(rng.integers(2)), START + visit * DAY / 10
        one, other = (rng.permutation(3)[:2] * 2 + kind).tolist()
        case = int(rng.integers(3)) * 2 + kind
        what = "pc"[visit % 3 == 2]
        touched = [("view", f"{what}{one}"), ("view", f"{what}{other}"), ("purchase", f"{what}{one}")]
        touched += [("purchase", f"c{case}")] if what == "p" else []
        touched += [("purchase", f"{what}{other}")] if visit % 10 == 0 else []
        events += [
            Event(
                kind=kind_of,  # type: ignore[arg-type]
                session_id=f"s{visit}", order_id=f"o{visit}" if kind_of == "purchase" else None,
                item_id=item, time=time + place,
            )
            for place, (kind_of, item) in enumerate(touched)
        ]  # fmt: skip
    facts = {
        f"{what[0]}{i}": {"category": what, "family": f"{what}{i}"} for what in ("phone", "case") for i in range(6)
    }
    data = shop(events, {**facts, "p6": {"category": "phone"}})
    prices = np.array(
        [(100.0 if name[0] == "p" else 5.0) * (10.0 if int(name[1]) % 2 else 1.0) for name in data.catalog.items.ids]
    )
    colours = Labels.of(str(code % 3 % 2) for code in range(len(data.catalog)))
    return Dataset(
        data.events,
        data.catalog.with_columns({"typical_price": prices, "colour": colours}),
        data.users,
        data.now,
        "stall",
    )


class TestSubstitutesContract(RetrieverContract):
    recipe = Substitutes(kinds=("purchase",))


class TestComplementsContract(RetrieverContract):
    recipe = Complements(substitutes=Substitutes(kinds=("purchase",)), penalty=0.0)


def of(data: Dataset, recipe: Substitutes | Complements, item: str, k: int) -> list[str]:
    model = recipe.fit(data, np.random.default_rng(0))
    return data.catalog.items.decode(model(ask(data.catalog, context=[item]), k).items)


def test_instead_of_a_phone_another_of_its_price_and_along_with_it_a_case_of_its_kind() -> None:
    data = stall()
    for phone in ("p0", "p3"):
        kind = int(phone[1]) % 2
        assert set(of(data, Substitutes(), phone, 2)) == {f"p{i}" for i in range(kind, 6, 2)} - {phone}
        assert set(of(data, Complements(), phone, 3)) == {f"c{i}" for i in range(kind, 6, 2)}


def test_what_nobody_has_seen_is_asked_as_what_it_is() -> None:
    data = stall()
    assert set(of(data, Substitutes(), "p6", 3)) == {"p0", "p2", "p4"}
    assert set(of(data, Complements(), "p6", 3)) == {"c0", "c2", "c4"}


def test_it_is_learned_which_labels_matter() -> None:
    data = stall()
    how = CoOccurrence(source="sessions", kinds=("view",))
    seen = _pairs(counted(together(lines_of(data, how), how, len(data.catalog))))
    likeness = likeness_of(data.catalog, seen, np.random.default_rng(0))
    names = [name for name, column in data.catalog.columns.items() if isinstance(column, Labels)]
    factors = dict(zip(names, likeness.factors.tolist(), strict=True))
    assert factors["category"][2] > 10 * factors["category"][1], "compared are things of one category"
    assert 0.5 < factors["colour"][2] / factors["colour"][1] < 2, "of whatever colour"
    code = data.catalog.items.code
    assert expected(code("p0"), code("p2"), likeness) > 4 * expected(code("p0"), code("p1"), likeness), "of one price"


def test_no_item_of_the_family_goes_along_and_look_alikes_are_held_back() -> None:
    data = stall()
    assert "p2" in of(data, Complements(), "p0", 20)
    families = data.catalog.with_columns({"family": Labels.of(name[0] for name in data.catalog.items.ids)})
    relatives = Dataset(data.events, families, data.users, data.now, "relatives")
    assert {item[0] for item in of(relatives, Complements(), "p0", 20)} == {"c"}
    code = data.catalog.items.code("p2")
    free, held = (Complements(penalty=penalty).fit(data, np.random.default_rng(0)) for penalty in (0.0, 1.0))
    score, less = (float(m.scores[0 : m.neighbours.offsets[1]][m.neighbours[0] == code][0]) for m in (free, held))
    instead = Substitutes().fit(data, np.random.default_rng(0))
    strength = float(instead.scores[0 : instead.neighbours.offsets[1]][instead.neighbours[0] == code][0])
    assert less == pytest.approx(score / (1 + strength), rel=1e-4)


def test_orders_alone_are_enough_for_complements() -> None:
    data = stall()
    bought = Dataset(data.of_kinds("purchase"), data.catalog, data.users, data.now, "orders")
    assert set(of(bought, Complements(), "p0", 3)) == {"c0", "c2", "c4"}


def test_what_was_planted_is_found_and_not_taken_for_the_other(tmp_path: Path) -> None:
    source = Synthetic(events=20_000, items=240)
    (tmp_path / "endcap.toml").write_text(
        '[[sources]]\nuse = "synthetic"\nevents = 20_000\nitems = 240\n[models.any]\nuse = "popular"\n'
    )
    split = time_split(jobs.prepare(tmp_path / "endcap.toml").dataset)
    truth = source.truth(tmp_path, split.train.catalog.items)
    rng = np.random.default_rng(0)
    models = {
        "true_substitutes": Substitutes().fit(split.train, rng),
        "true_complements": Complements().fit(split.train, rng),
    }
    for name, maker in truth_tasks(truth).items():
        task = maker(split.train, split.test, np.random.default_rng(0), 300)
        values = evaluated(Entry(name, "model", models[name], (name,)), task).values
        assert values["Precision@10"].mean() > 0.8 * ceiling(task)
        assert values[CONFUSION].mean() < 0.05
