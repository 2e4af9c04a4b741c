"""The study file: TOML to frozen records, strictly, and back to one canonical text."""

from tradegains.study.model import (
    Census,
    Decomposition,
    Dispersion,
    Inputs,
    JointDistribution,
    Matching,
    Population,
    Productivity,
    Report,
    Restriction,
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
    "Decomposition",
    "Dispersion",
    "Inputs",
    "JointDistribution",
    "Matching",
    "Population",
    "Productivity",
    "Report",
    "Restriction",
    "Study",
    "Tariffs",
    "Trade",
    "Welfare",
    "Window",
    "read_study",
    "resolved_toml",
]
