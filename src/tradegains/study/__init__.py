"""The study file: TOML to frozen records, strictly, and back to one canonical text."""

from tradegains.study.model import (
    Census,
    Curves,
    Decomposition,
    Dispersion,
    Inputs,
    IntraIndustryTrade,
    JointDistribution,
    Matching,
    MelitzRedding,
    Population,
    Productivity,
    Report,
    Restriction,
    SizeFits,
    Study,
    Tariffs,
    Trade,
    Welfare,
    Window,
)
from tradegains.study.reading import read_study
from tradegains.study.writing import resolved_toml

__all__ = [
    "Census",
    "Curves",
    "Decomposition",
    "Dispersion",
    "Inputs",
    "IntraIndustryTrade",
    "JointDistribution",
    "Matching",
    "MelitzRedding",
    "Population",
    "Productivity",
    "Report",
    "Restriction",
    "SizeFits",
    "Study",
    "Tariffs",
    "Trade",
    "Welfare",
    "Window",
    "read_study",
    "resolved_toml",
]
