"""Which code computed a run: the package's version, and a digest of what can change a number.

Decision: the digest covers the modules that the pipeline can reach, which are the pipeline itself
and, from there, whatever one of these imports, wherever in it the import stands; and the data files
beside them. A mended caption, figure, help text or command is in none of them: it leaves every
`run_id`, and no study is computed again for it.

Comments and docstrings compute nothing and are left out, so that who explains a formula better
changes no `run_id` either; nor does who mends what a published table or column is said to be: in
their declarations, texts of several words are titles, units and meanings. All else in a reached
module counts, the wording of an error too: that a change of code touches no number is not for a
program to decide. The package's own `__init__`,
which only names what a notebook may ask for, is not part of it, and neither is the version, which
also moves when only the report has changed.

Strings and comments are found by a regular expression and not by Python's parser, which would take
ten times as long, a second at the start of every run.
"""

import hashlib
import posixpath
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from tradegains import __version__

PIPELINE = "pipeline.py"
_CODE, _DATA = ".py", ".csv"
_DECLARATIONS = re.compile(r"tables/(published/(?!__init__)|columns)\w*\.py")

# In this order: strings of three quotes, of one, comments.
_TOKEN = re.compile(
    r'"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""'
    r"|'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''"
    r'|"[^"\\\n]*(?:\\.[^"\\\n]*)*"'
    r"|'[^'\\\n]*(?:\\.[^'\\\n]*)*'"
    r"|#[^\n]*",
    re.DOTALL,
)
_BLANK_LINES = re.compile(r"\n[ \t\n]*\n")
_END_OF_LINE = re.compile(r"[ \t]*(?:#|\n|\Z)")
# Names for annotations only.
_TYPES_ONLY = re.compile(r"^([ \t]*)if TYPE_CHECKING:\n(?:\1[ \t]+[^\n]*\n)+", re.MULTILINE)
# What a caption of another length brings with it: line ends, and what stands around them.
_LAYOUT = re.compile(r"\s+|,(?=\s*[)\]}])")
_CAPTIONS = re.compile(r"\((?:f?¶)+\)|(?:f?¶)+")
_IMPORT = re.compile(
    r"^[ \t]*(?:from (tradegains[\w.]*) import (\([^)]*\)|[^\n]*)|import (tradegains[^\n]*))",
    re.MULTILINE,
)


@cache
def code_version() -> str:
    """The package's version and the first digits of its digest, for a reader of `runs`."""
    return f"{__version__}+{code_digest()[:12]}"


@cache
def code_digest() -> str:
    """Digest of the code that can change a number, from a source tree, a wheel or a zip alike."""
    return digest_of(read_package(files("tradegains")))


def digest_of(package: Mapping[str, str]) -> str:
    """Digest of what the pipeline of a package can reach.

    Args:
        package: text of each of its files, by path.
    """
    digest = hashlib.sha256()
    reached = reached_modules(package)
    folders = {posixpath.dirname(path) for path in reached}
    beside = {path: text for path, text in package.items() if _is_data(path, folders)}
    for path, text in sorted({**reached, **beside}.items()):
        content = text.encode()
        digest.update(f"{path}\t{len(content)}\n".encode() + content)
    return digest.hexdigest()


def _is_data(path: str, folders: set[str]) -> bool:
    return path.endswith(_DATA) and posixpath.dirname(path) in folders


def reached_modules(package: Mapping[str, str]) -> dict[str, str]:
    """Bare code of each module that the pipeline can reach, by path.

    Example:
        >>> package = {
        ...     "pipeline.py": "def run():\\n    from tradegains.results import welfare",
        ...     "results/__init__.py": "",
        ...     "results/welfare.py": "GAIN = 5.1  # percent",
        ...     "report.py": "from tradegains import pipeline",
        ... }
        >>> sorted(reached_modules(package))
        ['pipeline.py', 'results/__init__.py', 'results/welfare.py']
    """
    reached: dict[str, str] = {}
    waiting = [PIPELINE]
    while waiting:
        path = waiting.pop()
        if path not in reached:
            code, names = _read(package[path])
            for name in names:
                waiting += _files_of(name, package)
            reached[path] = without_captions(code) if _DECLARATIONS.fullmatch(path) else code
    return reached


