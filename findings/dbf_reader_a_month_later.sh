#!/usr/bin/env bash
# dbf-reader==1.0.3 (npm): dates of a dBase file come a month later, 1 January 1988 as 1 February and 31 December
# 1995 as 31 January 1996, because JavaScript counts months from 0; of the 31st of a month whose next is shorter, two.
# And a missing number is 0, a missing yes or no is false. Expected: the dates as written, which dbf itself reads
# (first lines), and something that is not a value. A plant that did not answer has no jobs and does not export.
source "$(dirname "$0")/environment"
prepare dbf==0.99.11 aenum==3.1.17
prepare_npm dbf-reader@1.0.3
expected='dbf: 1988-01-01 12 True
dbf: 1995-12-31 None None
dbf: 2001-01-31 7 False
dbf-reader: 1988-02-01 12 true
dbf-reader: 1996-01-31 0 false
dbf-reader: 2001-03-03 7 false'
cat > "$folder/write.py" <<'PROGRAM'
from datetime import date

import dbf

with dbf.Table("plants.dbf", "born D; jobs N(6,0); exports L").open(dbf.READ_WRITE) as table:
    for row in ((date(1988, 1, 1), 12, True), (date(1995, 12, 31), None, None), (date(2001, 1, 31), 7, False)):
        table.append(row)
    for row in table:
        print("dbf:", *row)
PROGRAM
observe_with bash -c 'env/bin/python write.py && mv "$1" program.mjs && TZ=UTC node program.mjs' node <<'PROGRAM'
import { readFileSync } from "node:fs";
import dbf from "dbf-reader";

for (const row of dbf.Dbf.read(readFileSync("plants.dbf")).rows)
  console.log("dbf-reader:", row.BORN.toISOString().slice(0, 10), row.JOBS, row.EXPORTS);
PROGRAM
