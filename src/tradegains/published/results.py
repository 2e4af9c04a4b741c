"""Published results for Python and notebooks: tables as pandas or Arrow, with units and meanings.

A table keeps the rows of every run; a reader gets those of one, the latest unless another is named.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from numbers import Number
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tradegains.errors import Problem, StudyError
from tradegains.published.arranged import MONEY
from tradegains.published.published_run import PublishedRun
from tradegains.published.reading import list_runs, read_run, read_table
from tradegains.published.rows import filtered, selected
from tradegains.tables.published import TABLES
from tradegains.tables.table import Column

if TYPE_CHECKING:
    import pandas as pd

Value = str | int | float | None


class Results:
    """The published results in an output folder.

    Nothing is kept between two questions: what another process publishes meanwhile is found.
    """

    def __init__(self, output: str | Path) -> None:
        """An output folder, the one that holds `tables/`."""
        self.output = output if "://" in str(output) else Path(output)

    def table(
        self,
        name: str,
        *,
        where: Mapping[str, Value] | None = None,
        columns: Sequence[str] | None = None,
        run: str | None = None,
    ) -> "pd.DataFrame":
        """Rows of a published table as a pandas DataFrame.

        Its `attrs` tell what the rows are: `table`, `title`, `study`, `run_id`, `synthetic`, and by
        column `units` and `meanings`. Whole numbers with gaps are of the type Int32 or Int64.

        Args:
            name: of a table; `tables()` lists them.
            where: a value by column, None for rows where it is null; all rows when not given.
            columns: in this order; all when not given.
            run: a run id, or its first characters; the latest run when not given.

        Raises:
            StudyError: no such run, table or column; the message says which there are. A column
                of `where` has more than one value.
        """
        rows = self.arrow(name, where=where, columns=columns, run=run)
        frame = _frame(rows)
        fields = {field.name: _told(field.metadata) for field in rows.schema}
        about: dict[str, Any] = dict(_told(rows.schema.metadata))
        about["synthetic"] = about["synthetic"] == "yes"
        about["units"] = {name: told["unit"] for name, told in fields.items()}
        about["meanings"] = {name: told["comment"] for name, told in fields.items()}
        frame.attrs.update(about)
        return frame

    def arrow(
        self,
        name: str,
        *,
        where: Mapping[str, Value] | None = None,
        columns: Sequence[str] | None = None,
        run: str | None = None,
    ) -> pa.Table:
        """Rows of a published table as an Arrow table; `unit` and `comment` are in its fields.

        Arguments and errors are those of `table`.
        """
        found, rows = read_table(self.output, name, run)
        rows = filtered(rows, name, _conditions(where))
        if columns:
            rows = selected(rows, name, columns).select(list(dict.fromkeys(columns)))
        return rows.cast(_schema(rows.schema, name, found))

    def tables(self, *, run: str | None = None) -> "pd.DataFrame":
        """One row per table of a run: its title and its number of rows; the index is the name.

        Raises:
            StudyError: no such run.
        """
        import pandas as pd

        found = read_run(self.output, run).record["tables"] or ()
        rows = {each["name"]: (TABLES[each["name"]].title, each["rows"]) for each in found}
        index = pd.Index(list(rows), name="table")
        return pd.DataFrame(list(rows.values()), index=index, columns=["title", "rows"])

    def runs(self) -> "pd.DataFrame":
        """One row per published run, the latest first; the index is the run id.

        The table `runs` has more of each: the study and the files that were read.
        """
        import pandas as pd

        facts = ("study", "published_at", "engine", "code_version")
        found = list_runs(self.output)
        index = pd.Index([run["run_id"] for run in found], name="run_id")
        frame = pd.DataFrame([{name: run[name] for name in facts} for run in found], index=index)
        frame["published_at"] = pd.to_datetime(frame["published_at"])
        frame["tables"] = [len(run["tables"] or ()) for run in found]
        return frame

    def __repr__(self) -> str:
        runs = list_runs(self.output)
        latest = PublishedRun(runs[0], {})
        named = ", ".join(entry["name"] for entry in latest.record["tables"] or ())
        count = f"{len(runs)} run{'s' * (len(runs) != 1)}"
        study = f"{latest.record['study']}{''.join(f', {word}' for word in latest.standing)}"
        told = f"{count}; the latest, {latest.run_id}, of study {study}"
        return f"Results in {self.output}: {told}\ntables: {named}"

    def _repr_html_(self) -> str:
        """The tables of the latest run, for a notebook."""
        heading = escape(repr(self).partition("\n")[0])
        html: str = self.tables().to_html()
        return f"<p>{heading}</p>{html}"


def open_results(output: str | Path) -> Results:
    """The published results in an output folder.

    Args:
        output: folder of the runs, the one that holds `tables/`.

    Raises:
        StudyError: nothing is published there.
    """
    results = Results(output)
    list_runs(results.output)
    return results


def _conditions(where: Mapping[str, Value] | None) -> dict[str, str]:
    """Conditions as the command line has them: nothing stands for null."""
    if not isinstance(where or {}, Mapping):
        cure = 'write where={"level": "total"}'
        raise StudyError(Problem("where is not a mapping of columns to values", cure=cure))
    told = {}
    for column, value in (where or {}).items():
        if not isinstance(value, str | Number | None):
            cure = f'read more rows and select: rows[rows["{column}"].isin([...])]'
            raise StudyError(Problem(f"where gives {column} more than one value", cure=cure))
        told[column] = "" if value is None else str(value)
    return told


def _schema(schema: pa.Schema, name: str, run: PublishedRun) -> pa.Schema:
    """The schema with what the columns and the table are."""
    fields = []
    for field in schema:
        column = _in_money_of(TABLES[name].column(field.name), run)
        told = {"unit": column.unit, "comment": column.meaning}
        fields.append(field.with_metadata(told))
    about = {
        "table": name,
        "title": TABLES[name].title,
        "study": str(run.record["study"]),
        "run_id": run.run_id,
        "synthetic": "yes" if run.synthetic else "no",
    }
    return pa.schema(fields, metadata=about)


def _in_money_of(column: Column, run: PublishedRun) -> Column:
    return replace(column, unit=column.unit.replace(MONEY, run.money_unit))


def _told(metadata: Mapping[bytes, bytes]) -> dict[str, str]:
    return {key.decode(): value.decode() for key, value in metadata.items()}


def _frame(rows: pa.Table) -> "pd.DataFrame":
    """Rows in pandas; a gap among whole numbers leaves them whole."""
    import pandas as pd

    whole = {pa.int32(): pd.Int32Dtype(), pa.int64(): pd.Int64Dtype()}
    frame = rows.to_pandas()
    for field in rows.schema:
        if field.type in whole and rows[field.name].null_count:
            frame[field.name] = rows[field.name].to_pandas(types_mapper=whole.get)
    return frame
