#!/usr/bin/env bash
# excelize==2.11.1 (Go): reading a cell changes it. GetCellValue shows an id of 16 digits as 9.00719925474099E+15, and
# from then on RawCellValue and the saved workbook have that too: a program that opens a workbook, looks at a column and
# saves it writes one id for 9007199254740991 and ...989 alike. Expected: what was in the file, as before the reading
# (first two lines). Numbers are written with 15 digits besides, 0.1 + 0.2 as 0.3, where 17 are needed.
source "$(dirname "$0")/environment"
prepare openpyxl==3.1.5
prepare_go github.com/xuri/excelize/v2@v2.11.1
expected='openpyxl: [9007199254740991, 9007199254740989, 0.3]
raw: 9007199254740991 9007199254740989
shown: 9.00719925474099E+15 9.00719925474099E+15
raw: 9.00719925474099E+15 9.00719925474099E+15
saved, openpyxl: [9007199254740990, 9007199254740990, 0.3]'
cat > "$folder/read.py" <<'PROGRAM'
import sys

from openpyxl import load_workbook

print(sys.argv[1], [int(value) if value > 1 else value for (value,) in load_workbook("ids.xlsx").active.values])
PROGRAM
observe_with bash -c 'mv "$1" main.go && go mod tidy && go build -o run . && ./run write && env/bin/python read.py openpyxl: && ./run read && env/bin/python read.py "saved, openpyxl:"' \
  go <<'PROGRAM'
package main

import (
	"fmt"
	"os"

	"github.com/xuri/excelize/v2"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func show(title string, book *excelize.File, raw bool) {
	first, err := book.GetCellValue("Sheet1", "A1", excelize.Options{RawCellValue: raw})
	must(err)
	second, err := book.GetCellValue("Sheet1", "A2", excelize.Options{RawCellValue: raw})
	must(err)
	fmt.Println(title, first, second)
}

func main() {
	if os.Args[1] == "write" {
		tenth := 0.1
		book := excelize.NewFile()
		must(book.SetCellValue("Sheet1", "A1", int64(9007199254740991)))
		must(book.SetCellValue("Sheet1", "A2", int64(9007199254740989)))
		must(book.SetCellValue("Sheet1", "A3", tenth+0.2))
		must(book.SaveAs("ids.xlsx"))
		return
	}
	book, err := excelize.OpenFile("ids.xlsx")
	must(err)
	show("raw:", book, true)
	show("shown:", book, false)
	show("raw:", book, true)
	must(book.Save())
}
PROGRAM
