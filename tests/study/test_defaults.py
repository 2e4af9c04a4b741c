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
