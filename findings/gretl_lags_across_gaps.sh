#!/usr/bin/env bash
# gretl 2022c (Debian): in a panel the year before is the year before in which any plant was seen. With 1990, 1991
# and 1993 in the data, the lag of 1993 is 1991, so a growth over two years counts as one; one more plant, seen in
# 1992 alone, makes the same lag missing. Expected: missing both times, as Stata's L. and plm's lag give, because
# the year is named as the time variable (setobs id year --panel-vars). Censuses that skip a year are like that.
source "$(dirname "$0")/environment"
prepare_debian gretl==2022c-1
expected='plant 1, three years: 1990, sales 100, a year before NA
plant 1, three years: 1991, sales 110, a year before 100
plant 1, three years: 1993, sales 130, a year before 110
plant 1, four years: 1990, sales 100, a year before NA
plant 1, four years: 1991, sales 110, a year before 100
plant 1, four years: 1992, sales NA, a year before 110
plant 1, four years: 1993, sales 130, a year before NA'
printf 'id,year,sales\n1,1990,100\n1,1991,110\n1,1993,130\n2,1990,5\n2,1993,8\n' > "$folder/three_years.csv"
(cat "$folder/three_years.csv"; printf '3,1992,70\n') > "$folder/four_years.csv"
observe_with bash -c 'gretlcli --batch --quiet "$1" | grep "^plant"' gretl <<'PROGRAM'
set verbose off
function void show (const string title, series id, series year, series sales, series before)
    loop i=1..nobs(id)
        if id[i] == 1
            printf "plant 1, %s: %d, sales %g, a year before %g\n", title, year[i], sales[i], before[i]
        endif
    endloop
end function

open three_years.csv --quiet
setobs id year --panel-vars
series before = sales(-1)
show("three years", id, year, sales, before)
open four_years.csv --quiet
setobs id year --panel-vars
series before = sales(-1)
show("four years", id, year, sales, before)
PROGRAM
