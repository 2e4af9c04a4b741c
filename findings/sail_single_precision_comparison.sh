#!/usr/bin/env bash
# Sail (pysail==0.7.2): a FLOAT compared with a whole number or a decimal is compared in single
# precision: 16777217 stored as FLOAT (it holds 16777216) equals 16777217, and FLOAT 0.1 equals 0.1.
# Expected, and Spark 4.2.0's answer: compared as doubles, False and False. Stata writes FLOAT by
# default, so an id or a limit meets other rows on the two engines.
source "$(dirname "$0")/environment"
prepare_sail
expected='(True, True)
(False,)'
observe <<'PROGRAM'
from sail import ask

ask("SELECT float(16777217) = 16777217, float(0.1) = 0.1")
ask("SELECT double(float(16777217)) = 16777217")
PROGRAM
