// The process is killed while graphs and passages are changed: what was
// acknowledged is there afterwards, and no change is there by half.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { serve } from "./server.mjs";

const KILLS = Number(process.env.KILLS ?? 100);
const SIZE = 200;

test(`${KILLS} kills lose nothing that was acknowledged`, { timeout: 1_800_000 }, async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "touchstone-kill-"));
  const key = { value: null };
  let acknowledged = { graph: 0, passages: 0 };
  let sent = { graph: 0, passages: 0 };
  for (let kill = 0; kill < KILLS; kill += 1) {
    const server = await serve(folder, "empty");
    key.value = server.key;
    const call = (method, address, type, body) =>
      fetch(server.url + address, { method, body, headers: { authorization: `Bearer ${key.value}`, ...(type && { "content-type": type }) } });

    // What is there is a whole version, and not older than what was answered.
    const held = await call("GET", "/v1/graphs/kill");
    if (held.status === 200) {
      const lines = (await held.text()).match(/"\d+"|\b\d+\b(?= [.;,])/g).map((text) => Number(text.replaceAll('"', "")));
      const versions = new Set(lines);
      assert.equal(versions.size, 1, `half an update after kill ${kill}: ${[...versions]}`);
      const [version] = versions;
      assert.equal(lines.length, SIZE);
      assert.ok(version >= acknowledged.graph && version <= sent.graph, `${version} of ${acknowledged.graph}..${sent.graph}`);
    } else {
      assert.equal(acknowledged.graph, 0);
    }
    const found = await (await call("GET", "/v1/search?q=version&limit=100")).json();
    const versions = new Set(found.passages.filter((one) => one.source === "kill").map((one) => Number(one.text.match(/\d+/)[0])));
    assert.ok(versions.size <= 1, `half a source after kill ${kill}`);
    for (const version of versions) assert.ok(version >= acknowledged.passages && version <= sent.passages);
    if (acknowledged.passages > 0) assert.equal(versions.size, 1);

    let running = true;
    const changes = (async () => {
      while (running) {
        sent.graph += 1;
        const version = sent.graph;
        const body = Array.from({ length: SIZE }, (_, n) => `<https://example.org/s${n}> <https://example.org/version> "${version}" .`).join("\n");
        const graph = await call("PUT", "/v1/graphs/kill", "application/n-triples", body);
        assert.ok(graph.ok, await graph.clone().text());
        acknowledged.graph = version;
        sent.passages += 1;
        const documents = Array.from({ length: 5 }, (_, n) => JSON.stringify({ id: `d${n}`, text: `This is version ${sent.passages} of a document.` })).join("\n");
        const passages = await call("PUT", "/v1/passages/kill", "application/x-ndjson", documents);
        assert.ok(passages.ok, await passages.clone().text());
        acknowledged.passages = sent.passages;
      }
    })().catch((error) => {
      if (running) throw error;
    });
    await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 400));
    running = false;
    await server.kill();
    await changes;
  }
  assert.ok(acknowledged.graph > KILLS / 4, `only ${acknowledged.graph} changes were acknowledged`);
  console.log(`${KILLS} kills, ${acknowledged.graph} graph changes and ${acknowledged.passages} of passages acknowledged`);
  fs.rmSync(folder, { recursive: true, force: true });
});
