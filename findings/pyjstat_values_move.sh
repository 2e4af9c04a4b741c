#!/usr/bin/env bash
# pyjstat==2.4.0: a data frame becomes JSON-stat by writing its values as the rows stand, so that other rows than the
# full table in its own order put values into other cells: sorted by value, South's 7 plants of 1990 are North's of
# 1989; without the row of a suppressed cell, three values are written for four cells. Expected: each value
# in its cell, which its row's region and year say, and null in the others. The full table comes back as it was.
source "$(dirname "$0")/environment"
prepare pyjstat==2.4.0 pandas==2.3.3
expected='full table: [5.0, None, 4.0, 7.0]; North 1989 5, North 1990 missing, South 1989 4, South 1990 7
sorted by value: [4.0, 5.0, 7.0, None]; South 1989 4, South 1990 5, North 1989 7, North 1990 missing
only rows with a value: [5.0, 4.0, 7.0] of 4 cells'
observe <<'PROGRAM'
import json

import pandas
from pyjstat import pyjstat

rows = [("North", "1989", 5), ("North", "1990", None), ("South", "1989", 4), ("South", "1990", 7)]
plants = pandas.DataFrame(rows, columns=["region", "year", "value"])


def show(name, frame):
    document = pyjstat.Dataset.read(frame).write("jsonstat")
    written = json.loads(document)
    cells = written["size"][0] * written["size"][1]
    if len(written["value"]) < cells:
        return print(f"{name}: {written['value']} of {cells} cells")
    read = pyjstat.Dataset.read(document).write("dataframe")
    texts = (f"{region} {year} {value:.0f}" for region, year, value in read.values)
    print(f"{name}: {written['value']};", ", ".join(texts).replace("nan", "missing"))


show("full table", plants)
show("sorted by value", plants.sort_values("value"))
show("only rows with a value", plants.dropna())
PROGRAM
