#!/usr/bin/env bash
# hdfs-native==0.14.7: its fsspec file system takes the path for a web address, so that # and ? and what
# follows are no part of a name: plants#1.csv and plants#2.csv are both `plants`, the second write takes the
# first one's place, and reading either gives the second. Expected: HDFS has no such signs in paths, and the
# package's own Client keeps the files apart; % is left as it is. (Names that Stata's or a database's
# export made: "sales #1.parquet".)
source "$(dirname "$0")/environment"
prepare hdfs-native==0.14.7 fsspec==2026.9.0
expected='/census/plants#1.csv is asked of the server as /census/plants
/census/plants#2.csv is asked of the server as /census/plants
/census/all?.csv is asked of the server as /census/all
/census/a%20b.csv is asked of the server as /census/a%20b.csv'
observe <<'PROGRAM'
from hdfs_native.fsspec import HdfsFileSystem

for name in ("plants#1.csv", "plants#2.csv", "all?.csv", "a%20b.csv"):
    path = f"/census/{name}"
    print(path, "is asked of the server as", HdfsFileSystem._strip_protocol(path))
PROGRAM
