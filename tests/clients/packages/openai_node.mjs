// What the OpenAI client for Node has to get, whichever version is installed beside this file:
// `node openai_node.mjs http://host:port [key]`. The last line is JSON: what came of each check.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import OpenAI, { toFile } from "openai";

const [address, key = "any"] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${address}/v1`, apiKey: key, maxRetries: 0 });

const SPEECH = { model: "gpt-4o-mini-tts", input: "Hello there.", voice: "alloy" };
const MAGIC = { mp3: "ff", opus: "4f676753", aac: "fff1", flac: "664c6143", wav: "52494646", pcm: "" };
const SAID = "The quick brown fox jumps over the lazy dog, and the dog does not mind it at all.";

async function bytesOf(changes) {
  const answer = await client.audio.speech.create({ ...SPEECH, ...changes });
  return Buffer.from(await answer.arrayBuffer());
}

async function refusal(kind, work) {
  try {
    await work();
  } catch (error) {
    assert.ok(error instanceof kind, `${error}`);
    return error;
  }
  throw new Error("it was not refused");
}

const checks = {
  async every_format() {
    for (const [name, magic] of Object.entries(MAGIC)) {
      const audio = await bytesOf({ response_format: name });
      assert.ok(audio.length > 0, name);
      assert.equal(audio.toString("hex", 0, magic.length / 2), magic, name);
    }
  },

  async response_is_audio() {
    const answer = await client.audio.speech.create(SPEECH);
    assert.equal(answer.headers.get("content-type"), "audio/mpeg");
    assert.match(answer.headers.get("x-request-id"), /^req_/);
  },

  async streaming() {
    const answer = await client.audio.speech.create({ ...SPEECH, response_format: "pcm" });
    let size = 0;
    for await (const chunk of answer.body) size += chunk.length;
    assert.ok(size > 0 && size % 2 === 0, `${size} bytes`);
  },

  async null_counts_as_absent() {
    assert.ok((await bytesOf({ instructions: null, speed: null })).length > 0);
  },

  async voice_object_and_more_fields() {
    assert.ok((await bytesOf({ voice: { id: "echo" }, seed: 5 })).length > 0);
  },

  async events() {
    const answer = await client.audio.speech.create({ ...SPEECH, stream_format: "sse" });
    const lines = (await answer.text()).split("\r\n\r\n").filter(Boolean);
    assert.equal(lines.pop(), "data: [DONE]");
    const done = JSON.parse(lines.pop().slice("data: ".length));
    assert.equal(done.type, "speech.audio.done");
    assert.ok(lines.length > 0);
  },

  async refused_field() {
    const error = await refusal(OpenAI.BadRequestError, () => bytesOf({ speed: 9 }));
    assert.match(error.message, /speed/);
    assert.equal(error.type, "invalid_request_error");
  },

  async unknown_model() {
    const error = await refusal(OpenAI.NotFoundError, () => bytesOf({ model: "nope" }));
    assert.equal(error.code, "model_not_found");
  },

  async models() {
    const ids = [];
    for await (const model of client.models.list()) ids.push(model.id);
    assert.ok(ids.includes("tts-1"), ids.join(" "));
    for (const id of ids) assert.equal((await client.models.retrieve(id)).id, id);
  },

  async voice_of_ones_own() {
    if (client.audio.voices === undefined) return; // older versions know no voices
    const recording = await bytesOf({ input: SAID, response_format: "wav" });
    const file = () => toFile(recording, "a.wav");
    const consent = await client.audio.voiceConsents.create({
      name: "Somebody", language: "en-US", recording: await file(),
    });
    const voice = await client.audio.voices.create({
      name: "Package check of Node", consent: consent.id, audio_sample: await file(),
    });
    assert.ok((await bytesOf({ voice: { id: voice.id } })).length > 0);
    assert.ok((await client.audio.voices.delete(voice.id)).deleted);
    assert.ok((await client.audio.voiceConsents.delete(consent.id)).deleted);
  },
};

const told = {};
for (const [name, check] of Object.entries(checks)) {
  told[name] = await check().then(() => "", (error) => `${error.name}: ${error.message}`);
}
const installed = new URL("node_modules/openai/package.json", import.meta.url);
console.log(JSON.stringify({ version: JSON.parse(readFileSync(installed)).version, checks: told }));
