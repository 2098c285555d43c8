"""`fish-openai selfcheck`: does it work on this machine."""

from argparse import Namespace
from collections.abc import Iterable

from fish_openai.errors import SettingsError
from fish_openai.selfcheck.finding import Finding
from fish_openai.selfcheck.oracle import compare
from fish_openai.selfcheck.trial import try_out
from fish_openai.settings import Settings
from fish_openai.upstream.shims import upstream

_FAILED = 1


def run(settings: Settings, _arguments: Namespace) -> int:
    """Check, print what is found, and return 1 if something is wrong."""
    print("trying out")
    is_good = _report(try_out(settings))
    is_good = _report(_comparison(settings)) and is_good
    print("PASS" if is_good else "FAIL")
    return 0 if is_good else _FAILED


def _comparison(settings: Settings) -> Iterable[Finding]:
    try:
        upstream()
    except SettingsError as exc:
        print(f"not compared with fish-speech's own prompts, logits, frames and samples. {exc}")
        return ()
    print("comparing with fish-speech 0.1.0 in float32")
    return compare(settings)


def _report(findings: Iterable[Finding]) -> bool:
    is_good = True
    for finding in findings:
        print(f"  {'ok  ' if finding.is_good else 'BAD '} {finding.what}: {finding.value}")
        is_good = is_good and finding.is_good
    return is_good