def _read(source: str) -> tuple[str, list[str]]:
    """Bare code of a module, and full names of what it imports."""
    code = _TYPES_ONLY.sub("", bare_code(source))
    return code, list(dict.fromkeys(_imported(code)))


def without_captions(code: str) -> str:
    """Bare code of declarations, texts of several words and the layout left out.

    Example:
        >>> without_captions('Column("ratio", NUMBER, "", "census over control", nullable=True)')
        'Column("ratio",NUMBER,"",¶,nullable=True)'
    """
    marked = _TOKEN.sub(lambda token: "¶" if " " in token[0] else token[0], code)
    return _CAPTIONS.sub("¶", _LAYOUT.sub("", marked))


def _imported(code: str) -> Iterator[str]:
    """Full names that some code imports, of this package."""
    for found in _IMPORT.finditer(code):
        module, names, modules = found.groups()
        if modules:
            yield from (each.split()[0] for each in modules.split(","))
        else:
            listed = names.strip("()").split(",")
            yield from (f"{module}.{each.split()[0]}" for each in listed if each.strip())


def _files_of(name: str, package: Mapping[str, str]) -> list[str]:
    """The files that Python runs to import a name: packages on the way, and the module."""
    parts = name.split(".")[1:]
    places = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    paths = (path for place in places for path in (f"{place}/__init__{_CODE}", f"{place}{_CODE}"))
    return [path for path in paths if path in package]


def bare_code(source: str) -> str:
    """Source without comments, strings that are statements, and blank lines.

    Two sources with the same bare code compute the same.

    Example:
        >>> print(bare_code("def rate(x):  # a share\\n    'Rate of x.'\\n\\n    return x"))
        def rate(x):
            return x
    """
    kept: list[str] = []
    lines: list[str] = []  # what follows the last string of several lines
    brackets: list[str] = []  # code since the depth was counted
    end = depth = 0
    for token in _TOKEN.finditer(source):
        code, text, end = source[end : token.start()], token[0], token.end()
        lines.append(code)
        brackets.append(code)
        if text[0] == "#":
            lines[-1] = code.rstrip(" \t")
            continue
        if _is_a_line(source, token):
            depth += _opened("".join(brackets))
            brackets = []
            if depth == 0:
                lines[-1] = code.rstrip("rRuU \t")
                continue
        if "\n" in text:
            kept += [_without_blank_lines(lines), text]
            lines = []
        else:
            lines.append(text)
    return "".join([*kept, _without_blank_lines([*lines, source[end:]])])


def _is_a_line(source: str, string: re.Match[str]) -> bool:
    """Whether a string stands on lines of its own; one that is formatted may compute."""
    line = source.rfind("\n", 0, string.start()) + 1
    is_first = source[line : string.start()].strip() in ("", "r", "R", "u", "U")
    return (
        is_first
        and not source.endswith("\\\n", 0, line)
        and bool(_END_OF_LINE.match(source, string.end()))
    )


def _opened(code: str) -> int:
    """How many brackets code without strings opens more than it closes."""
    return sum(map(code.count, "([{")) - sum(map(code.count, ")]}"))


def _without_blank_lines(pieces: list[str]) -> str:
    return _BLANK_LINES.sub("\n", "".join(pieces))


def read_package(folder: Traversable) -> dict[str, str]:
    """Text of each file of code or data in a package's folder, by path, also inside a zip."""
    return {path: source.read_text(encoding="utf-8") for path, source in _sources(folder, "")}


def _sources(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _sources(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith((_CODE, _DATA)):
            yield f"{prefix}{entry.name}", entry
