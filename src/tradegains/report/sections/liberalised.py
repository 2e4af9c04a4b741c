"""Whether more liberalised industries gain more than the others: figure 5."""

from tradegains.published.published_run import PublishedRun
from tradegains.report.influence import slopes_table
from tradegains.report.ranked import ranked_exhibits
from tradegains.report.section import Section, section_of


def section(run: PublishedRun) -> Section:
    """Figure 5, once for every variable that industries are ranked by, and slopes on them."""
    return section_of(
        "liberalised",
        "More and less liberalised industries",
        "Liberalised industries",
        *ranked_exhibits(run, "5"),
        slopes_table(run),
    )
