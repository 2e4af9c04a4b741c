"""The cells of a joint distribution of productivity and size: the record, not its computation."""

from typing import NamedTuple


class JointCell(NamedTuple):
    """Establishments of one year in one class of productivity and one of size, both from 0.

    Employment is in thousandths of a job, sales and value added in units of money.
    """

    year: int
    productivity_class: int
    size_class: int
    establishments: int
    employment: int
    sales: int
    value_added: int
