#!/usr/bin/env bash
# pyegen==0.2.4 ("equivalent to Stata's egen"): pc(), in Stata the percent of the total, is the percentile rank;
# kurt() is the excess over 3 with a correction for small samples, in Stata the plain fourth moment, 1.7 for 1
# to 5; group() numbers rows in order of appearance, gives missing a number, and answers with rows 0, 1, 2, ...
# whatever the rows were, so that after a selection the ids go to other rows or are missing. Expected, as in
# Stata: 10, 10 and 80 percent; 1.7; groups in sorted order (2, none, 1, 2), on their rows.
source "$(dirname "$0")/environment"
prepare pyegen==0.2.4 pandas==2.3.3 numpy==2.4.6
expected="pc: [50.0, 50.0, 100.0] percent of the total: [10.0, 10.0, 80.0]
kurt: -1.2
group: [1, 2, 3, 1]
after a selection: [['steel', 1.0], [None, 2.0], ['steel', nan]]"
observe <<'PROGRAM'
import pandas as pd
import pyegen

sales = pd.Series([10.0, 10.0, 80.0])
print("pc:", pyegen.pc(sales).tolist(), "percent of the total:", (100 * sales / sales.sum()).tolist())
numbers = pd.Series([1.0, 2.0, 3.0, 4.0, 5.0])
print("kurt:", round(pyegen.kurt(numbers)[0], 6))
plants = pd.DataFrame({"industry": ["steel", None, "food", "steel"], "sales": [5, 7, 0, 4]})
print("group:", pyegen.group(plants, ["industry"]).tolist())
selling = plants[plants["sales"] > 0].copy()
selling["id"] = pyegen.group(selling, ["industry"])
print("after a selection:", selling[["industry", "id"]].values.tolist())
PROGRAM
