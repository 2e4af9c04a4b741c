"""Log employment of groups that selection should tell apart."""

from dataclasses import replace

from tradegains.tables.columns import (
    ESTABLISHMENTS,
    NOTE,
    NUMBER,
    RUN,
    TEXT,
    WEIGHTING,
    WHOLE,
    WINDOW_OR_NULL,
    count,
    ends_of,
    errors_of,
    log_points,
    share,
)
from tradegains.tables.table import ABOVE_0, AT_LEAST_0, SHARE, Column, Table

_LOG_JOBS = "log jobs"
_POPULATIONS = ("exporters", "nonexporters", "continuing", "exiters")

_SIZE_KEY = (
    RUN,
    Column("year", WHOLE, "year", "census year, the window's first where there is a window"),
    WINDOW_OR_NULL,
    Column(
        "population",
        TEXT,
        "",
        "exporters, nonexporters, continuing or exiters",
        words=_POPULATIONS,
    ),
)

SIZE_FITS = Table(
    name="size_fits",
    title="Log employment and the normal curves through it",
    family="sizes",
    section="size_fits",
    key=("year", "window", "population"),
    columns=(
        *_SIZE_KEY,
        count("establishments", "establishments", "with employment above 0"),
        count("without_size", "establishments", "left out: employment is 0"),
        *(
            Column(
                f"q{percent}",
                NUMBER,
                _LOG_JOBS,
                f"{percent}th percentile of log size, unweighted or as `weighting` says",
                nullable=True,
            )
            for percent in (20, 50, 80)
        ),
        Column(
            "q_low",
            NUMBER,
            _LOG_JOBS,
            "lower percentile of size_fits.percentiles, which the curve goes through",
            nullable=True,
            section="size_fits.percentiles",
        ),
        Column(
            "q_high",
            NUMBER,
            _LOG_JOBS,
            "upper one",
            nullable=True,
            section="size_fits.percentiles",
        ),
        replace(WEIGHTING, section="size_fits.weighting"),
        Column(
            "mean",
            NUMBER,
            _LOG_JOBS,
            "mean of the normal through the three percentiles",
            nullable=True,
        ),
        log_points("sd", "its standard deviation", range=AT_LEAST_0),
        Column(
            "overlap_with",
            TEXT,
            "",
            "population whose curve it is compared with",
            words=_POPULATIONS,
        ),
        share("overlap", "area under the lower of the two curves"),
        NOTE,
        *errors_of("mean", "sd", "overlap", unit=_LOG_JOBS),
        *ends_of("q20", "q50", "q80", unit=_LOG_JOBS),
    ),
    uncertain=("mean", "sd", "overlap"),
)

SIZE_HISTOGRAMS = Table(
    name="size_histograms",
    title="Histograms of log employment",
    family="sizes",
    section="size_fits",
    key=("year", "window", "population", "bin_start"),
    columns=(
        *_SIZE_KEY,
        log_points("bin_width", "width of the bin", nullable=False, range=ABOVE_0),
        Column("bin_start", NUMBER, _LOG_JOBS, "lower edge, included"),
        Column("bin_end", NUMBER, _LOG_JOBS, "upper edge, excluded"),
        ESTABLISHMENTS,
        Column(
            "share",
            NUMBER,
            "share",
            "establishments of the bin over those of the population, or their employment",
            range=SHARE,
        ),
        replace(WEIGHTING, section="size_fits.weighting"),
    ),
)

TABLES = (SIZE_FITS, SIZE_HISTOGRAMS)
