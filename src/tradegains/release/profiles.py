"""The example rules that come with tradegains: text of `conf/rules/`, and the rules by name."""

from pathlib import Path

from tradegains.release.rules import Rules, read_rules

FOLDER = Path(__file__).parent / "examples"
EXAMPLES = ("plain", "strict", "mild")


def example_path(name: str) -> Path:
    """Where an example profile lies.

    Example:
        >>> example_path("strict").name
        'strict.toml'
    """
    return FOLDER / f"{name}.toml"


def example_rules(name: str) -> Rules:
    """The rules of an example profile: plain, strict or mild."""
    return read_rules(example_path(name))
