"""Conditions of a study, judged by SQLite: an SQL that neither engine under test had a hand in.

Like a condition, SQLite takes NaN for a missing value; what these tests ask divides nothing.
"""

import sqlite3
from typing import Any

from reference.rows import Row


def rows_where(rows: list[Row], where: str) -> list[Row]:
    """Rows for which the condition is true; false and unknown are both out."""
    if not rows:
        return []
    names = sorted({name for row in rows for name in row.columns})
    columns = ", ".join(f'"{name}"' for name in names)
    with sqlite3.connect(":memory:") as database:
        database.execute(f"CREATE TABLE census (position, {columns})")
        database.executemany(
            f"INSERT INTO census VALUES ({', '.join('?' * (len(names) + 1))})",
            (
                (position, *(row.columns.get(name) for name in names))
                for position, row in enumerate(rows)
            ),
        )
        kept: list[tuple[Any]] = database.execute(
            f"SELECT position FROM census WHERE {where} ORDER BY position"
        ).fetchall()
    return [rows[position] for (position,) in kept]
