"""The table of runs: which study, inputs, code and engine made the numbers."""

from pyspark.sql.types import ArrayType, LongType, StringType, StructField, StructType

from tradegains.tables.columns import RUN, TEXT
from tradegains.tables.table import Column, Table

PUBLISHED_TABLE = ArrayType(
    StructType(
        [
            StructField("name", StringType()),
            StructField("version", LongType()),
            StructField("rows", LongType()),
            StructField("digest", StringType()),
        ]
    )
)

RUNS = Table(
    name="runs",
    title="Published runs",
    family="",
    key=("run_id",),
    columns=(
        RUN,
        Column("study", TEXT, "", "name of the study"),
        Column("published_at", TEXT, "UTC, ISO 8601", "when the run was published"),
        Column("study_toml", TEXT, "", "the resolved study file"),
        Column("inputs", TEXT, "JSON", "input manifest: path, bytes, rows, fingerprint, sha256"),
        Column("input_digest", TEXT, "", "sha256 of the input manifest"),
        Column("code_version", TEXT, "", "version and digest of the code"),
        Column("engine", TEXT, "", "engine and versions that computed the run"),
        Column("absent", TEXT, "JSON", "results that are absent, each with the reason"),
        Column("tables", PUBLISHED_TABLE, "", "published tables: Delta version, rows, digest"),
        Column("row_digest", TEXT, "", "sha256 of the rest of this row; null from older versions"),
    ),
)

TABLES = (RUNS,)
