#!/usr/bin/env bash
# country_converter==1.3.2 (pandas 2.3.3): one missing code in a column makes every country "not found".
# pandas holds whole numbers beside a missing value as doubles, and 840.0 is no code; nor is "004", as
# ISO 3166 and the UN write it (three digits). Expected: 840.0 and "004" mean 840 and 4; the missing one
# alone is not found. Log lines say "not found" for each; the column comes back as text, as long as before.
source "$(dirname "$0")/environment"
prepare country_converter==1.3.2 pandas==2.3.3 numpy==2.4.6
expected='4, 840, 76: AFG USA BRA
4, 840, missing: not found, not found, not found
004, 840, 076 as text: not found, USA, not found'
observe <<'PROGRAM'
import logging

import country_converter
import pandas as pd

logging.disable(logging.CRITICAL)
converter = country_converter.CountryConverter()


def iso3(codes):
    return converter.pandas_convert(pd.Series(codes), src="ISOnumeric", to="ISO3")


print("4, 840, 76:", *iso3([4, 840, 76]))
print("4, 840, missing:", ", ".join(iso3([4, 840, None])))
print("004, 840, 076 as text:", ", ".join(iso3(["004", "840", "076"])))
PROGRAM
