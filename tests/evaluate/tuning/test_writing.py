"""Settings written into a file that somebody wrote by hand."""

import tomllib
from importlib.resources import files

import pytest

from endcap.core.errors import BadConfig
from endcap.evaluate.tuning.writing import with_settings

TEXT = """\
# A shop.
[models.other]
shrink = 1.0                 # not this one

[models.together]            # bought together
use = "co_occurrence"
shrink = 10.0     # distrust
note = "a # b"    # says # twice
'half_life' = 30.0           # recent ones
# the last word

[slots."a/b"]
shrink = 3
"""


def test_one_table_changes_and_everything_else_stays_as_it_was() -> None:
    found = with_settings(TEXT, "together", {"shrink": 0.25, "note": "c", "size": 64, "on": True, "kinds": ["x", "y"]})
    assert found == TEXT.replace("shrink = 10.0     # distrust", "shrink = 0.25     # distrust").replace(
        'note = "a # b"    # says # twice', 'note = "c"        # says # twice'
    ).replace("# recent ones\n", '# recent ones\nsize = 64\non = true\nkinds = ["x", "y"]\n')


def test_a_value_that_is_longer_pushes_its_comment() -> None:
    assert "shrink = 123456789.0 # distrust\n" in with_settings(TEXT, "together", {"shrink": 123456789.0})


def test_none_takes_a_key_away() -> None:
    found = with_settings(TEXT, "together", {"half_life": None, "size": None})
    assert found == TEXT.replace("'half_life' = 30.0           # recent ones\n", "")


def test_the_file_of_the_demo_shop() -> None:
    text = (files("endcap.data") / "shops" / "demo.toml").read_text("utf-8")
    found = with_settings(text, "together", {"shrink": 0.262, "seeds": 34})
    before, after = text.splitlines(), found.splitlines()
    assert [line for line in after if line not in before] == ["shrink = 0.262", "seeds = 34"]
    assert len(after) == len(before) + 1
    assert tomllib.loads(found)["models"]["together"] == {
        "use": "co_occurrence", "similarity": "jaccard", "shrink": 0.262, "neighbours": 2000, "seeds": 34,
    }  # fmt: skip


def test_the_last_line_may_lack_its_end() -> None:
    assert with_settings("[models.a]\nuse = 'x'", "a", {"k": 1}) == "[models.a]\nuse = 'x'\nk = 1\n"
    assert with_settings("[models.'a b']\nk = 2", "a b", {"k": 1}) == "[models.'a b']\nk = 1\n"


@pytest.mark.parametrize(
    "text",
    [
        "[models]\na = { use = 'x', k = 1 }\n",
        "[models]\na.k = 1\n",
        "[models.a]\nk = [\n  1,\n]\n",
    ],
)
def test_what_is_written_otherwise_is_left_as_it_is(text: str) -> None:
    with pytest.raises(BadConfig, match=r"models\.a: is (no table of its own|not written one key to a line)"):
        with_settings(text, "a", {"k": 2})
