#!/usr/bin/env bash
# suda==0.2.2 (pandas 2.3.3): a row unique by its industry alone is scored for every combination that contains the
# industry as well, so the number of minimal sample uniques grows with max_msu: 1, 3, 4 where it is 1, and the score
# 2, 4, 5 where it is 2. The file-level score dis-suda is 0 for every row, since it is given where a column of zeros is
# above 0. And the caller's frame has two more columns afterwards. Expected, from its documentation and Elliot's SUDA:
# minimal uniques only, (3-1)! = 2 whatever max_msu is, and dis (0.1) shared out among the rows by score.
source "$(dirname "$0")/environment"
prepare suda==0.2.2 pandas==2.3.3 numpy==2.4.6
expected='max_msu=1: uniques 1, score 2, dis-suda 0
max_msu=2: uniques 3, score 4, dis-suda 0
max_msu=3: uniques 4, score 5, dis-suda 0
columns given and afterwards: 3 5'
observe <<'PROGRAM'
import pandas
import suda

rows = [("15", "small", "N"), ("15", "small", "N"), ("20", "small", "N"), ("15", "large", "S"), ("15", "large", "S")]
for max_msu in (1, 2, 3):
    plants = pandas.DataFrame(rows, columns=["industry", "size", "region"])
    row = suda.suda(plants, max_msu=max_msu).loc[2]
    print(f"max_msu={max_msu}: uniques {row['fM']:.0f}, score {row['suda']:.0f}, dis-suda {row['dis-suda']:g}")
print("columns given and afterwards: 3", plants.shape[1])
PROGRAM
