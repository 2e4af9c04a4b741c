"""The run itself: what it was made of, and what it published."""

from tradegains.published.printing import count
from tradegains.published.published_run import PublishedRun
from tradegains.report.page_table import Cell, PageTable, names
from tradegains.report.section import Facts, Section, section_of


def section(run: PublishedRun) -> Section:
    """What identifies the run, and its tables."""
    facts = (
        ("Run", run.run_id),
        ("Published", str(run.record["published_at"])),
        ("Input digest", str(run.record["input_digest"])),
        ("Code", str(run.record["code_version"])),
        ("Engine", str(run.record["engine"])),
    )
    shown = Facts(facts, compact=True, codes=("Run", "Input digest", "Code"))
    return section_of("run", "Run", "Run", shown, contents(run))


def contents(run: PublishedRun) -> PageTable:
    """The Delta tables that the run published."""
    rows = tuple(
        (
            *names([table["name"]]),
            Cell(count(table["rows"])),
            Cell(str(table["version"])),
            *names([table["digest"][:16]]),
        )
        for table in run.record.get("tables") or ()
    )
    return PageTable(
        title="Published tables",
        unit="rows; first 16 characters of the content digest",
        header=("table", "rows", "Delta version", "digest"),
        rows=rows,
    )
