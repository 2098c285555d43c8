"""A voice of other voices: how much of each the model is shown."""

import asyncio
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fish_openai.engine.request import Reference
from fish_openai.errors import BadRequest
from fish_openai.voices.blend import MAX_SECONDS, MIN_SHARE, mix, shares
from fish_openai.voices.record import BlendPart, Clip, NewBlend, NewVoice
from fish_openai.voices.registry import VoiceRegistry
from tests.unit.voices.conftest import AddVoice
from tests.unit.voices.counting_engine import CountingEngine
from tests.unit.voices.sounds import recording

FRAME_S = 0.05


def part(frames: int, text: str = "", speaker: int = 0) -> Reference:
    return Reference(text=text, codes=np.full((2, frames), speaker, np.int32))


def frames_of(references: tuple[Reference, ...], speaker: int) -> int:
    return sum(int((each.codes[0] == speaker).sum()) for each in references)


weights = st.lists(st.floats(1, 6), min_size=2, max_size=4)


@settings(max_examples=50, derandomize=True)
@given(weights=weights, data=st.data())
def test_parts_are_heard_in_the_proportion_of_their_weights(
    weights: list[float], data: st.DataObject
) -> None:
    lengths = st.lists(st.integers(20, 900), min_size=1, max_size=3)
    recordings = [data.draw(lengths) for _ in weights]
    share = shares([BlendPart(voice="x", weight=weight) for weight in weights])
    parts = [
        (each, [part(frames, speaker=speaker) for frames in recordings[speaker]])
        for speaker, each in enumerate(share)
    ]
    mixed = mix(parts, FRAME_S)
    total = sum(each.codes.shape[1] for each in mixed)
    assert total * FRAME_S <= MAX_SECONDS
    for speaker, each in enumerate(share):
        assert frames_of(mixed, speaker) == pytest.approx(each * total, abs=len(weights) + 1)
    # As much as there is: either thirty seconds, or all of one part.
    used_up = [frames_of(mixed, n) >= sum(frames) - 1 for n, frames in enumerate(recordings)]
    assert any(used_up) or total * FRAME_S > MAX_SECONDS - len(weights) * FRAME_S


def test_parts_come_in_their_order_and_whole_recordings_stay_whole() -> None:
    first, second, third = part(40, "a b", 0), part(40, "c d e f", 0), part(60, "g", 1)
    mixed = mix([(0.5, [first, second]), (0.5, [third])], FRAME_S)
    assert mixed[0] is first
    assert mixed[2] is third
    assert (mixed[1].text, mixed[1].codes.shape) == ("c d", (2, 20))


@pytest.mark.parametrize(
    ("text", "kept"),
    [("one two three four", "one two"), ("一二三四", "一二"), ("word", "word"), ("", "")],
)
def test_a_recording_that_is_cut_loses_as_much_of_its_text(text: str, kept: str) -> None:
    mixed = mix([(0.5, [part(100, text)]), (0.5, [part(50)])], FRAME_S)
    assert (mixed[0].text, mixed[0].codes.shape[1]) == (kept, 50)


@pytest.mark.parametrize(
    ("given_weights", "complaint"),
    [
        ([1], "2 to 8 parts, and there are 1"),
        ([1] * 9, "2 to 8 parts, and there are 9"),
        ([1, 0], "the weight of 'x' is 0"),
        ([1, -1], "the weight of 'x' is -1"),
        ([1, math.inf], "the weight of 'x' is inf"),
        ([1, math.nan], "the weight of 'x' is nan"),
        ([1, 30], r"'x' has 3\.2% of the weight; a part needs 5%"),
    ],
)
def test_weights_that_leave_a_part_unheard_are_refused(
    given_weights: list[float], complaint: str
) -> None:
    assert MIN_SHARE == 0.05
    with pytest.raises(BadRequest, match=complaint):
        shares([BlendPart(voice="x", weight=weight) for weight in given_weights])


@pytest.fixture
def engine() -> CountingEngine:
    return CountingEngine(uses_references=True)


@pytest.fixture
def registry(shelf: Path, engine: CountingEngine) -> VoiceRegistry:
    return VoiceRegistry(shelf, engine)


def blend(registry: VoiceRegistry, *voices: str) -> str:
    parts = tuple(BlendPart(voice=voice, weight=weight) for weight, voice in enumerate(voices, 1))
    return asyncio.run(registry.blend(NewBlend(name="both", parts=parts))).id


def create(registry: VoiceRegistry, name: str, seconds: float) -> str:
    clip = Clip(audio=recording(seconds), text=name)
    return asyncio.run(registry.create(NewVoice(name=name, clips=(clip,)))).id


def test_a_blend_speaks_with_its_parts_and_survives_a_restart(
    registry: VoiceRegistry, shelf: Path, engine: CountingEngine
) -> None:
    create(registry, "anna", 3.0)
    create(registry, "bob", 4.0)
    voice_id = blend(registry, "Anna", "Bob")
    restarted = VoiceRegistry(shelf, engine)
    voice = asyncio.run(restarted.resolve(voice_id))
    assert [reference.text for reference in voice.references] == ["anna", "bob"]
    anna, bob = (reference.codes.shape[1] for reference in voice.references)
    assert bob / anna == pytest.approx(2, abs=0.2)
    record = asyncio.run(restarted.get("both"))
    assert (record.type, record.samples) == ("blend", ())
    assert asyncio.run(restarted.preview("both")) is None


def test_a_blend_knows_its_parts_by_id_and_says_which_is_gone(registry: VoiceRegistry) -> None:
    anna, bob = create(registry, "anna", 2.0), create(registry, "bob", 2.0)
    blend(registry, "anna", "bob")
    asyncio.run(registry.delete(anna))
    create(registry, "anna", 2.0)
    with pytest.raises(BadRequest, match=f"its part '{anna}' has been deleted") as caught:
        asyncio.run(registry.resolve("both"))
    assert caught.value.code == "voice_unusable"
    assert asyncio.run(registry.get(bob)).name == "bob"


def test_openais_names_can_be_parts(registry: VoiceRegistry) -> None:
    blend(registry, "alloy", "nova")
    assert len(asyncio.run(registry.resolve("both")).references) == 2


def test_a_part_that_could_not_be_spoken_yet_is_named(
    registry: VoiceRegistry, engine: CountingEngine
) -> None:
    engine.seconds = 0.1
    blend(registry, "alloy", "nova")
    with pytest.raises(BadRequest, match="its part 'alloy' has no recording yet"):
        asyncio.run(registry.resolve("both"))


def test_for_a_checkpoint_without_references_a_blend_is_nothing_to_show(shelf: Path) -> None:
    registry = VoiceRegistry(shelf, CountingEngine(uses_references=False))
    blend(registry, "alloy", "nova")
    assert asyncio.run(registry.resolve("both")).references == ()


@pytest.mark.parametrize(
    ("parts", "complaint"),
    [(("alloy", "nobody"), "'nobody' does not exist"), (("alloy", "mixed"), "'mixed' is a blend")],
)
def test_a_part_that_is_not_there_or_a_blend_is_refused(
    registry: VoiceRegistry, add_voice: AddVoice, parts: tuple[str, str], complaint: str
) -> None:
    mixed = '{"type": "blend", "parts": [{"voice": "echo", "weight": 1}]}'
    (add_voice("mixed") / "voice.json").write_text(mixed)
    with pytest.raises(BadRequest, match=complaint) as caught:
        blend(registry, *parts)
    assert caught.value.param == "parts"
