"""Every installer gets versions that have been tried: pip, uv and make alike."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from tests.installs.wheel import oldest_requirements

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PINS = [
    line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if line[0] != "#"
]
PINNED = dict(pin.split("==") for pin in PINS)
LISTS = [
    PROJECT["project"]["dependencies"],
    *PROJECT["project"]["optional-dependencies"].values(),
]
# The project's own extras are in the lists, too.
REQUIREMENTS = sorted({text for texts in LISTS for text in texts if "fish-openai" not in text})

# torch names the one triton that it works with.
PINNED_HERE = [text for text in REQUIREMENTS if not text.startswith("triton")]

NEXT_CENTURY = "9999"


def admits_what_nobody_has_seen(text: str) -> bool:
    return Requirement(text).specifier.contains(NEXT_CENTURY)


@pytest.mark.parametrize("text", REQUIREMENTS)
def test_a_dependency_is_bounded_above(text: str) -> None:
    assert not admits_what_nobody_has_seen(text)


def test_a_dependency_without_a_bound_would_be_found() -> None:
    assert admits_what_nobody_has_seen("av>=14")


@pytest.mark.parametrize("text", PINNED_HERE)
def test_a_dependency_is_pinned_to_a_version_that_it_admits(text: str) -> None:
    requirement = Requirement(text)
    assert requirement.specifier.contains(PINNED[requirement.name])


def test_uv_pins_what_constraints_txt_pins() -> None:
    assert PROJECT["tool"]["uv"]["constraint-dependencies"] == PINS


def test_the_oldest_libraries_are_the_lower_bounds() -> None:
    oldest = [Requirement(text) for text in oldest_requirements()]
    admitted = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
    for version, requirement in zip(oldest, admitted, strict=True):
        (bound,) = version.specifier
        assert (version.name, bound.operator) == (requirement.name, "==")
        assert requirement.specifier.contains(bound.version)
