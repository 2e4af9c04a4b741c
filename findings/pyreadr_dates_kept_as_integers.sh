#!/usr/bin/env bash
# pyreadr==0.5.8: a date of R that is kept as whole numbers (data.table's IDate; 6574L with class Date) is
# read as another day: 1988-01-01 becomes 1970-01-01, and so does a missing one, because each two numbers of
# 32 bits are taken for one of 64. Expected: those dates, as where R keeps them as doubles. A year of opening
# or closing is another year without a word. The file was written by R 4.2.2: saveRDS(data.frame(
#   opened = structure(c(6574L, NA, -7305L, 9131L), class = "Date")), "dates.rds")
source "$(dirname "$0")/environment"
prepare pyreadr==0.5.8 pandas==2.3.3 numpy==2.4.6 rdata==1.1.0
expected='pyreadr, first two: 1970-01-01 1970-01-01
days since 1970, by rdata: 6574 <NA> -7305 9131'
observe <<'PROGRAM'
import base64

import pyreadr
import rdata

FILE = (
    "H4sIAAAAAAAAA4vgYmBgYGZgYWJiYGYFMhlYQ0PcdC2AYsJADiOQ5gXSLAwMkusagIz//x+XMzAorwYKMYHlWRg4QZ"
    "qScxKLi4EMASRBFpfEklQg/Q9dcV5ibiq6Yrb8gtS81BSIUsb/aLJcKYkliXppRUCNaIZxFuWX68EMBDmVCeLM/39A"
    "NgMAcdTYI94AAAA="
)
with open("dates.rds", "wb") as file:
    file.write(base64.b64decode(FILE))
print("pyreadr, first two:", *pyreadr.read_r("dates.rds")[None]["opened"][:2])
print("days since 1970, by rdata:", *rdata.read_rds("dates.rds")["opened"])
PROGRAM
