"""What the older client of Fish Audio has to get: `python fish_python.py http://host:port`.

Needs `fish-audio-sdk` and nothing else. The last line is JSON: what came of each check.
"""

import json
import sys
from collections.abc import Iterator
from importlib.metadata import version

from fish_audio_sdk import HttpCodeErr, ReferenceAudio, Session, TTSRequest, WebSocketSession

SAID = "The quick brown fox jumps over the lazy dog, and the dog does not mind it at all."
NO_VOICE = "0" * 32


def check_every_format(session: Session) -> None:
    for format_name, magic in (("mp3", b""), ("wav", b"RIFF"), ("pcm", b"")):
        request = TTSRequest(text="Hello there.", format=format_name)
        audio = b"".join(session.tts(request))
        assert audio, format_name
        assert audio.startswith(magic), format_name


def check_recording_inside(session: Session) -> None:
    references = [ReferenceAudio(audio=_recording(session), text=SAID)]
    assert b"".join(session.tts(TTSRequest(text="Hello there.", references=references)))


def check_voice_of_ones_own(session: Session) -> None:
    made = session.create_model(title="Package check", voices=[_recording(session)], texts=[SAID])
    session.update_model(made.id, title="Package check, again")
    assert session.get_model(made.id).title == "Package check, again"
    assert made.id in [model.id for model in session.list_models(page_size=100).items]
    assert b"".join(session.tts(TTSRequest(text="Hello there.", reference_id=made.id)))
    session.delete_model(made.id)


def check_unknown_voice(session: Session) -> None:
    error = None
    try:
        session.get_model(NO_VOICE)
    except HttpCodeErr as caught:
        error = caught
    assert error is not None, "a voice that does not exist was found"
    assert error.status == 404, error.status
    assert error.message


def check_wallet(session: Session) -> None:
    assert session.get_api_credit().user_id
    assert session.get_package().user_id


def check_live(session: Session) -> None:
    def texts() -> Iterator[str]:
        yield "Hello there. "
        yield "How are you?"

    with WebSocketSession(session._apikey, base_url=session._base_url) as socket:
        assert b"".join(socket.tts(TTSRequest(text=""), texts()))


CHECKS = {
    name.removeprefix("check_"): check
    for name, check in list(globals().items())
    if name.startswith("check_")
}
"""Each check by its name; it raises whatever the client raises, or `AssertionError`."""


def _recording(session: Session) -> bytes:
    return b"".join(session.tts(TTSRequest(text=SAID, format="wav")))


def main(address: str, key: str) -> None:
    """Run every check and print what came of it."""
    told = {}
    with Session(key, base_url=address) as session:
        for name, check in CHECKS.items():
            try:
                check(session)
                told[name] = ""
            except Exception as exc:  # noqa: BLE001 - the other checks run all the same
                told[name] = f"{type(exc).__name__}: {exc}"
    print(json.dumps({"version": version("fish-audio-sdk"), "checks": told}))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "any")
