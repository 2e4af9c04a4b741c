"""Rows of a table held by column: read like any rows, and published without making one of them.

Decision: tables of tens of thousands of rows are made in columns, for a row of twenty values takes
Python ten times as long as its twenty places in columns. Others stay rows: they read better.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

Block = tuple[int, Mapping[str, Any]]
"""So many rows: by column a list of their values, or the one value that all of them share."""


class RowColumns(Sequence[dict[str, Any]]):
    """Rows of a table by column, each a list of plain Python values of the same length.

    Example:
        >>> rows = RowColumns({"year": [1988, 1996], "jobs": [2.0, None]})
        >>> len(rows), rows[1]
        (2, {'year': 1996, 'jobs': None})
    """

    def __init__(self, columns: Mapping[str, list[Any]]) -> None:
        self.columns = dict(columns)
        lengths = set(map(len, self.columns.values()))
        if len(lengths) > 1:
            raise ValueError(f"columns of different lengths: {sorted(lengths)}")
        self._length = lengths.pop() if lengths else 0

    @staticmethod
    def of(blocks: Iterable[Block]) -> "RowColumns":
        """Rows one block after the other; all have the columns of the first.

        Example:
            >>> blocks = [(2, {"year": 1988, "jobs": [2.0, 3.0]}), (1, {"year": 1996, "jobs": 4.0})]
            >>> [row["year"] for row in RowColumns.of(blocks)]
            [1988, 1988, 1996]
        """
        found: dict[str, list[Any]] = {}
        for number, (length, block) in enumerate(blocks):
            if number and block.keys() != found.keys():
                raise ValueError(f"columns differ: {sorted(block.keys() ^ found.keys())}")
            for name, values in block.items():
                many = values if isinstance(values, list) else [values] * length
                found.setdefault(name, []).extend(many)
        return RowColumns(found)

    def __len__(self) -> int:
        """How many rows."""
        return self._length

    @overload
    def __getitem__(self, place: int) -> dict[str, Any]: ...

    @overload
    def __getitem__(self, place: slice) -> "RowColumns": ...

    def __getitem__(self, place: int | slice) -> "dict[str, Any] | RowColumns":
        """A row as a dictionary of its own, or several rows."""
        cut = {name: values[place] for name, values in self.columns.items()}
        return RowColumns(cut) if isinstance(place, slice) else cut

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Each row as a dictionary of its own."""
        names = tuple(self.columns)
        for values in zip(*self.columns.values(), strict=True):
            yield dict(zip(names, values, strict=True))

    def among(self, name: str, values: Collection[Any]) -> "RowColumns":
        """The rows that have one of these values in a column.

        Example:
            >>> RowColumns({"year": [1988, 1996], "jobs": [2.0, 3.0]}).among("year", {1996})[0]
            {'year': 1996, 'jobs': 3.0}
        """
        places = [place for place, value in enumerate(self.columns[name]) if value in values]
        chosen = {each: [many[place] for place in places] for each, many in self.columns.items()}
        return RowColumns(chosen)

    def having(self, **shared: Any) -> "RowColumns":
        """The rows with further columns, each of one value.

        Example:
            >>> RowColumns({"year": [1988]}).having(ids="raw")[0]
            {'year': 1988, 'ids': 'raw'}
        """
        further = {name: [value] * len(self) for name, value in shared.items()}
        return RowColumns({**self.columns, **further})


def with_shared(rows: Sequence[dict[str, Any]], **shared: Any) -> Sequence[dict[str, Any]]:
    """Rows, however they are held, with further columns of one value each.

    Example:
        >>> with_shared([{"year": 1988}], ids="raw")
        [{'year': 1988, 'ids': 'raw'}]
    """
    if isinstance(rows, RowColumns):
        return rows.having(**shared)
    return [row | shared for row in rows]


def together(parts: Sequence[Sequence[dict[str, Any]]]) -> Sequence[dict[str, Any]]:
    """Rows of all parts, one after the other, by column where all are.

    Example:
        >>> together([[{"year": 1988}], [{"year": 1996}]])
        [{'year': 1988}, {'year': 1996}]
    """
    if len(parts) == 1:
        return parts[0]
    held = [part for part in parts if isinstance(part, RowColumns)]
    if len(held) == len(parts):
        return RowColumns.of((len(part), part.columns) for part in held)
    return [row for part in parts for row in part]
