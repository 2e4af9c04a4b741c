"""Every key that may be left out stands in docs/study.md with what holds then."""

import re
from pathlib import Path

import pytest

from tradegains.study import read_study
from tradegains.study.fields import TomlTable

ROOT = Path(__file__).parents[2]
FULL = Path(__file__).with_name("full_study.toml")
TITLE = "## Keys that may be left out"
WHOLE = ("inputs", "census.columns", "census.rules")
"""Sections of which one line speaks for all keys."""


NOT_STATED = {
    "study.draft": "says that choices are open",
    "study.publication": "nothing was published of these plants",
    "census.columns": "columns that these censuses do not have",
    "census.rules": "rules of columns that the census does not have",
    "matching.panel_years": "asked for with the rule panel",
    "productivity.entry_rates": "left out, no such table",
    "census.buckets": "how files lie",
    "census.money_decimals": "as finely as amounts need",
    "census.flags_as_amounts": "left out, a yes or no in the place of an amount is refused",
    "inputs": "inputs that the study does not have",
    "productivity.unpriced": "without it rows without a price are refused",
    "productivity.standardised_by": "left out, nothing is standardised",
    "windows.scale_to_years": "left out, changes are not scaled",
    "tariffs": "Colombia has none; in the other the table has the kind of each row",
    "welfare.difference": "Colombia has one window",
    "welfare.expenditure_share": "left out, no extension",
    "welfare.value_added_share": "left out, no extension",
    "welfare.melitz_redding.entry_counts": "the other way to state entry",
    "regressions.trend_window": "asked for where controls have earlier_growth",
    "tariff_effects.industry_controls": "asked for with the input",
    "accounting": "published names the estimate, or a number is stated",
}
"""What the shipped studies may leave out, and why no number can move by accident without it."""


@pytest.fixture
def optional_keys(monkeypatch):
    """Keys that reading a study with every section asks for and does not require."""
    asked: set[str] = set()
    required: set[str] = set()

    def spy(name, into):
        original = getattr(TomlTable, name)

        def call(self, key, *arguments):
            path = ".".join(part for part in self.path.split(".") if not part.isdigit())
            into.add(f"{path}.{key}")
            return original(self, key, *arguments)

        monkeypatch.setattr(TomlTable, name, call)

    for name in ("optional", "nothing_or"):
        spy(name, asked)
    spy("required", required)
    for path in (FULL, ROOT / "conf" / "studies" / "cusfta.toml"):
        read_study(path)
    keys = {key for key in asked - required if not key.startswith(tuple(f"{w}." for w in WHOLE))}
    return keys | {f"{section}.*" for section in WHOLE}


def test_every_key_with_a_default_is_listed_and_no_other(optional_keys):
    text = (ROOT / "docs" / "study.md").read_text(encoding="utf-8")
    page = text[text.index(TITLE) + len(TITLE) :].split("\n## ")[0]
    listed = re.findall(r"^\| `([^`]+)` \|", page, flags=re.MULTILINE)
    assert sorted(listed) == sorted(optional_keys)
    assert len(set(listed)) == len(listed)


@pytest.mark.parametrize("name", ["cusfta.toml", "colombia_food.toml"])
def test_shipped_studies_state_what_has_a_default(name, monkeypatch):
    asked: list[tuple[str, str]] = []
    for kind in ("optional", "nothing_or"):
        original = getattr(TomlTable, kind)

        def call(self, key, *arguments, original=original):
            if key not in self:
                asked.append((re.sub(r"\.\d+", "", self.path), key))
            return original(self, key, *arguments)

        monkeypatch.setattr(TomlTable, kind, call)
    read_study(ROOT / "conf" / "studies" / name, {"census": "census"})
    silent = {f"{path}.{key}" for path, key in asked if path not in NOT_STATED}
    assert sorted(silent - NOT_STATED.keys()) == []
