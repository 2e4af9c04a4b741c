#!/usr/bin/env bash
# Sail (pysail==0.7.2): approx_percentile() interpolates and answers in doubles: the median of 1, 2, 3 and 4 is 2.5,
# of the ids 9007199254740993 and 9007199254740995 it is a number that is none of them. Expected, and Spark 4.2.0's
# answer: a value of the data in its own type, (2,) and ('int',). (percentile() is the one that interpolates.) A cell
# of two plants gets their mean for a median, and "the plant at the median" is no plant.
source "$(dirname "$0")/environment"
prepare_sail
expected="(2.5,)
('double',)
(9007199254740994.0,)"
observe <<'PROGRAM'
from sail import ask

ask("SELECT approx_percentile(jobs, 0.5) FROM VALUES (1), (2), (3), (4) AS plants(jobs)")
ask("SELECT typeof(approx_percentile(jobs, 0.5)) FROM VALUES (1) AS plants(jobs)")
ask("SELECT approx_percentile(id, 0.5) FROM VALUES (9007199254740993), (9007199254740995) AS plants(id)")
PROGRAM
