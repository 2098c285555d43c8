"""What can go wrong, in the product's own words. Nothing here knows HTTP (see `api/errors.py`)."""


class FishError(Exception):
    """Root of every error that this package raises on purpose."""


class BadRequest(FishError):
    """The caller asked for something that cannot be done; nothing has been started."""

    def __init__(self, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code


class NotFound(BadRequest):
    """The thing named in the request does not exist."""


class TooLarge(BadRequest):
    """What was sent is larger than is accepted."""


class Forbidden(BadRequest):
    """The thing named in the request exists, and may not be changed."""


class AccessDenied(FishError):
    """The caller has not shown a key that this server accepts; nothing has been started."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Overloaded(FishError):
    """The queue is full; nothing has been started. Try again after `retry_after_s` seconds (1-60)."""

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after_s = retry_after_s


class EngineUnavailable(FishError):
    """The engine is loading, stopping or dead; nothing has been started."""

    def __init__(self, message: str, *, retry_after_s: int = 5) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after_s = retry_after_s


class EngineFault(FishError):
    """The engine failed while it worked on this request: a fault of ours, never the caller's."""


class LastingFault(EngineFault):
    """A fault that the same request would meet again: trying again only costs time."""


class LibraryFault(FishError):
    """A library that this package stands on does not do what is needed of it."""


class StorageFault(FishError):
    """The disk refused: it is read-only, not for this user, broken. Asking again is of no use.

    The message names the path, which is for the operator; `cause` is for the caller, too.
    """

    def __init__(self, message: str, *, cause: str) -> None:
        super().__init__(message)
        self.cause = cause


class StorageFull(StorageFault):
    """The disk, or this user's part of it, has no room left."""


class CheckpointError(FishError):
    """A checkpoint folder is missing, incomplete or contradicts itself."""


class SettingsError(FishError):
    """An option, environment variable or configuration file has a value that cannot be used."""


class AudioError(FishError):
    """Bytes that should be audio cannot be decoded, or are outside the stated bounds."""
