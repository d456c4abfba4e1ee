"""Each kind of mistake in endcap.toml: file, line, what was found and what there is."""

from pathlib import Path

import pytest

from endcap.config import line_of, load, parse
from endcap.core.errors import BadConfig
from endcap.models.popular import Popular

GOOD = """\
[shop]
name = "demo"

[[sources]]
use = "csv"
events = "events.csv"

[models.popular]
use = "popular"
half_life = 3.0

[models.similar]
use = "prod2vec"
index = "exact"

[slots."item/similar"]
retrievers = ["similar"]
stages = ["available", { use = "max_per", by = "category", n = 2 }, { use = "max_per", by = "family" }]
fallback = ["popular"]
"""
HERE = Path("endcap.toml")


def test_names_become_parts() -> None:
    config = parse(GOOD, HERE)
    assert config.recipes["popular"] == Popular(half_life=3.0)
    assert list(config.stages["item/similar"]) == ["available", "max_per", "max_per #2"]
    slot = config.slots({"popular": lambda query, k: query, "similar": lambda query, k: query})["item/similar"]  # type: ignore[dict-item]
    assert (list(slot.retrievers), list(slot.fallbacks), slot.k) == (["similar"], ["popular"], 12)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("half_life = 3.0", "halflife = 3.0", r"line 10: models.popular.halflife: unknown key; known: kinds, half_life"),
        ("half_life = 3.0", "half_life = 'x'", r"line 10: models.popular.half_life: found 'x': .*valid number"),
        ('name = "demo"', "nam = 1", r"line 2: shop.nam: unknown key; known: name, workdir"),
        ('name = "demo"', 'name = "A shop"', r"line 2: shop.name: found 'A shop'"),
        ("[shop]", "[shopp]", r"line 1: shopp: unknown key; known: shop, sources, seed, models, slots"),
        ('fallback = ["popular"]', "k = 0", r"line 18: slots.item/similar.k: found 0: .*greater than"),
        ('fallback = ["popular"]', "fallbacks = []", r"line 18: slots.item/similar.fallbacks: unknown key; known: ret"),
        ('fallback = ["popular"]', 'fallback = ["popula"]', r"line 18: .*no model is called 'popula'; there are: popular, s"),
        ('["similar"]', '["simila"]', r"line 16: slots.item/similar.retrievers: no model is called 'simila'; there are: p"),
        ('["similar"]', "[]", r"line 16: slots.item/similar.retrievers: found \[\]"),
        ('use = "popular"', 'use = "populr"', r"line \d+: models.popular: no model is called 'populr'; there are: .*popular"),
        ('use = "popular"', 'used = "popular"', r"line 8: models.popular.use: this key is needed: the name of a model"),
        ('"available"', '"avail"', r"line 17: slots.item/similar.stages: no stage is called 'avail'; there are: avail"),
        ('"available"', '{ by = "x" }', r"line 17: slots.item/similar.stages.use: this key is needed"),
        (', by = "family"', "", r"line 17: .*stages: by: this key is needed"),
        ('index = "exact"', 'index = "exakt"', r"line 14: models.similar.index: no index is called 'exakt'"),
        ('use = "csv"', 'use = "cvs"', r"line \d+: sources.0: no source is called 'cvs'; there are: .*csv"),
        ('events = "events.csv"', "", r"line 4: sources.0: events: this key is needed"),
        ('events = "events.csv"', "events = 3", r"line \d: sources.0.events: found 3"),
        ("[[sources]]\nuse = ", "# ", r"sources: this key is needed"),
        ("[shop]", "[shop", r"is not TOML: .*line 1"),
        ('name = "demo"', 'currency = "$NO_SUCH_NAME"', r"line 2: .*environment variable NO_SUCH_NAME is not set"),
        ('use = "popular"', 'use = "available"', r"models.popular: .*available.* not a model"),
        ('"available"', '"popular"', r"slots.item/similar.stages: .*popular.* not a stage"),
        ('use = "csv"', 'use = "available"', r"sources.0: .*"),
        ('use = "popular"', 'use = "os.path:join"', r"models.popular"),
    ],
)  # fmt: skip
def test_each_mistake_is_named_with_its_line(before: str, after: str, said: str) -> None:
    assert before in GOOD
    with pytest.raises(BadConfig, match=rf"(?s)^endcap\.toml.*{said}"):
        parse(GOOD.replace(before, after, 1), HERE)


def test_all_dangling_references_are_told_at_once() -> None:
    text = GOOD.replace('["similar"]', '["x"]').replace('["popular"]', '["y"]') + '[evaluate]\nbaselines = ["z"]\n'
    with pytest.raises(BadConfig) as caught:
        parse(text, HERE)
    assert [line.split("called ")[1][:3] for line in str(caught.value).splitlines()] == ["'x'", "'y'", "'z'"]


def test_secrets_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_EVENTS", "secret.csv")
    (source,) = parse(GOOD.replace('"events.csv"', '"$THE_EVENTS"'), HERE).sources
    assert source.events == "secret.csv"


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match=r"endcap\.toml: there is no such file; `endcap init` writes one"):
        load(tmp_path / "endcap.toml")


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "endcap.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadConfig, match=r"endcap\.toml: cannot be read"):
        load(tmp_path / "endcap.toml")


@pytest.mark.parametrize(
    ("place", "line"),
    [("models.similar.index", 14), ("slots.item/similar.k", 16), ("shop", 1), ("nowhere.at.all", None)],
)
def test_places_have_lines(place: str, line: int | None) -> None:
    assert line_of(GOOD, place) == line
