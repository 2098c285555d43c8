"""Variables that begin as ours do: which are settings, and which somebody else has set."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches

PREFIX = "FISH_"

_URL = re.compile(r"(tcp|udp|sctp)://\S+:\d+")
_PART_OF_LINK = re.compile(
    PREFIX
    + r"(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)"
)


def is_service_link(name: str, value: str) -> bool:
    """Whether Kubernetes has set the variable, for a service whose name begins with `fish`.

    Every pod beside a service named `fish` gets FISH_SERVICE_HOST, FISH_PORT=tcp://10.0.0.1:80 and
    others; see "Discovering services" in its documentation.
    """
    return bool(_PART_OF_LINK.fullmatch(name) or (name.endswith("_PORT") and _URL.fullmatch(value)))


def remarks(environ: Mapping[str, str], known: Collection[str]) -> Iterator[str]:
    """What an operator should know of the variables that begin as ours do and set nothing.

    Args:
        environ: every variable.
        known: the names of those that set something. No value is ever shown but a link.
    """
    ours = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
    links = {name for name, value in ours.items() if is_service_link(name, value)}
    if links:
        yield _on_links(sorted(links), known)
    yield from (_on_unknown(name, known) for name in sorted(ours.keys() - links - {*known}))


def _on_links(links: Iterable[str], known: Collection[str]) -> str:
    shadowed = [name for name in links if name in known]
    effect = f"; {', '.join(shadowed)} counts as not set" if shadowed else ""
    return (
        f"{', '.join(links)}: links to a service, which Kubernetes sets, and no settings{effect}. "
        "enableServiceLinks: false keeps them out of a pod"
    )


def _on_unknown(name: str, known: Collection[str]) -> str:
    # Without the prefix, which all of them share.
    bare = {each.removeprefix(PREFIX): each for each in known}
    nearest = get_close_matches(name.removeprefix(PREFIX), bare, n=1)
    hint = f"did you mean {bare[nearest[0]]}?" if nearest else "fish-openai serve --help lists them"
    return f"the variable {name} is not a setting and does nothing; {hint}"
