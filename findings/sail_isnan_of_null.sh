#!/usr/bin/env bash
# Sail (pysail==0.7.2): isnan(NULL) is NULL; Spark 4.2.0 says false. A condition such as
# `NOT isnan(exports)` therefore keeps establishments without an entry on one engine and drops them
# on the other. `coalesce(isnan(x), false)` is the same on both.
source "$(dirname "$0")/environment"
prepare_sail
expected='(None, None, False)
(1,)'
observe <<'PROGRAM'
from sail import ask

ask("SELECT isnan(double(NULL)), NOT isnan(double(NULL)), coalesce(isnan(double(NULL)), false)")
ask("SELECT count(*) FROM VALUES (1.0D), (double(NULL)) AS t(exports) WHERE NOT isnan(exports)")
PROGRAM
