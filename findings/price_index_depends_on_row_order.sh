#!/usr/bin/env bash
# PriceIndexCalc==0.7: an index that uses the quantities of both months depends on the order of the rows. The
# months' vectors are taken as the rows stand, so a product's quantity in one month meets another product's price
# in the other: Fisher's index of March is 1.2472 with the products in one order, 1.3229 after shuffling.
# Expected: one number, with products matched by their id, as the column is named for. (method="paasche" is a
# TypeError.) Scanner data come sorted by sales or not at all.
source "$(dirname "$0")/environment"
prepare PriceIndexCalc==0.7 pandas==2.3.3 numpy==2.4.6 scipy==1.17.1 seaborn==0.13.2 \
  statsmodels==0.15.0 scikit-learn==1.9.1
expected='fisher as typed [1.0, 1.1282, 1.2472]
fisher shuffled [1.0, 1.1832, 1.3229]
tornqvist as typed [1.0, 1.1225, 1.1601]
tornqvist shuffled [1.0, 1.2181, 1.313]
laspeyres as typed [1.0, 1.1667, 1.5]
laspeyres shuffled [1.0, 1.1667, 1.5]'
observe <<'PROGRAM'
import pandas as pd
from PriceIndexCalc.pandas_modules.index_methods import bilateral_methods

months = pd.to_datetime(["2020-01-01", "2020-02-01", "2020-03-01"]).repeat(3)
prices = pd.DataFrame({
    "month": months,
    "id": ["bread", "milk", "eggs"] * 3,
    "price": [1.0, 2, 3, 2, 2, 3, 4, 2, 3],
    "quantity": [10.0, 10, 10, 5, 10, 10, 1, 10, 20],
})
for method in ("fisher", "tornqvist", "laspeyres"):
    for order, rows in (("as typed", prices), ("shuffled", prices.sample(frac=1, random_state=1))):
        print(method, order, bilateral_methods(rows, method=method)["index_value"].round(4).tolist())
PROGRAM
