#!/usr/bin/env bash
# gota==0.12.0 (Go): the median of 1, missing, 3 and 10 is 6.5, because a missing value counts as the largest; the mean
# and the sum of the same series are NaN, its greatest value is 10. Expected: 3, or NaN as the mean gives. And WriteCSV
# writes six decimals: a tariff of 0.00000025 is 0.000000, a share of 0.1234567891 is 0.123457, so that a frame read
# back is another. Expected: the digits that distinguish a double.
source "$(dirname "$0")/environment"
prepare_go github.com/go-gota/gota@v0.12.0
expected='median 6.5, mean NaN, greatest 10
share
0.123457
0.000000'
observe_go <<'PROGRAM'
package main

import (
	"fmt"
	"os"

	"github.com/go-gota/gota/dataframe"
	"github.com/go-gota/gota/series"
)

func main() {
	sales := series.New([]string{"1", "NaN", "3", "10"}, series.Float, "sales")
	fmt.Printf("median %v, mean %v, greatest %v\n", sales.Median(), sales.Mean(), sales.Max())
	shares := series.New([]float64{0.1234567891, 0.00000025}, series.Float, "share")
	if err := dataframe.New(shares).WriteCSV(os.Stdout); err != nil {
		panic(err)
	}
}
PROGRAM
