"""What a report tells beside its figures: what rows cost, and learning curves that were drawn before."""

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from endcap.config import Config
from endcap.core.dataset import Dataset
from endcap.core.errors import BadBundle
from endcap.core.part import Part
from endcap.core.saving import facts_of, write_atomically
from endcap.jobs.training import folder_of

if TYPE_CHECKING:
    from endcap.evaluate.backtest import BackTest, Entry
    from endcap.evaluate.diagnosis.costs import Cost


def costs_of(config: Config, train: Dataset, entered: "Sequence[Entry]", tested: "BackTest") -> "tuple[Cost, ...]":
    """The cost of everything that was judged; `config` names the recipes of all of it, baselines among them.

    A model that was not fitted just now says what its fit took then.
    """
    from endcap.evaluate.diagnosis.costs import Cost, alone, array_bytes, in_batches

    queries = {judged.task.name: judged.task.queries for judged in tested.judged}
    found = []
    for entry in entered:
        recipe = config.recipes.get(entry.name)
        fit, disk = (None, None) if recipe is None else _saved(folder_of(config, recipe, train))
        asked = next((queries[name] for name in entry.tasks if name in queries), None)
        single = None if asked is None else alone(entry.retriever, asked)
        found.append(Cost(entry.name, fit, array_bytes(entry.retriever), disk, single, in_batches(tested, entry.name)))
    return tuple(found)


def keep_curves(config: Config, train: Dataset, recipe: Part, told: dict[str, Any]) -> None:
    """Keeps a diagnosis, and which model it is about, for the reports to come."""
    about = {"about": folder_of(config, recipe, train).name}
    write_atomically(_curves(config) / f"{told['model']}.json", json.dumps(told | about, indent=1))


def curves_of(config: Config, train: Dataset) -> tuple[dict[str, Any], ...]:
    """What was diagnosed of the models of these settings, learned from this data; what is older is not shown."""
    found = [json.loads(file.read_text()) for file in sorted(_curves(config).glob("*.json"))]
    known = {name: folder_of(config, recipe, train).name for name, recipe in config.recipes.items()}
    return tuple(
        {key: told[key] for key in told if key != "about"}
        for told in found
        if told["about"] == known.get(told["model"])
    )


def _curves(config: Config) -> Path:
    return config.workdir / "reports" / "curves"


def _saved(folder: Path) -> tuple[float | None, int | None]:
    """Seconds that a fit took, and bytes of the folder it was saved in; None if there is none, or it does not say."""
    with suppress(BadBundle):
        return facts_of(folder).get("seconds"), sum(file.stat().st_size for file in folder.iterdir())
    return None, None
