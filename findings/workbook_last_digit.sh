#!/usr/bin/env bash
# openpyxl==3.1.5, xlsxwriter==3.2.9: doubles are written to a workbook with 16 digits, of which 17 are
# needed: 0.1 + 0.2 is read back as 0.3, and 221 of 1,000 random numbers as a neighbour. Expected: the number
# itself; the format holds the 17 digits, and openpyxl reads them (last line). Two statements of a table that
# must be equal to the last bit (a release beside what was approved) differ by the way through a workbook.
source "$(dirname "$0")/environment"
prepare openpyxl==3.1.5 xlsxwriter==3.2.9
expected='0.1 + 0.2 written by openpyxl: 0.3, by xlsxwriter: 0.3
changed of 1000: openpyxl 221, xlsxwriter 221
17 digits in the file: 0.30000000000000004'
observe <<'PROGRAM'
import random
import zipfile

import openpyxl
import xlsxwriter

random.seed(1)
numbers = [0.1 + 0.2, *(random.random() for _ in range(1000))]


def read(path):
    return [row[0] for row in openpyxl.load_workbook(path).active.iter_rows(values_only=True)]


book = openpyxl.Workbook()
for number in numbers:
    book.active.append([number])
book.save("one.xlsx")
with xlsxwriter.Workbook("two.xlsx") as other:
    sheet = other.add_worksheet()
    for row, number in enumerate(numbers):
        sheet.write_number(row, 0, number)
one, two = read("one.xlsx"), read("two.xlsx")
print(f"0.1 + 0.2 written by openpyxl: {one[0]}, by xlsxwriter: {two[0]}")
changed = [sum(a != b for a, b in zip(numbers[1:], found[1:])) for found in (one, two)]
print(f"changed of 1000: openpyxl {changed[0]}, xlsxwriter {changed[1]}")
with zipfile.ZipFile("two.xlsx") as given, zipfile.ZipFile("three.xlsx", "w") as mended:
    for name in given.namelist():
        content = given.read(name)
        mended.writestr(name, content.replace(b"<v>0.3</v>", b"<v>0.30000000000000004</v>"))
print("17 digits in the file:", read("three.xlsx")[0])
PROGRAM
