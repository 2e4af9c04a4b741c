"""Where a key stands in a TOML file: tomllib parses it but does not say."""

import re

_HEADER = re.compile(r"^\s*\[(\[)?\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*((?:"[^"]*"|'[^']*'|[A-Za-z0-9_.-]+)(?:\s*\.\s*[A-Za-z0-9_-]+)*)\s*=""")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'')
_LONG_QUOTES = ('"""', "'''")


def key_lines(text: str) -> dict[str, int]:
    """Line of every table and key of a TOML text, by dotted path.

    The tables of an array are numbered from 0. Keys of an inline table are not listed: they
    stand on the line of their parent.

    Example:
        >>> key_lines("[study]\\nname = 'a'\\n[[windows]]\\nstart = 1\\n")
        {'study': 1, 'study.name': 2, 'windows.0': 3, 'windows': 3, 'windows.0.start': 4}
    """
    lines: dict[str, int] = {}
    table, tables_seen = "", dict[str, int]()
    for number, line in _statements(text):
        if header := _HEADER.match(line):
            table = _plain(header[2])
            if header[1]:
                index = tables_seen[table] = tables_seen.get(table, -1) + 1
                lines[f"{table}.{index}"] = number
                lines.setdefault(table, number)
                table = f"{table}.{index}"
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            path = f"{table}.{_plain(key[1])}" if table else _plain(key[1])
            lines.setdefault(path, number)
    return lines


def line_of(path: str, lines: dict[str, int]) -> int | None:
    """Line of a key, or of the nearest table around it that has one.

    Example:
        >>> line_of("welfare.sigma", {"welfare": 7})
        7
    """
    while path not in lines and "." in path:
        path = path.rpartition(".")[0]
    return lines.get(path)


def _plain(path: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in path.split("."))


def _statements(text: str) -> list[tuple[int, str]]:
    """Lines that begin a statement: not inside an array or a text of several lines."""
    found: list[tuple[int, str]] = []
    depth, closing = 0, ""
    for number, line in enumerate(text.splitlines(), start=1):
        if closing:
            if closing in line:
                closing = ""
            continue
        if depth == 0:
            found.append((number, line))
        opened = [quotes for quotes in _LONG_QUOTES if line.count(quotes) % 2]
        if opened:
            closing = opened[0]
            continue
        bare = _STRING.sub("", line).partition("#")[0]
        depth += bare.count("[") - bare.count("]")
    return found
