"""Who has no enterprise is one, and the main product is the one with the largest value."""

from tradegains.transforms.plant_cuts import mean_plant_cuts
from tradegains.transforms.regression_rows import with_clusters


def test_clusters_of_rows_and_main_products(engine):
    spark = engine.spark
    made = [("a", "p", 1.0), ("a", "q", 3.0), ("b", "q", 2.0), ("b", "p", 2.0)]
    products = spark.createDataFrame(made, "establishment_id string, product string, value double")
    tariffs = spark.createDataFrame(
        [("p", "home", 1.0), ("q", "home", 2.0)], "product string, kind string, cut double"
    )
    choices = {"kinds": ("home",), "is_value_weighted": True, "places": 40}
    cuts = mean_plant_cuts(products, tariffs, **choices, main_products=("home",))
    rows = spark.createDataFrame(
        [("a", 1011, "x"), ("b", 1012, "x"), ("c", 1012, None), ("d", 2011, None)],
        "establishment_id string, industry bigint, enterprise_id string",
    )
    rows = rows.selectExpr("*", "xxhash64(enterprise_id) AS contributor")
    rows = rows.join(cuts, on="establishment_id", how="left")
    asked = ("enterprise", "industry2", "product")
    found = with_clusters(rows, asked, industries_per_group=100, kind="home")
    by_id = {row["establishment_id"]: row for row in found.toArrow().to_pylist()}
    products_of = [by_id[each]["product_cluster"] for each in "abcd"]
    # Equal shares: the first by its code; without products the industry.
    assert products_of == ["product q", "product p", "industry 1012", "industry 2011"]
    enterprises = [by_id[each]["enterprise_cluster"] for each in "abcd"]
    assert enterprises[0] == enterprises[1]
    assert len(set(enterprises)) == 3
    assert [by_id[each]["industry2_cluster"] for each in "abcd"] == [10, 10, 10, 20]
