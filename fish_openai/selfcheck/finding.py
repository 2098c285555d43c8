"""What a check has found."""

from typing import NamedTuple


class Finding(NamedTuple):
    """One line of the report."""

    what: str
    value: str
    is_good: bool
