"""What the census holds: its rows by rule, and its totals beside those of another source."""

from tradegains.tables.columns import INDUSTRY, NOTE, NUMBER, RUN, TEXT, YEAR, count, level
from tradegains.tables.flags import ROW_RULES
from tradegains.tables.table import Column, Table

QUALITY = Table(
    name="quality",
    title="Rows read, valid and quarantined",
    family="quality",
    key=("year", "rule"),
    columns=(
        RUN,
        YEAR,
        Column(
            "rule",
            TEXT,
            "",
            "read, valid, quarantined, or the rule that flagged the rows",
            words=("read", "valid", "quarantined", *ROW_RULES),
        ),
        Column(
            "action",
            TEXT,
            "",
            "stop, quarantine or keep; null for the three totals",
            nullable=True,
            words=("stop", "quarantine", "keep"),
        ),
        count("rows", "rows", "rows counted"),
    ),
)

COVERAGE = Table(
    name="coverage",
    title="How much of control totals the census covers",
    family="coverage",
    inputs=("control_totals",),
    key=("year", "level", "industry", "measure"),
    first=("ratio", "census", "control"),
    columns=(
        RUN,
        YEAR,
        level("total, or industry: the codes of the control totals", "total", "industry"),
        INDUSTRY,
        Column(
            "measure",
            TEXT,
            "",
            "establishments, employment, sales, exports or value_added",
            words=("establishments", "employment", "sales", "exports", "value_added"),
        ),
        Column(
            "census",
            NUMBER,
            "of the measure",
            "sum over the census; null where it has nobody",
            nullable=True,
        ),
        Column(
            "control",
            NUMBER,
            "of the measure",
            "control total; null where there is none",
            nullable=True,
        ),
        Column("ratio", NUMBER, "", "census over control", nullable=True),
        NOTE,
    ),
)

TABLES = (QUALITY, COVERAGE)
