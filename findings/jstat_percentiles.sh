#!/usr/bin/env bash
# jstat==1.9.6: percentile() never lies between the two largest values: of 1 to 10 the 90th is 9 and the 99th is
# 9 as well, of 1 to 4 everything from the third quarter on is 3. Below it is Excel's PERCENTILE, as its
# documentation says. And quartiles() gives 4 for the median of 1 to 8, where median() gives 4.5. Expected: 9.1,
# 9.91 and 3.25, which PERCENTILE gives, and one median. Thresholds and top shares are read from that end.
source "$(dirname "$0")/environment"
prepare_npm jstat@1.9.6
expected='1 to 10: p10 1.9, p50 5.5, p90 9, p99 9
1 to 4: p50 2.5, p75 3, p99 3
quartiles of 1 to 8: 2, 4, 6; median 4.5'
observe_node <<'PROGRAM'
import statistics from "jstat";

const { jStat } = statistics;
const upTo = (last) => Array.from({ length: last }, (_, index) => index + 1);
const show = (last, ...shares) => {
  const percentiles = shares.map((share) => `p${100 * share} ${jStat.percentile(upTo(last), share)}`);
  console.log(`1 to ${last}: ${percentiles.join(", ")}`);
};
show(10, 0.1, 0.5, 0.9, 0.99);
show(4, 0.5, 0.75, 0.99);
console.log(`quartiles of 1 to 8: ${jStat.quartiles(upTo(8)).join(", ")}; median ${jStat.median(upTo(8))}`);
PROGRAM
