#!/usr/bin/env bash
# Sail (pysail==0.7.2): `rint` rounds halves away from zero, though SQL engines and C round them to
# the even neighbour; `round(x, 2)` rounds the binary value, Spark the shortest decimal text of it, so
# 1.255 is 1.25 here and 1.26 there. Spark 4.2.0: (0.0, 2.0, -2.0) and (1.26, 0.29, 2.68).
# Amounts rounded to hundredths on both engines differ by a hundredth.
source "$(dirname "$0")/environment"
prepare_sail
expected='(1.0, 2.0, -3.0)
(1.25, 0.28, 2.68)'
observe <<'PROGRAM'
from sail import ask

ask("SELECT rint(0.5D), rint(1.5D), rint(-2.5D)")
ask("SELECT round(1.255D, 2), round(0.285D, 2), round(2.675D, 2)")
PROGRAM
