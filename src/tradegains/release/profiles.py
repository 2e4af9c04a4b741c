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


def rules_path(given: str) -> Path:
    """The rules file that a path, or the name of an example, means.

    Example:
        >>> rules_path("mild").name, rules_path("ours.toml").name
        ('mild.toml', 'ours.toml')
    """
    return example_path(given) if given in EXAMPLES else Path(given)
