"""Figures and the HTML report, from published tables: no engine, no JVM.

`page.write_report`, `show.show_table`, `show.show_runs`, `export.export_table`; each module is
imported by itself, so that showing a table does not wait for matplotlib or pandas.
"""
