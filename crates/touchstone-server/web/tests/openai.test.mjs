// OpenAI's own client against the server, unmodified.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import OpenAI from "openai";
import { serve } from "./server.mjs";

let folder;
let server;
let client;
before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "touchstone-openai-"));
  server = await serve(folder);
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: server.key, maxRetries: 0 });
});
after(async () => {
  await server?.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

const messages = [{ role: "user", content: "In which continent is the country whose capital is Quito, and what is its currency?" }];

test("a reply is the verified answer with its citations", async () => {
  const reply = await client.chat.completions.create({ model: "touchstone", messages });
  const { message, finish_reason } = reply.choices[0];
  assert.equal(finish_reason, "stop");
  assert.match(message.content, /United States dollar \[\d\]/);
  assert.equal(reply.touchstone.report.answer.status, "verified");
  assert.ok(reply.touchstone.citations.length > 0);
  assert.ok(reply.usage.total_tokens > 0);
});

test("a stream gives the same text", async () => {
  const stream = await client.chat.completions.create({ model: "touchstone", messages, stream: true, stream_options: { include_usage: true } });
  let text = "";
  let usage = null;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? "";
    usage = chunk.usage ?? usage;
  }
  assert.match(text, /South America/);
  assert.ok(usage.total_tokens > 0);
});

test("the model's own words are had with check: false", async () => {
  const reply = await client.chat.completions.create({ model: "touchstone", messages, touchstone: { check: false } });
  assert.equal(reply.touchstone.report, undefined);
  assert.match(reply.choices[0].message.content, /Ecuador/);
});

test("models are listed, and errors are the client's own kinds", async () => {
  const names = [];
  for await (const model of client.models.list()) names.push(model.id);
  assert.ok(names.includes("touchstone"));
  await assert.rejects(client.chat.completions.create({ model: "none", messages }), OpenAI.NotFoundError);
  await assert.rejects(client.chat.completions.create({ model: "touchstone", messages, n: 2 }), OpenAI.UnprocessableEntityError);
  const stranger = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "ts-0-0", maxRetries: 0 });
  await assert.rejects(stranger.models.list(), OpenAI.AuthenticationError);
});
