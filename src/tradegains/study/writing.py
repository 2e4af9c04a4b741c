"""A study back to TOML: one canonical text per study, whatever its file looked like.

Decision: `[inputs]` keeps the names of the inputs, not their places, so that the run id, a digest
of this text, does not depend on where a folder lies; what the files hold enters the run id by the
input manifest. The text is itself a study file: give the inputs with `--input NAME=PATH`.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict

from tradegains.study.model import Study

_ABOUT = ("name", "title", "source", "publication", "synthetic")


def resolved_toml(study: Study) -> str:
    """The canonical text of a study; reading it gives the same study, but for input paths."""
    values = asdict(study)
    about = {key: values.pop(key) for key in _ABOUT}
    values.pop("todo")
    if values.pop("draft"):
        about["draft"] = True
    values["inputs"] = {name: name for name in study.inputs.given()}
    blocks = _table("study", about)
    for section, value in values.items():
        if value is None:
            continue
        if isinstance(value, tuple):
            for entry in value:
                blocks += _table(section, entry, brackets="[[{}]]")
        else:
            blocks += _table(section, value)
    return "\n\n".join(blocks) + "\n"


def _table(path: str, values: Mapping[str, object], *, brackets: str = "[{}]") -> list[str]:
    """A table as text, then its tables; a key without a value is left out."""
    plain = {key: value for key, value in values.items() if not isinstance(value, dict)}
    lines = [f"{key} = {toml_value(value)}" for key, value in plain.items() if value is not None]
    blocks = ["\n".join([brackets.format(path), *lines])]
    for key, value in values.items():
        if isinstance(value, dict):
            blocks += _table(f"{path}.{key}", value)
    return blocks


def toml_value(value: object) -> str:
    """A text, number, truth value or list as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    if isinstance(value, str):
        # JSON's escapes are TOML's, but for DEL, which TOML wants escaped too.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value)
