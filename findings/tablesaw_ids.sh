#!/usr/bin/env bash
# tablesaw-core==0.43.1 (Java): 64-bit ids are compared as doubles: isEqualTo(9007199254740993L) selects the row of
# 9007199254740992 as well, and max() is that one. From a CSV file, ids such as 1D and 2F become the numbers 1 and 2
# (Java writes doubles so), and a row whose first cell begins with # is left out, header or not. Expected: one row,
# the texts, and three rows; a comment mark is an option (commentPrefix) that nobody gave.
source "$(dirname "$0")/environment"
prepare_maven tech.tablesaw:tablesaw-core:0.43.1
expected='equal to 9007199254740993: 2 of 2 rows
greatest: 9007199254740992
ids 1D and 2F: DOUBLE [1.0, 2.0]
rows of three: [Able, Cook]'
observe_java <<'PROGRAM'
import tech.tablesaw.api.*;
import tech.tablesaw.io.csv.CsvReadOptions;

public class Program {
    static Table read(String text) {
        return Table.read().usingOptions(CsvReadOptions.builderFromString(text));
    }

    public static void main(String[] arguments) {
        LongColumn ids = LongColumn.create("id", 9007199254740993L, 9007199254740992L);
        int found = ids.isEqualTo(9007199254740993L).size();
        System.out.printf("equal to 9007199254740993: %d of %d rows%n", found, ids.size());
        System.out.printf("greatest: %.0f%n", ids.max());
        Table codes = read("id,jobs\n1D,12\n2F,7\n");
        System.out.println("ids 1D and 2F: " + codes.column("id").type() + " " + codes.column("id").asList());
        Table names = read("name,jobs\nAble,12\n#1 Bakery,7\nCook,5\n");
        System.out.println("rows of three: " + names.column("name").asList());
    }
}
PROGRAM
