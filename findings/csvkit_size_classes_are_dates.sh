#!/usr/bin/env bash
# csvkit==2.2.0 (agate 1.14.2): sorting a file changes other columns. Size classes 5-9, 1-4 and 10-19 become days of
# 2001, a class of hours 12m a duration, areas named sat and sun days of the year 1; 1_000 becomes 1000, and plants
# called NA and none lose their names. Expected: the cells of the file, of which no column but jobs was asked for, as
# with --no-inference --blanks (last lines). Its manual warns of blanks, leading zeros and yes and no.
source "$(dirname "$0")/environment"
prepare csvkit==2.2.0 agate==1.14.2 parsedatetime==2.6 pytimeparse==1.1.8
expected='plant,size,lead,area,code,jobs
,2001-01-04,3:00:00,0001-01-07,2000,3
,2001-05-09,0:12:00,0001-01-06,1000,7
C,2001-10-19,0:05:00,0001-01-06,3000,12
plant,size,lead,area,code,jobs
C,10-19,5m,sat,3_000,12
none,1-4,3h,sun,2_000,3
NA,5-9,12m,sat,1_000,7'
observe_with bash <<'PROGRAM'
cat > plants.csv <<'END'
plant,size,lead,area,code,jobs
NA,5-9,12m,sat,1_000,7
none,1-4,3h,sun,2_000,3
C,10-19,5m,sat,3_000,12
END
env/bin/csvsort --columns jobs plants.csv
env/bin/csvsort --columns jobs --no-inference --blanks plants.csv
PROGRAM
