"""`/wallet`: nothing costs anything here, and clients that look before they speak find enough."""

from http import HTTPStatus

from litestar import get
from litestar.params import FromPath

from fish_openai.api.documentation import DOCUMENTED, JSON, Operation
from fish_openai.api.errors import DIALECT, FISH
from fish_openai.api.fish.schemas import Credit, Package

_EVER = "2026-01-01T00:00:00Z"
_NEVER = "9999-12-31T23:59:59Z"


@get(
    "/wallet/{user_id:str}/api-credit",
    opt={
        DIALECT: FISH,
        DOCUMENTED: Operation(tag="fish audio", gives={HTTPStatus.OK: {JSON: Credit}}),
    },
)
async def show_credit(user_id: FromPath[str]) -> Credit:
    """The credit of any user, which nothing is taken from."""
    return Credit(user_id=user_id, created_at=_EVER, updated_at=_EVER)


@get(
    "/wallet/{user_id:str}/package",
    opt={
        DIALECT: FISH,
        DOCUMENTED: Operation(tag="fish audio", gives={HTTPStatus.OK: {JSON: Package}}),
    },
)
async def show_package(user_id: FromPath[str]) -> Package:
    """The package of any user, which nothing is taken from."""
    return Package(user_id=user_id, created_at=_EVER, updated_at=_EVER, finished_at=_NEVER)
