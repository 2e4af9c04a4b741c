"""Foreign files written by other programs' libraries, and recipes for them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from workshop import Workshop


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


@pytest.fixture
def recipe_of() -> Callable[..., str]:
    """The text of a recipe for one CSV file, of columns given as lines of TOML."""

    def text(*columns: str, source: str = "", year: str = 'column = "year"') -> str:
        head = f'[source]\nfiles = ["plants.csv"]\nformat = "text"\n{source}\n[year]\n{year}\n'
        return head + "\n".join(f"[[columns]]\n{each}" for each in columns)

    return text
