"""Words that stand in many captions."""

from tradegains.published.published_run import PublishedRun


def data_label(run: PublishedRun) -> str:
    """What the column `data` of every CSV says."""
    return "synthetic" if run.synthetic else "census"


def scaling(run: PublishedRun) -> str:
    """Which windows are scaled, and to what."""
    windows = [run.windows[name] for name in run.welfare_windows if name in run.windows]
    scaled = [f"{window.years} {window.scaling}" for window in windows if window.scaling]
    return f"Changes of {' and '.join(scaled)}." if scaled else ""


def data_words(run: PublishedRun) -> str:
    """First words of every caption of a draft, and where the data are synthetic."""
    return "".join(f"{word.capitalize()}. " for word in run.standing)
