#!/usr/bin/env bash
# ReadStat 1.1.8 (Debian, the command `readstat`): converting a Stata file to SAS, a missing value with a reason
# (.b) of a whole-number column becomes 2,147,483,623 jobs (in a transport file 2,147,483,392); of a
# column of doubles it is infinity in a transport file. The plain missing value (.) is missing, and from Stata
# to Stata the reason is lost but the value is missing. Expected: missing, in SAS .B; SAS has the same letters.
# One refused answer decides the total of an industry.
source "$(dirname "$0")/environment"
prepare pyreadstat==1.3.7 pandas==2.3.3
prepare_debian readstat==1.1.8-1
expected="converted to xpt: jobs 12.0, 2147483392.0, nan; sales 1.5, inf, nan
converted to sas7bdat: jobs 12.0, 2147483623.0, nan; sales 1.5, nan, nan
converted to dta: jobs 12, nan, nan; sales 1.5, nan, nan"
observe <<'PROGRAM'
import subprocess

import pandas as pd
import pyreadstat

plants = pd.DataFrame({"jobs": [12, "b", None], "sales": [1.5, "a", None]})
pyreadstat.write_dta(plants, "plants.dta", missing_user_values={"jobs": ["b"], "sales": ["a"]})
readers = {"xpt": pyreadstat.read_xport, "sas7bdat": pyreadstat.read_sas7bdat, "dta": pyreadstat.read_dta}
for kind, read in readers.items():
    subprocess.run(["readstat", "plants.dta", f"out.{kind}"], check=True, capture_output=True)
    plants = read(f"out.{kind}")[0]
    columns = (f"{name} {', '.join(map(repr, plants[name].tolist()))}" for name in plants)
    print(f"converted to {kind}: {'; '.join(columns)}")
PROGRAM
