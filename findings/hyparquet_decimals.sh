#!/usr/bin/env bash
# hyparquet==1.31.5: DECIMAL columns are read as doubles, and not the nearest ones: -1234567.89 comes as
# -1234567.8900000001, because the digits are multiplied by 0.01 rather than divided by 100. Ids kept as decimals
# (as SQL servers and SAS export them) are rounded: 9007199254740993 and 9007199254740992 are one id, though the
# same numbers in an INT64 column come exactly, as BigInt. Expected: the number nearest to each decimal, and whole
# ones beyond 2^53 as BigInt or text.
source "$(dirname "$0")/environment"
prepare pyarrow==26.0.1
prepare_npm hyparquet@1.31.5
expected='money: -1234567.8900000001, 71.47, 512.1800000000001
money to the cent: false, true, false
ids as decimals: 9007199254740992, 9007199254740992
ids as INT64: 9007199254740993, 9007199254740992'
cat > "$folder/write.py" <<'PROGRAM'
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq

money = pa.array(map(Decimal, ("-1234567.89", "71.47", "512.18")), pa.decimal128(18, 2))
pq.write_table(pa.table({"money": money}), "money.parquet", compression="none")
ids = [9007199254740993, 9007199254740992]
columns = {"decimals": pa.array(map(Decimal, ids), pa.decimal128(20, 0)), "integers": pa.array(ids, pa.int64())}
pq.write_table(pa.table(columns), "ids.parquet", compression="none")
PROGRAM
(cd "$folder" && env/bin/python write.py)
observe_node <<'PROGRAM'
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";

const read = async (name) => parquetReadObjects({ file: await asyncBufferFromFile(name) });
const money = (await read("money.parquet")).map((row) => row.money);
console.log("money:", money.join(", "));
console.log("money to the cent:", money.map((amount) => amount === Number(amount.toFixed(2))).join(", "));
const ids = await read("ids.parquet");
console.log("ids as decimals:", ids.map((row) => row.decimals).join(", "));
console.log("ids as INT64:", ids.map((row) => row.integers).join(", "));
PROGRAM
