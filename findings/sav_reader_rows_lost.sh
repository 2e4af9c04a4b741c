#!/usr/bin/env bash
# sav-reader==2.0.8 (npm): of a compressed SPSS file that ReadStat wrote (pyreadstat, and R's haven unless asked
# otherwise) only the first row is read, of 3 as of 100,000: ReadStat fills each row's block of codes with zeros, which
# the format allows ("ignore"), and zeros up to the block's end are taken for the end of the file. In a file that
# is not compressed a missing number comes as the number by which SPSS marks it, -1.797e308, and the sum with it.
# Expected: all rows, of which the file's header gives the number, and null.
source "$(dirname "$0")/environment"
prepare pyreadstat==1.3.7 pandas==2.3.3
prepare_npm sav-reader@2.0.8
expected='compressed.sav: 1 of 3 rows; jobs 12
plain.sav: 3 of 3 rows; jobs 12, 7, -1.7976931348623157e+308
pyreadstat, both: [12.0, 7.0, nan] [12.0, 7.0, nan]'
cat > "$folder/sides.py" <<'PROGRAM'
import sys

import pandas
import pyreadstat

jobs = pandas.DataFrame({"jobs": [12.0, 7.0, None]})
if sys.argv[1] == "write":
    pyreadstat.write_sav(jobs, "compressed.sav", row_compress=True)
    pyreadstat.write_sav(jobs, "plain.sav")
else:
    frames = (pyreadstat.read_sav(name)[0] for name in ("compressed.sav", "plain.sav"))
    print("pyreadstat, both:", *(frame["jobs"].tolist() for frame in frames))
PROGRAM
observe_with bash -c 'mv "$1" program.mjs && env/bin/python sides.py write && node program.mjs && env/bin/python sides.py read' \
  node <<'PROGRAM'
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { SavBufferReader } = createRequire(import.meta.url)("sav-reader");
for (const name of ["compressed.sav", "plain.sav"]) {
  const reader = new SavBufferReader(readFileSync(name));
  await reader.open();
  const rows = await reader.readAllRows();
  const jobs = rows.map((row) => row.jobs).join(", ");
  console.log(`${name}: ${rows.length} of ${reader.meta.header.n_cases} rows; jobs ${jobs}`);
}
PROGRAM
