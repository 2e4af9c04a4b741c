"""A section of the report is one module and one entry of one list, and says what it lacks."""

import pkgutil
from importlib import import_module

import pytest

from tradegains.report import page, sections
from tradegains.report.section import Exhibit, Facts, Paragraph, section_of

MODULES = [name for _, name, _ in pkgutil.iter_modules(sections.__path__)]


def test_every_module_of_the_room_is_on_the_page_once():
    listed = [each.__name__.rpartition(".")[2] for each in (*page.SECTIONS, *page.LAST)]
    assert sorted(listed) == sorted(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_a_section_is_called_alike_and_has_words_for_the_navigation(name, run):
    found = import_module(f"tradegains.report.sections.{name}").section(run)
    assert found.key.isidentifier()
    assert found.title
    assert found.word
    assert all(one.reason for one in found.missing)


def test_keys_of_sections_and_figures_are_addresses_of_one_thing_each(run):
    made = page.page_sections(run)
    keys = [one.key for one in made] + [one.key for one in page.figures_of(made)]
    assert len(keys) == len(set(keys))


def test_a_new_section_needs_nothing_else(run, monkeypatch):
    class Theil:
        @staticmethod
        def section(run):
            shown = Facts((("Theil index", "0.25"),))
            return section_of(
                "theil", "Inequality of output", "Inequality", Paragraph("Of output."), shown
            )

    monkeypatch.setattr(page, "SECTIONS", (Theil,))
    text = page.page_html(run, page.page_sections(run))
    assert '<a href="#theil">Inequality</a>' in text
    assert '<section id="theil">' in text
    assert "<dd>0.25</dd>" in text


def test_a_picture_is_drawn_when_it_is_asked_for_and_once():
    drawn = []
    one = Exhibit("figure_x", "X", lambda: drawn.append(1), "text", "caption", {})
    assert drawn == []
    assert one.picture is one.picture
    assert drawn == [1]


def test_reasons_of_sections_without_blocks_are_listed(run_with, tables):
    empty = run_with(**{name: table.slice(0, 0) for name, table in tables.items()})
    text = page.page_html(empty, [one for one in page.page_sections(empty) if not one.figures])
    assert 'id="trade"' not in text
    assert "<dt>Intra-industry trade</dt>" in text
