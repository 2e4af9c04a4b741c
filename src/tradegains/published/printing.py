"""How numbers are printed: in the units economists read, and never as a negative zero.

Percent is 100 times a change of logarithms, as in the paper, never exp() - 1.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence

Number = int | float | None


def fixed(value: float, digits: int, *, signed: bool = False) -> str:
    """A number with fixed decimals and thousands separators; a rounded zero has no sign.

    Example:
        >>> fixed(1234.567, 2), fixed(-0.001, 2), fixed(0.5, 1, signed=True)
        ('1,234.57', '0.00', '+0.5')
    """
    text = f"{value:{'+' if signed else ''},.{digits}f}"
    return text if float(text.replace(",", "")) else text.lstrip("+-")


def p_value(value: float) -> str:
    """A p value to a thousandth, and never as nothing: no test says that chance is ruled out.

    Example:
        >>> p_value(0.0289), p_value(1e-9)
        ('0.029', '< 0.001')
    """
    return fixed(value, 3) if value >= 0.0005 else "< 0.001"


def percent(log_points: float, digits: int = 2, *, signed: bool = False) -> str:
    """A change in log points as percent, 100 x change.

    Example:
        >>> percent(0.05103)
        '5.10'
    """
    return fixed(100 * log_points, digits, signed=signed)


def count(value: float | None) -> str:
    """A whole number with thousands separators; nothing where there is none.

    Example:
        >>> count(35102), count(None)
        ('35,102', '')
    """
    return "" if value is None else fixed(value, 0)


def typeset(text: str) -> str:
    """Text with a true minus before numbers and an en dash between years.

    Example:
        >>> typeset("1978-1988: -1.35")
        '1978–1988: −1.35'
    """
    dashed = re.sub(r"\b(\d{4})-(\d{4})\b", r"\1–\2", text)
    return re.sub(r"(?<![\w.])-(?=\d)", "−", dashed)


DIGITS = {
    "log points": 4,
    "log jobs": 4,
    "share": 4,
    "log money unit per job": 4,
    "outcome per unit of the term": 4,
    "as coefficient": 4,
    "index per percentage point": 4,
    "percentage points": 2,
    "percent": 2,
}
AMOUNTS = ("money", "of the measure")


def in_unit(value: Number | str | bool, unit: str) -> str:
    """A cell of a published table, printed by its unit; null is empty.

    Example:
        >>> in_unit(0.123456, "share"), in_unit(1234.5, "jobs"), in_unit(1988, "year")
        ('0.1235', '1,234.5', '1988')
        >>> in_unit(16610437.25, "of the measure"), in_unit(-0.0, "log points of the unit")
        ('16,610,437', '0')
    """
    if value is None:
        return ""
    if isinstance(value, str) or unit == "year":
        return str(value)
    if isinstance(value, int):
        return count(value)
    if unit in DIGITS:
        return fixed(value, DIGITS[unit])
    if unit == "jobs":
        return fixed(value, 1)
    if unit.startswith(AMOUNTS):
        return fixed(value, 0 if abs(value) >= 1000 else 2)
    return f"{value + 0.0:.6g}"


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows under a header, lines ending in a newline; no zero is negative.

    Example:
        >>> csv_text(["a", "b"], [(1, "x, y"), (-0.0, "z")])
        'a,b\\n1,"x, y"\\n0.0,z\\n'
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_unsigned(value) for value in row] for row in rows)
    return text.getvalue()


def _unsigned(value: object) -> object:
    """A cell; -0.0 as 0.0."""
    return value + 0.0 if isinstance(value, float) else value
