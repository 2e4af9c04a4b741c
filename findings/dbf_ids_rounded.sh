#!/usr/bin/env bash
# dbf==0.99.11 (Python): whole numbers beyond 2^53 are rounded on the way into a dBase file, whether they are given
# as int or Decimal: id 9007199254740993 is written as 9007199254740992, another plant's, without a word. Expected:
# the digits, since a column N(18,0) keeps digits, not doubles; a file that holds them is read as it stands (last
# line, which replaces the digits in the file).
source "$(dirname "$0")/environment"
prepare dbf==0.99.11 aenum==3.1.17
expected='written as int: 9007199254740992
written as Decimal: 9007199254740992
read as it stands: 9007199254740993'
observe <<'PROGRAM'
from decimal import Decimal
from pathlib import Path

import dbf


def only_id(path):
    with dbf.Table(path) as table:
        return table[0].id


for kind in (int, Decimal):
    path = f"{kind.__name__}.dbf"
    with dbf.Table(path, "id N(18,0)").open(dbf.READ_WRITE) as table:
        table.append((kind("9007199254740993"),))
    print(f"written as {kind.__name__}:", only_id(path))
digits = Path("int.dbf").read_bytes().replace(b"9007199254740992", b"9007199254740993")
Path("exact.dbf").write_bytes(digits)
print("read as it stands:", only_id("exact.dbf"))
PROGRAM
