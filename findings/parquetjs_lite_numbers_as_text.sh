#!/usr/bin/env bash
# parquetjs-lite==0.8.7: numbers of a column that has a dictionary, which is what writers do by default, come as
# text: jobs 12, 7 and 12 are "12", "7" and "12", so a sum that begins with 0 is "012712"; without a dictionary
# they are numbers. -0 becomes "0", and unsigned numbers of 64 bits in the upper half are negative either way.
# Times with a dictionary are refused (TypeError). Expected: the same numbers in both encodings.
source "$(dirname "$0")/environment"
prepare pyarrow==26.0.1
prepare_npm parquetjs-lite@0.8.7
expected='with a dictionary: jobs "12", "7", "12", their sum "012712", rate "0.5", id "-9223372036854775808"
without one: jobs 12, 7, 12, their sum 31, rate 0.5, id -9223372036854775808'
cat > "$folder/write.py" <<'PROGRAM'
import pyarrow as pa
import pyarrow.parquet as pq

columns = {"jobs": pa.array([12, 7, 12], pa.int32()), "rate": [0.5, 0.25, 0.5]}
columns["id"] = pa.array([2**63, 1, 2], pa.uint64())
for name, dictionary in (("with", True), ("without", False)):
    options = {"use_dictionary": dictionary, "version": "1.0", "compression": "none"}
    pq.write_table(pa.table(columns), f"{name}.parquet", **options)
PROGRAM
(cd "$folder" && env/bin/python write.py)
observe_node <<'PROGRAM'
import parquet from "parquetjs-lite";

const show = (value) => (typeof value === "string" ? JSON.stringify(value) : String(value));
for (const [title, file] of [["with a dictionary", "with"], ["without one", "without"]]) {
  const cursor = (await parquet.ParquetReader.openFile(`${file}.parquet`)).getCursor();
  const rows = [await cursor.next(), await cursor.next(), await cursor.next()];
  const jobs = rows.map((row) => row.jobs);
  const sum = jobs.reduce((total, number) => total + number, 0);
  console.log(`${title}: jobs ${jobs.map(show).join(", ")}, their sum ${show(sum)},`,
    `rate ${show(rows[0].rate)}, id ${show(rows[0].id)}`);
}
PROGRAM
