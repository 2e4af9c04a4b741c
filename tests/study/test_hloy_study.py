"""Mistakes in the sections of curves, cutoffs and size fits are told with their cure."""

from pathlib import Path

import pytest

from tradegains.errors import StudyError
from tradegains.study import read_study

FULL = (Path(__file__).parent / "full_study.toml").read_text(encoding="utf-8")

MISTAKES = {
    "upper_percentile = 0.999\n": ("", "needs upper_percentile"),
    "upper_percentile = 0.999": ("upper_percentile = 0.85", "give a share above 0.9"),
    "percentiles = [0.1, 0.5, 0.9]": ("percentiles = [0.1, 0.6, 0.9]", "as far from it"),
    "cutoff_percentile = 0.05": ("cutoff_percentile = 1.0", "cutoff_percentile = 1.0 is not valid"),
    "entry_change = 0.0\n": ("", "entry_change is missing"),
    "entry_change = 0.0": ('entry_change = 0.0\nentry_counts = "annual"', "are both stated"),
    'years_base = "base_year"': ('years_base = "same"', "is not valid"),
    "balanced_within = 0.1": ("balanced_within = 0.0", "is not valid"),
    "cutoff_percentile = 0.1\n": ("cutoff_percentile = 0.2\n", "none of the table moments"),
    'tariff_cuts = "tariff_cuts"\n': ("", "has no input tariff_cuts"),
    "elasticity_to = 9.0": ("elasticity_to = 0.5", "not above elasticity_from"),
    "elasticity_step = 0.1": ("elasticity_step = 0.00001", "more than 10000 points"),
    "tail_percentile = 0.95\n": ("", "come together"),
    'trend_window = "pre"\n': ("", "trend_window is missing"),
    'trend_window = "pre"': ('trend_window = "entrants"', "which is not a window"),
    ', "earlier_growth"]': ("]", "no regression controls for growth over it"),
    'entry_windows = ["post"]': ('entry_windows = ["post", "entrants_early"]', "before pre ends"),
    'entry_rates = ["entrants_early", "post"]': ('entry_rates = ["last"]', "is not a window"),
    'elasticities = "elasticities"\n': ("", "given without elasticities"),
    "percentiles = [0.2, 0.5, 0.8]": ("percentiles = [0.2, 0.5, 0.9]", "as far from it"),
    'year = 1996\nwindow = "post"': ('year = 1996\nwindow = "psot"', "did you mean post"),
}


@pytest.mark.parametrize("good", list(MISTAKES))
def test_each_mistake_is_told(tmp_path, good):
    bad, words = MISTAKES[good]
    assert FULL.count(good) == 1
    path = tmp_path / "study.toml"
    path.write_text(FULL.replace(good, bad), encoding="utf-8")
    with pytest.raises(StudyError) as error:
        read_study(path)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"entry_change = 0.0": 'entry_counts = "annual"', "annual = true": "annual = false"},
         "are counted with matching.annual only"),
        ({'"base_year", "pooled"]': '"pooled"]'}, 'years_base = "base_year" is none of'),
    ],
)  # fmt: skip
def test_keys_that_need_others_say_so(tmp_path, changes, words):
    text = FULL
    for good, bad in changes.items():
        assert text.count(good) == 1
        text = text.replace(good, bad)
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError, match=words):
        read_study(path)


def test_sizes_by_employment_have_intervals_too(tmp_path):
    text = FULL.replace('weighting="unweighted"', 'weighting="employment"')
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    study = read_study(path)
    assert study.uncertainty is not None
    assert study.size_fits.weighting == "employment"
