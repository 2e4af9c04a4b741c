"""The model of Melitz and Trefler's figures 2 to 4 for stated numbers, without published tables."""
