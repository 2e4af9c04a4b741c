#!/usr/bin/env bash
# pycountry==26.2.16: search_fuzzy puts Nigeria before Niger when asked for "Niger", and the Netherlands (for a
# province) before Curaçao, of the 249 names as pycountry itself writes them. "Kosovo" gives Serbia alone, and the
# ISO code that Zaire had, ZAR, gives Iran (a province). Expected: the country whose name is the text, first; an
# error for what is no country. Who maps a column of partners by the first answer moves Niger's trade to Nigeria.
source "$(dirname "$0")/environment"
prepare pycountry==26.2.16
expected="another country first: ['Curaçao -> Netherlands', 'Niger -> Nigeria']
Niger ['NGA', 'NER']
Kosovo ['SRB']
ZAR ['IRN', 'ESP', 'LTU']
Turkey not found"
observe <<'PROGRAM'
import pycountry

wrong = []
for country in pycountry.countries:
    first = pycountry.countries.search_fuzzy(country.name)[0]
    if first is not country:
        wrong.append(f"{country.name} -> {first.name}")
print("another country first:", wrong)
for text in ("Niger", "Kosovo", "ZAR", "Turkey"):
    try:
        print(text, [country.alpha_3 for country in pycountry.countries.search_fuzzy(text)][:3])
    except LookupError:
        print(text, "not found")
PROGRAM
