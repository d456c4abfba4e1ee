"""Each kind of mistake in endcap.toml: file, line, what was found and what there is."""

from pathlib import Path

import pytest

from endcap.config import line_of, load, parse
from endcap.core.candidates import Candidates
from endcap.core.errors import BadConfig
from endcap.core.query import Query
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


def nothing(query: Query, k: int) -> Candidates:
    """A retriever."""
    return Candidates.none()


def test_names_become_parts() -> None:
    config = parse(GOOD, HERE)
    assert config.recipes["popular"] == Popular(half_life=3.0)
    assert list(config.stages["item/similar"]) == ["available", "max_per", "max_per #2"]
    slot = config.slots(dict.fromkeys(("popular", "similar"), nothing))["item/similar"]
    assert (list(slot.retrievers), list(slot.fallbacks), slot.k) == (["similar"], ["popular"], 12)


@pytest.mark.parametrize(
    ("before", "after", "line", "said"),
    [
        ("half_life = 3.0", "halflife = 3.0", 10, "models.popular.halflife: unknown key; known: kinds, half_life"),
        ("half_life = 3.0", "half_life = 'x'", 10, "models.popular.half_life: found 'x': .*valid number"),
        ('name = "demo"', "nam = 1", 2, "shop.nam: unknown key; known: name, workdir"),
        ('name = "demo"', 'name = "A shop"', 2, "shop.name: found 'A shop'"),
        ('name = "demo"', 'currency = "$NO_SUCH_NAME"', 2, "the environment variable NO_SUCH_NAME is not set"),
        ("[shop]", "[shopp]", 1, "shopp: unknown key; known: shop, sources, .*seed, models, slots"),
        ('fallback = ["popular"]', "k = 0", 19, "slots.item/similar.k: found 0: .*greater than"),
        ('fallback = ["popular"]', "fallbacks = []", 19, "slots.item/similar.fallbacks: unknown key; known: retr"),
        ('fallback = ["popular"]', 'fallback = ["x"]', 19, "no model is called 'x'; there are: popular, similar"),
        ('["similar"]', '["x"]', 17, "slots.item/similar.retrievers: no model is called 'x'; there are: popular, sim"),
        ('["similar"]', "[]", 17, r"slots.item/similar.retrievers: found \[\]"),
        ('use = "popular"', 'use = "x"', 9, "models.popular.use: no model is called 'x'; there are: .*popular"),
        ('use = "popular"', 'used = "popular"', 8, "models.popular.use: this key is needed: the name of a model"),
        ('use = "prod2vec"', 'use = "available"', 13, "models.similar.use: 'available' is not a model"),
        ('use = "prod2vec"', 'use = "os.path:join"', 13, "models.similar.use: 'os.path:join' is not a model"),
        ('use = "prod2vec"', 'use = "csv:x"', 13, "module 'csv' has no 'x'"),
        ('"available"', '"x"', 18, "slots.item/similar.stages.use: no stage is called 'x'; there are: .*available"),
        ('"available"', '"popular"', 18, "slots.item/similar.stages.use: 'popular' is not a stage"),
        ('"available"', '{ by = "x" }', 18, "slots.item/similar.stages.use: this key is needed"),
        (', by = "family"', "", 18, "slots.item/similar.stages.by: this key is needed"),
        ('index = "exact"', 'index = "x"', 14, "models.similar.index.use: no index is called 'x'"),
        ('index = "exact"', 'index = "csv"', 14, "models.similar.index.*csv|index.events: this key is needed"),
        ('use = "csv"', 'use = "x"', 4, "sources.0.use: no source is called 'x'; there are: .*csv"),
        ('events = "events.csv"', "events = 3", 4, "sources.0.events: found 3"),
    ],
)
def test_each_mistake_is_named_with_its_line(before: str, after: str, line: int, said: str, tmp_path: Path) -> None:
    assert before in GOOD
    (tmp_path / "endcap.toml").write_text(GOOD.replace(before, after, 1))
    with pytest.raises(BadConfig, match=rf"endcap\.toml, line {line}: .*{said}"):
        load(tmp_path / "endcap.toml")


def test_what_is_not_toml_or_has_no_sources_is_refused() -> None:
    with pytest.raises(BadConfig, match=r"endcap\.toml: is not TOML: .*line 2"):
        parse("[shop]\nname = = 1", HERE)
    with pytest.raises(BadConfig, match=r"endcap\.toml: sources: this key is needed"):
        parse(GOOD.replace("[[sources]]", "[serve]").replace('use = "csv"\nevents = "events.csv"', ""), HERE)


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
    [("models.similar.index", 14), ("slots.item/similar.k", 16), ("shop", 1), ("nowhere", None)],
)
def test_places_have_lines(place: str, line: int | None) -> None:
    assert line_of(GOOD, place) == line
