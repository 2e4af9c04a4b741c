#!/usr/bin/env bash
# pyreadr==0.5.8: 64-bit whole numbers of R (package bit64, which data.table's fread gives for long ids)
# are kept in the bits of doubles; pyreadr hands out those doubles, so that ids 9007199254740993 and
# 9007199254740995 are both 4.45e-308, and a join on them meets nothing or the wrong plant. No warning.
# Expected: the whole numbers, or a refusal. (rdata 1.1.0 gives the doubles too, but warns, and takes a
# constructor for the class.) The file was written by R 4.2.2 and bit64 4.0.5:
#   saveRDS(data.frame(id = as.integer64(c("7", "9007199254740993", "9007199254740995"))), "ids.rds")
source "$(dirname "$0")/environment"
prepare pyreadr==0.5.8 pandas==2.3.3 numpy==2.4.6
expected='double [3.5e-323, 4.450147717014404e-308, 4.450147717014406e-308]
their bits [7, 9007199254740993, 9007199254740995]
distinct as printed by a frame: 2'
observe <<'PROGRAM'
import base64

import pyreadr

FILE = (
    "H4sIAAAAAAAAA4vgYmBgYGZgYWJiYGYFMhlYQ0PcdC2AYsJADiOQ5gMrgAB2BgUwzQilgeIsTGA+CwMnSHNyTmJxMZ"
    "AhgCTImZlXkpqeWmRmAuT8Q9eRl5ibiq6DKTMFoozxP5oMV0piSaJeWhFQE5pBnEX55Xoww3hBhjQAif////8F2QoA"
    "bxtwIecAAAA="
)
with open("ids.rds", "wb") as file:
    file.write(base64.b64decode(FILE))
ids = pyreadr.read_r("ids.rds")[None]["id"]
print("double" if ids.dtype == "float64" else ids.dtype, ids.tolist())
print("their bits", ids.to_numpy().view("int64").tolist())
print("distinct as printed by a frame:", len({str(value)[:9] for value in ids}))
PROGRAM
