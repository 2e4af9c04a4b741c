"""Parts of a decomposition's terms by group, worked by hand."""

import pytest

from tradegains.formulas.decompositions import (
    OF_GROUPS,
    ContinuingSums,
    PanelSums,
    TurnoverSums,
    decompose,
    decompose_group,
)

# Jobs 2 and 2, log productivity 1 and 3; the exporter grows to 4 jobs at 3.5, the other stays at
# 2 jobs and 1; an entrant of 2 jobs at 2 exports, and one of 4 jobs at 0 has left.
EXPORTER = PanelSums(
    ContinuingSums(1, 2.0, 4.0, 6.0, 14.0, 7.0, 12.0, 3.0, 3.5), entrants=TurnoverSums(1, 2.0, 4.0)
)
OTHER = PanelSums(
    ContinuingSums(1, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 1.0, 1.0), exiters=TurnoverSums(1, 4.0, 0.0)
)


def test_terms_of_exporters_by_hand():
    # Shares 1/4, 1/4 and 1/2 before, 1/2, 1/4 and 1/4 after; the mean before is (6 + 2) / 8 = 1.
    found = decompose_group(EXPORTER + OTHER, EXPORTER, "fhk")
    assert found == pytest.approx(
        {"within": 0.25 * 0.5, "between": 0.25 * (3 - 1), "cross": 0.25 * 0.5,
         "entry": 0.25 * (2 - 1), "exit": 0.0}
    )  # fmt: skip
    others = decompose_group(EXPORTER + OTHER, OTHER, "fhk")
    assert others == pytest.approx(
        {"within": 0.0, "between": 0.0, "cross": 0.0, "entry": 0.0, "exit": 0.5}
    )


@pytest.mark.parametrize("method", OF_GROUPS)
def test_groups_add_up_to_all(method):
    everyone = EXPORTER + OTHER
    parts = [decompose_group(everyone, each, method) for each in (EXPORTER, OTHER)]
    terms = decompose(everyone, method).terms
    assert {term: sum(part[term] for part in parts) for term in terms} == pytest.approx(terms)


def test_a_money_unit_moves_no_part():
    def in_cents(sums):
        move = 4.6
        c = sums.continuing
        return PanelSums(
            ContinuingSums(
                c.count, c.weight0, c.weight1,
                c.weight0_phi0 + move * c.weight0, c.weight1_phi1 + move * c.weight1,
                c.weight0_phi1 + move * c.weight0, c.weight1_phi0 + move * c.weight1,
                c.phi0 + move * c.count, c.phi1 + move * c.count,
            ),
            *(
                TurnoverSums(each.count, each.weight, each.weight_phi + move * each.weight)
                for each in (sums.entrants, sums.exiters)
            ),
        )  # fmt: skip

    for method in OF_GROUPS:
        moved = decompose_group(in_cents(EXPORTER + OTHER), in_cents(EXPORTER), method)
        assert moved == pytest.approx(decompose_group(EXPORTER + OTHER, EXPORTER, method))
