"""From the body of an upload, a form or JSON, to what the registry or the consents are asked for."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from litestar import Request

from fish_openai.api.fields import convert, decoded, form_fields, json_fields, missing
from fish_openai.api.forms import Part, is_form, read_form
from fish_openai.api.presence import read_body
from fish_openai.api.voice_schemas import ConsentForm, VoiceFields
from fish_openai.errors import BadRequest
from fish_openai.voices.record import BlendPart, Clip, NewBlend, NewVoice

_OTHER_NAMES = {"text": "ref_text", "transcript": "ref_text", "speaker_description": "description"}
"""Names that other servers have for the same fields."""
_SAMPLES = "audio_sample"
_FILES = frozenset({_SAMPLES, "recording"})
_LISTS = frozenset({_SAMPLES, "ref_text", "tags"})
"""Fields that may come several times; of another one that does, the last one counts."""


async def read_voice(request: Request[Any, Any, Any]) -> NewVoice | NewBlend:
    """The voice that a form or a JSON object asks for.

    Raises:
        BadRequest: a field is missing or not accepted, or the body cannot be read.
        TooLarge: a file has more than `MAX_FILE_BYTES`.
        ClientGone: the client left before it had sent all of it.
    """
    if is_form(request):
        values = _of_form(await read_form(request))
    else:
        values = _of_json(json_fields(await read_body(request)))
    fields = convert(values, VoiceFields)
    return _MAKERS[fields.type](fields)


async def read_consent(request: Request[Any, Any, Any]) -> ConsentForm:
    """The consent that a form asks for; raises like `read_voice`."""
    return convert(_of_form(await read_form(request)), ConsentForm)


def _of_form(parts: Sequence[Part]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for sent_name, sent in form_fields(parts).items():
        name = _OTHER_NAMES.get(sent_name, sent_name)
        each = [bytes(part.data) if name in _FILES else part.text for part in sent]
        values[name] = each if name in _LISTS else each[-1]
    return values


def _of_json(fields: Mapping[str, Any]) -> dict[str, Any]:
    values = {_OTHER_NAMES.get(name, name): value for name, value in fields.items()}
    for name in _LISTS & values.keys():
        if not isinstance(values[name], list):
            values[name] = [values[name]]
    samples = values.get(_SAMPLES, [])
    return values | {_SAMPLES: [decoded(sample, _SAMPLES) for sample in samples]}


def _new_voice(fields: VoiceFields) -> NewVoice:
    if not any(fields.audio_sample):
        raise missing(_SAMPLES, "Send a recording of the speaker, 1 to 30 s.")
    return NewVoice(
        name=fields.name,
        clips=_clips(fields),
        language=fields.language,
        description=fields.description,
        tags=fields.tags,
        consent=fields.consent,
        visibility=fields.visibility,
    )


def _clips(fields: VoiceFields) -> tuple[Clip, ...]:
    samples, texts = fields.audio_sample, fields.ref_text or ("",) * len(fields.audio_sample)
    if len(texts) != len(samples):
        raise BadRequest(
            f"There are {len(samples)} recordings and {len(texts)} transcripts. Send a ref_text "
            "for each audio_sample, in the same order and empty where it is not known, or none.",
            param="ref_text",
        )
    return tuple(Clip(audio=audio, text=text) for audio, text in zip(samples, texts, strict=True))


def _new_blend(fields: VoiceFields) -> NewBlend:
    if not fields.parts:
        raise missing(
            "parts", 'Name the voices to blend: [{"voice": "anna", "weight": 2}, {"voice": "ben"}].'
        )
    return NewBlend(
        name=fields.name,
        parts=tuple(BlendPart(voice=part.voice, weight=part.weight) for part in fields.parts),
        language=fields.language,
        description=fields.description,
        tags=fields.tags,
        consent=fields.consent,
        visibility=fields.visibility,
    )


def _refuse_prompt(_fields: VoiceFields) -> NewVoice:
    raise BadRequest(
        "A voice cannot be made from a description here. Send recordings as audio_sample, or "
        "blend voices that there are with type blend.",
        param="type",
        code="unsupported_value",
    )


_MAKERS: dict[str, Callable[[VoiceFields], NewVoice | NewBlend]] = {
    "audio_sample": _new_voice,
    "blend": _new_blend,
    "prompt": _refuse_prompt,
}
