"""Rows under the last id of each chain of successors."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reference.rows import Row


def with_last_ids(rows: list[Row], links: list[Mapping[str, Any]]) -> list[Row]:
    """The rows, each replaced id followed to the end of its chain."""
    following = {link["old"]: link["new"] for link in links}

    def last(identifier: str | None) -> str | None:
        while identifier in following:
            identifier = following[identifier]
        return identifier

    return [
        replace(
            row,
            establishment_id=last(row.establishment_id),
            columns={**row.columns, "establishment_id": last(row.establishment_id)},
        )
        for row in rows
    ]
