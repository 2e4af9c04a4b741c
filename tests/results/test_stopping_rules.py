"""What a run says of rows that stop it: which rule, what breaks it, and what helps."""

from tradegains.results.quality import BROKEN_WHEN, stopping_problems
from tradegains.study.model import ACTIONS, RULES
from tradegains.study.reading import _ACTIONS_OF_RULE


def refusal(rule: str) -> str:
    quality = [{"year": year, "rule": rule, "action": "stop", "rows": 4} for year in (1980, 1988)]
    (problem,) = stopping_problems(quality)
    return str(problem)


def test_codes_with_dots_are_sent_to_a_concordance() -> None:
    said = refusal("invalid_industry")
    assert "rows break the rule invalid_industry: the code is not digits" in said
    assert "(8 cases) in the census, year 1980, 1988" in said
    assert "by a concordance (old C10.11, new 1011)" in said
    assert 'set census.rules.invalid_industry to "keep", which leaves them in' in said
    assert 'or to "quarantine", which takes them out of every result' in said


def test_every_rule_that_may_stop_says_what_breaks_it() -> None:
    # Rows without measurable productivity are always kept.
    stopping = {*RULES} - {"nonpositive_value_added"}
    assert {*BROKEN_WHEN} == stopping
    for rule in stopping:
        assert f"rows break the rule {rule}: {BROKEN_WHEN[rule]}" in refusal(rule)


def test_what_may_not_be_kept_is_not_offered_to_be() -> None:
    for rule in BROKEN_WHEN:
        assert ('"keep"' in refusal(rule)) == ("keep" in _ACTIONS_OF_RULE.get(rule, ACTIONS))
    assert '"quarantine", which takes them out of every result: an establish' in refusal(
        "duplicate"
    )
