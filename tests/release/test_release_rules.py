"""Rules files: the examples are read, and whatever is wrong with one is told at once."""

from pathlib import Path

import pytest

from tradegains.errors import StudyError
from tradegains.release.profiles import EXAMPLES, example_path, example_rules
from tradegains.release.rules import read_rules


def refused(folder: Path, *changes: tuple[str, str]) -> str:
    text = example_path("plain").read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
        text = text.replace(old, new)
    path = folder / "rules.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as raised:
        read_rules(path)
    assert raised.value.exit_code == 2
    return str(raised.value)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_whole(name: str) -> None:
    assert example_rules(name).profile.name == name


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("[prior_posterior]", "[prior_postrior]"), "did you mean prior_posterior"),
        (("percent = 10.0", "percentage = 10.0"), "did you mean percent?"),
        (("percent = 10.0 ", "# "), "[prior_posterior] percent is missing"),
        (("percent = 85.0", "percent = 100.1"), "rules.toml, line 13"),
        (("percent = 85.0", "percent = 0"), "a number greater than 0 and at most 100"),
        (("percent = 85.0", "percent = true"), "percent = true is not valid"),
        (
            ("least = 10              # a number", "least = 1 # a number"),
            "a whole number from 2 to 1000",
        ),
        (("largest = 2 ", "largest = 3 "), "a whole number from 1 to 2"),
        (('at_limit = "release"', 'at_limit = "review"'), '"release", "withhold"'),
        (("counts = 0 ", 'counts = "some" '), '"significant"'),
        (('name = "plain"', 'name = ""'), "a text in quotes, not empty"),
        (("[profile]", "[profile"), "no TOML"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    assert told in refused(tmp_path, change)


def test_limits_themselves_stand(tmp_path: Path) -> None:
    text = example_path("plain").read_text(encoding="utf-8")
    path = tmp_path / "rules.toml"
    path.write_text(text.replace("percent = 85.0", "percent = 100"), encoding="utf-8")
    assert read_rules(path).dominance.percent == 100


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    told = refused(tmp_path, ("percent = 85.0", "percent = 101"), ("largest = 2 ", "largest = 0 "))
    assert "percent = 101" in told
    assert "largest = 0" in told


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="the rules cannot be read"):
        read_rules(tmp_path / "none.toml")
