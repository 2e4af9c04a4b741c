#!/usr/bin/env bash
# csv-parse==7.0.3 (npm) with cast: true: ids that begin with 0x are all 0, so plants 0x1F and 0x20 are one plant.
# Whether a text is a number is asked of one conversion, which takes hexadecimal, and the number of another, which
# stops at the x. Ids beyond 2^53 are rounded (12345678901234567 is ...568). Expected: texts, or
# 31 and 32.
source "$(dirname "$0")/environment"
prepare_npm csv-parse@7.0.3
expected='[{"id":0,"jobs":12},{"id":0,"jobs":7},{"id":12345678901234568,"jobs":""}]'
observe_node <<'PROGRAM'
import { parse } from "csv-parse/sync";

const rows = parse("id,jobs\n0x1F,12\n0x20,7\n12345678901234567,\n", { columns: true, cast: true });
console.log(JSON.stringify(rows));
PROGRAM
