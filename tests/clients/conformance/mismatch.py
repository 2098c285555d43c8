"""What a check raises."""


class Mismatch(AssertionError):
    """The server does something else than its clients need; the text says what."""


def require(condition: object, message: str) -> None:
    """Raise `Mismatch` unless `condition` holds."""
    if not condition:
        raise Mismatch(message)
