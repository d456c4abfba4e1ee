"""The settings that a remedy of the gate names: tables of baselines, of served slots, and what fills slots now."""

import tomllib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from endcap.config import Config
from endcap.core.catalog import Catalog
from endcap.core.errors import EndcapError
from endcap.core.part import Part, name_of
from endcap.core.saving import facts_of
from endcap.jobs.evidence import dataset_of

if TYPE_CHECKING:
    from pathlib import Path

    from endcap.evaluate.gate.remedies import Known


def known_settings(config: Config, data: str, served: "Path | None") -> "Known":
    """The settings that remedies for a bundle can name.

    Args: config: the settings of the bundle. data: fingerprint of its dataset. served: the folder of what is served.
    What cannot be read is left out.
    """
    from endcap.evaluate.gate.remedies import Known

    tables: dict[str, Any] = {}
    if served is not None:
        with suppress(EndcapError, tomllib.TOMLDecodeError):
            tables = tomllib.loads(str(facts_of(served).get("settings", ""))).get("slots", {})
    return Known(
        baselines=_baselines(config, data),
        retrievers={name: tuple(slot.retrievers) for name, slot in config.settings.slots.items()},
        served={name: _table(f'slots."{name}"', table) for name, table in tables.items()},
    )


def on_sale_where_few(catalog: Catalog) -> str:
    """Return a sentence that counts the items on sale; empty if there are enough to fill slots."""
    from endcap.data.lint.offers import FEW_ON_SALE

    if "available" not in catalog:
        return ""
    on_sale, of = int(np.asarray(catalog["available"], bool).sum()), len(catalog)
    if on_sale >= FEW_ON_SALE * of:
        return ""
    return f"{on_sale:,} of {of:,} items {'is' if on_sale == 1 else 'are'} on sale, and slots show only what is on sale"


def _baselines(config: Config, data: str) -> dict[str, str]:
    from endcap.jobs.judging import with_baselines

    try:
        whole, names = with_baselines(config, dataset_of(config, data))
    except EndcapError:
        return {}
    return {name: table_of(name, whole.recipes[name]) for name in names if name not in config.recipes}


def table_of(name: str, recipe: Part) -> str:
    """Write the table of a model as it stands in the settings; what is as by default is left out."""
    return _table(f"models.{_key(name)}", {"use": name_of(type(recipe)), **_set_in(recipe)})


def _set_in(recipe: Part) -> dict[str, Any]:
    whole = recipe.model_dump(mode="json")
    usual = {key: field.get_default(call_default_factory=True) for key, field in type(recipe).model_fields.items()}
    return {key: value for key, value in whole.items() if getattr(recipe, key) != usual[key] and value is not None}


def _table(header: str, settings: dict[str, Any]) -> str:
    from endcap.data.starting.models_and_slots import toml

    return "\n".join([f"[{header}]", *(f"{key} = {toml(value)}" for key, value in settings.items())])


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else f'"{name}"'
