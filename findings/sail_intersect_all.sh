#!/usr/bin/env bash
# Sail (pysail==0.7.2): INTERSECT ALL keeps every copy on the left, however few stand on the right.
# Expected (SQL: the smaller of the two numbers of copies), and Spark 4.2.0's answer: (1,).
# EXCEPT ALL takes one copy away, as it should. Establishment ids met twice count twice.
source "$(dirname "$0")/environment"
prepare_sail
expected='(1,) (1,)
(1,)'
observe <<'PROGRAM'
from sail import ask

ask("SELECT id FROM VALUES (1), (1), (2) AS earlier(id) INTERSECT ALL SELECT 1")
ask("SELECT id FROM VALUES (1), (1) AS earlier(id) EXCEPT ALL SELECT 1")
PROGRAM
