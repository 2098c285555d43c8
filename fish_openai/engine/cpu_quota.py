"""How many processors' time a container may take, which affinity does not say."""

from collections.abc import Iterator
from math import inf
from pathlib import Path

_MOUNT = Path("/sys/fs/cgroup")
_OWN = Path("/proc/self/cgroup")


def cpu_quota(mount: Path = _MOUNT, own: Path = _OWN) -> float:
    """Processors by the narrowest bound of this process's control groups, v1 or v2; infinite: none.

    Args:
        mount: where control groups are.
        own: which of them this process is in, as the kernel lists them.
    """
    return min(map(_quota, _groups(mount, own)), default=inf)


def _groups(mount: Path, own: Path) -> Iterator[Path]:
    """Folders of the groups that bound the processors' time, each with those around it."""
    lines = own.read_text("utf-8").splitlines() if own.is_file() else []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers or "cpu" in controllers.split(","):
            top = mount / controllers
            inner = top / path.lstrip("/")
            # A container often sees its own group at the top, and the host's path in the list.
            yield from (group for group in (inner, *inner.parents) if group.is_relative_to(top))


def _quota(group: Path) -> float:
    quota, period = _version_2(group) or _version_1(group) or ("max", "1")
    return inf if quota in {"max", "-1"} else int(quota) / int(period)


def _version_2(group: Path) -> tuple[str, str] | None:
    """Microseconds of processor time, and within how many."""
    bound = group / "cpu.max"
    if not bound.is_file():
        return None
    quota, period = bound.read_text("ascii").split()
    return quota, period


def _version_1(group: Path) -> tuple[str, str] | None:
    quota, period = group / "cpu.cfs_quota_us", group / "cpu.cfs_period_us"
    if not quota.is_file():
        return None
    return quota.read_text("ascii").strip(), period.read_text("ascii").strip()
