"""The HTML report of a published run: `page.write_report`, from `sections`, a module each."""
