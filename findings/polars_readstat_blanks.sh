#!/usr/bin/env bash
# polars-readstat==0.25.0: blanks at the end of Stata's texts are lost or kept by who wrote the file: `b  `
# comes back as `b` from a file of pyreadstat, and as `b  ` from one that it wrote itself. Expected: as kept,
# which pyreadstat and pandas give for both. In Stata "b" and "b  " are two values, so two plants become one
# plant with two rows a year, or a padded id meets the unpadded one in one year only. SPSS's times lose their
# fractions of a second as well; Stata's keep them.
source "$(dirname "$0")/environment"
prepare polars-readstat==0.25.0 polars==2.1.0 pyreadstat==1.3.7 pandas==2.3.3
expected="written by pyreadstat: pandas ['b', 'b  '], pyreadstat ['b', 'b  '], polars-readstat ['b', 'b']
written by polars-readstat: pandas ['b', 'b  '], pyreadstat ['b', 'b  '], polars-readstat ['b', 'b  ']
half past noon and .5 seconds: dta 12:30:00.500000, sav 12:30:00"
observe <<'PROGRAM'
import datetime

import pandas as pd
import polars as pl
import polars_readstat
import pyreadstat

ids = ["b", "b  "]
pyreadstat.write_dta(pd.DataFrame({"id": ids}), "pyreadstat.dta")
polars_readstat.write_readstat(pl.DataFrame({"id": ids}), "polars-readstat.dta")
for writer in ("pyreadstat", "polars-readstat"):
    path = f"{writer}.dta"
    found = {
        "pandas": pd.read_stata(path)["id"].tolist(),
        "pyreadstat": pyreadstat.read_dta(path)[0]["id"].tolist(),
        "polars-readstat": polars_readstat.read_readstat(path)["id"].to_list(),
    }
    print(f"written by {writer}:", ", ".join(f"{name} {read}" for name, read in found.items()))
noon = pl.DataFrame({"seen": [datetime.datetime(1988, 1, 1, 12, 30, 0, 500000)]})
read = []
for kind in ("dta", "sav"):
    polars_readstat.write_readstat(noon, f"noon.{kind}")
    read.append(f"{kind} {polars_readstat.read_readstat(f'noon.{kind}')['seen'][0].time()}")
print("half past noon and .5 seconds:", ", ".join(read))
PROGRAM
