#!/usr/bin/env bash
# Publish a study from cron: one run at a time, a log per run, the exit code of tradegains.
#
#   conf/cron/run_study.sh STUDY.toml OUTPUT [further options of `tradegains run`]
#
# Prints only when something is wrong, because cron mails what is printed. Exit codes: 0 published
# (or published before); 2 study file; 3 input refused; 4 disclosure gate refused; 5 another run
# holds the output; 75 the run of the time before has not ended; 1 anything else.
set -euo pipefail

study=$1 output=$2
shift 2
logs=${TRADEGAINS_LOGS:-$output/logs}
mkdir -p "$logs"
log=$logs/$(date +%Y%m%dT%H%M%S).txt

# The kernel lets go of the lock when this shell ends, however it ends.
exec 9>"$logs/lock"
if ! flock --nonblock 9; then
  echo "tradegains: the run of the time before has not ended ($logs)" >&2
  exit 75
fi

code=0
"${TRADEGAINS:-tradegains}" run "$study" --output "$output" "$@" >"$log" 2>&1 9>&- || code=$?
if ((code)); then
  echo "tradegains: exit code $code; the log is $log" >&2
  tail -n 20 "$log" >&2
fi
exit "$code"
