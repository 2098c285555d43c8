"""Long texts through any OpenAI-compatible server, many at once, each to its end.

Load: prose, dialogue, lists and repetitive text of 1,000 to 2,000 characters, by turns in several
voices, each request under a seed of its own (its number), streamed as pcm, `--concurrency` at once.
Metrics: answers that broke off; seconds a character, and the longest of them by the median; windows of
10 ms that are bursts, and of 2 ms that are clicks; of our own server how many sentences were begun again
or cut. The last line is JSON.

python -m benchmarks.passages [--url http://127.0.0.1:8000/v1] [--requests 200] [--concurrency 8]
    [--voices alloy,onyx,...] [--save DIR] [-- options of fish-openai serve]
"""

import argparse
import asyncio
import sys
import wave
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import httpx

from benchmarks.load import connect, server_url
from benchmarks.passages.listening import RATE, Pcm, num_bursts, num_clicks, samples_of
from benchmarks.report import print_json, print_table

TEXTS = {
    path.stem: path.read_text("utf-8").strip()
    for path in sorted((Path(__file__).parent / "texts").glob("*.txt"))
}
_VOICES = "alloy,echo,fable,nova,onyx,shimmer"
_COUNTERS = ("fish_sentences_total", "fish_sentence_retries_total", "fish_sentences_cut_total")


class Passage(NamedTuple):
    """One request."""

    text: str
    voice: str
    seed: int


class Heard(NamedTuple):
    """What came of a passage."""

    passage: Passage
    pcm: Pcm
    fault: str

    @property
    def seconds_a_character(self) -> float:
        """Its length by that of its text."""
        return len(self.pcm) / RATE / len(TEXTS[self.passage.text])


def main() -> None:
    """Ask for every passage and report."""
    options = _parse_options()
    with server_url(options) as url:
        heard, counted = asyncio.run(_hear_all(url, options))
    if options.save is not None:
        for each in heard:
            _save(options.save, each)
    _report(options, heard, counted)


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--url", help="a running server, with its /v1; default: one of our own")
    parser.add_argument("--model", default="tts-1")
    parser.add_argument("--voices", default=_VOICES, type=lambda names: names.split(","))
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--first-seed", type=int, default=0, help="seeds are counted from it")
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--save", type=Path, help="write each passage as a WAV file")
    parser.add_argument("serve_options", nargs="*", help="after --: for fish-openai serve")
    return parser.parse_args()


def _passages(options: argparse.Namespace) -> list[Passage]:
    names = list(TEXTS)
    return [
        Passage(
            names[number % len(names)],
            options.voices[number // len(names) % len(options.voices)],
            options.first_seed + number,
        )
        for number in range(options.requests)
    ]


async def _hear_all(
    url: str, options: argparse.Namespace
) -> tuple[list[Heard], dict[str, float] | None]:
    gate = asyncio.Semaphore(options.concurrency)
    async with connect(url) as client:
        before = await _counters(client)

        async def hear(passage: Passage) -> Heard:
            async with gate:
                heard = await _hear(client, options.model, passage)
            print(heard.passage, f"{len(heard.pcm) / RATE:.1f} s", heard.fault, file=sys.stderr)
            return heard

        heard = await asyncio.gather(*map(hear, _passages(options)))
        after = await _counters(client)
    counted = {name: after[name] - before[name] for name in after} if after and before else None
    return heard, counted


async def _hear(client: httpx.AsyncClient, model: str, passage: Passage) -> Heard:
    body = {
        "model": model,
        "voice": passage.voice,
        "input": TEXTS[passage.text],
        "response_format": "pcm",
        "seed": passage.seed,
    }
    data = bytearray()
    try:
        async with client.stream("POST", "audio/speech", json=body) as response:
            if response.status_code != httpx.codes.OK:
                return Heard(passage, samples_of(bytes(data)), f"status {response.status_code}")
            async for chunk in response.aiter_bytes():
                data += chunk
    except httpx.HTTPError as error:
        return Heard(passage, samples_of(bytes(data)), f"{type(error).__name__}: {error}")
    return Heard(passage, samples_of(bytes(data)), "")


async def _counters(client: httpx.AsyncClient) -> dict[str, float] | None:
    """Of our own server, what it has counted; of another, nothing."""
    response = await client.get(str(client.base_url.join("/metrics")))
    lines = (line.split() for line in response.text.splitlines() if response.is_success)
    counted = {line[0]: float(line[1]) for line in lines if line and line[0] in _COUNTERS}
    return counted or None


def _save(folder: Path, heard: Heard) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    name = "-".join(map(str, heard.passage))
    with wave.open(str(folder / f"{name}.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((heard.pcm * 2**15).astype("<i2").tobytes())


def _report(
    options: argparse.Namespace, heard: Sequence[Heard], counted: dict[str, float] | None
) -> None:
    middle = median(each.seconds_a_character for each in heard)
    rows = [_row(name, heard, middle) for name in TEXTS]
    print_table("long texts", ("text", "asked", "broke off", "s/char", "longest"), rows)
    print_json("passages", _without_path(options), _figures(heard, middle, counted))


def _row(name: str, heard: Sequence[Heard], middle: float) -> list[str]:
    own = [each for each in heard if each.passage.text == name]
    if not own:
        return [name, "0", "-", "-", "-"]
    paces = [each.seconds_a_character for each in own]
    broken = sum(bool(each.fault) for each in own)
    longest = max(paces) / middle
    return [name, str(len(own)), str(broken), f"{median(paces):.4f}", f"{longest:.2f}"]


def _figures(
    heard: Sequence[Heard], middle: float, counted: dict[str, float] | None
) -> dict[str, Any]:
    whole = [each for each in heard if not each.fault]
    paces = [each.seconds_a_character for each in whole]
    return {
        "requests": len(heard),
        "broke_off": [f"{each.passage}: {each.fault}" for each in heard if each.fault],
        "seconds": round(sum(len(each.pcm) for each in heard) / RATE),
        "seconds_a_character": round(middle, 4),
        "longest_by_median": round(max(paces, default=0.0) / middle, 3),
        "bursts": sum(num_bursts(each.pcm) for each in whole),
        "clicks": sum(num_clicks(each.pcm) for each in whole),
        "counted": counted,
    }


def _without_path(options: argparse.Namespace) -> argparse.Namespace:
    return argparse.Namespace(**{k: v for k, v in vars(options).items() if k != "save"})


if __name__ == "__main__":
    main()
