import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { chromium } from "playwright-core";
import { serve } from "./server.mjs";

const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const DESK = { viewport: { width: 1280, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const QUESTION = "In which continent is the country whose capital is Quito, and what is its currency?";
const TEXT = "Quito is the capital of Ecuador. Gold has atomic number 78.\n北京是中国的首都。 The mayor of Quito likes football. 2 + 2 = 5.";

let server;
let browser;
before(async () => {
  server = await serve();
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** A page of its own, that must not complain nor ask any other server. */
async function open(path = "/", options = DESK) {
  const context = await browser.newContext({ locale: "en-GB", ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && wrong.push(message.text()));
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("request", (request) => !request.url().startsWith(server.url) && !request.url().startsWith("blob:") && wrong.push(request.url()));
  await page.goto(server.url + path);
  await page.waitForSelector("h1");
  page.finish = async () => {
    assert.deepEqual(wrong, []);
    await context.close();
  };
  return page;
}

async function accessible(page, where) {
  // Injected past the page's own policy, which forbids strange scripts.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  assert.deepEqual(serious.map(({ id, nodes }) => `${where}: ${id} ${nodes[0].html}`), []);
}

async function ask(page, question = QUESTION) {
  await page.fill("#question", question);
  await page.click("button[type=submit]");
}

describe("asking", () => {
  test("steps come as they are written, and a refuted draft is struck out beside its repair", async () => {
    const page = await open();
    await ask(page);
    await page.waitForSelector(".text.writing:not(:empty)");
    await page.waitForSelector(".answer");
    const repaired = page.locator(".step-repaired");
    assert.equal(await repaired.count(), 1);
    assert.match(await repaired.locator("del").textContent(), /euro/);
    assert.match(await repaired.locator("p.text").textContent(), /United States dollar/);
    assert.match(await page.locator(".answer .badge").textContent(), /Verified/);
    await page.finish();
  });

  test("in Chinese", async () => {
    const page = await open("/", { ...DESK, locale: "zh-CN" });
    assert.equal(await page.getAttribute("html", "lang"), "zh-Hans");
    await ask(page, "厄瓜多尔的首都是哪里？");
    await page.waitForSelector(".answer");
    assert.match(await page.locator(".answer-text").textContent(), /基多/);
    assert.match(await page.locator("del").first().textContent(), /瓜亚基尔/);
    await page.finish();
  });

  test("a step that falls is struck out while the others are written", async () => {
    const page = await open();
    await page.evaluate(() => {
      const seen = () => {
        const fallen = document.querySelector(".live .step-rejected");
        if (fallen) globalThis.fallen ??= { text: fallen.querySelector("del")?.textContent, why: fallen.querySelector(".why")?.textContent };
      };
      new MutationObserver(seen).observe(document.body, { childList: true, subtree: true });
    });
    await ask(page, "Who is the mayor of Tarnby?");
    await page.waitForSelector(".answer");
    const fallen = await page.evaluate(() => globalThis.fallen);
    assert.match(fallen?.text ?? "no step fell", /mayor of Tarnby is Jon Smit/);
    assert.match(fallen.why, /contradicts/);
    assert.match(await page.locator(".answer-text").textContent(), /Ada Paz/);
    assert.equal(await page.locator(".step-rejected").count(), 1);
    await page.finish();
  });

  test("a claim opens its evidence, and an entity its facts; Escape leads back", async () => {
    const page = await open();
    await ask(page);
    await page.waitForSelector(".answer");
    const claim = page.locator(".step-accepted .claim").first();
    await claim.focus();
    await page.keyboard.press("Enter");
    assert.match(await page.locator("#side").textContent(), /Ecuador.*capital.*Quito/s);
    await page.locator("#side .value.link", { hasText: "Ecuador" }).first().click();
    await page.waitForSelector("#side .facts");
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("#side").isVisible(), false);
    assert.equal(await claim.evaluate((element) => element === document.activeElement), true);
    await page.finish();
  });

  test("the derivation is drawn and can be walked through by keyboard", async () => {
    const page = await open();
    await ask(page);
    await page.waitForSelector(".drawing");
    const answer = page.locator(".node-answer");
    await answer.focus();
    await page.keyboard.press("ArrowLeft");
    assert.match(await page.evaluate(() => document.activeElement.getAttribute("class")), /node-(step|evidence)/);
    await page.keyboard.press("Enter");
    assert.equal(await page.locator("#side").isVisible(), true);
    await page.finish();
  });

  test("a question can be stopped, and what the model says unchecked is marked so", async () => {
    const page = await open();
    await ask(page);
    await page.waitForSelector(".primary.stop");
    await page.click(".primary.stop");
    await page.waitForSelector(".result .notice");
    await page.getByLabel("Let the model answer unchecked").check();
    await ask(page);
    await page.waitForSelector(".answer");
    assert.match(await page.locator(".answer .badge").textContent(), /Not checked/);
    await page.finish();
  });
});

describe("checking", () => {
  async function check(page, text = TEXT) {
    await page.fill("#text", text);
    await page.click("button[type=submit]");
    await page.waitForSelector(".paper");
  }

  test("a text is annotated in place, filtered and put right", async () => {
    const page = await open("/#check");
    await check(page);
    const refuted = await page.locator(".paper .claim-refuted").evaluateAll((all) => all.map((element) => element.firstChild.textContent));
    assert.deepEqual(refuted, ["Gold has atomic number 78", "2 + 2 = 5"]);
    assert.equal(await page.locator(".paper .claim-supported").count(), 2);
    await page.click("[data-filter=supported]");
    assert.equal(await page.locator(".paper .claim-refuted").count(), 0);
    await page.getByRole("button", { name: /Put all right/ }).click();
    await page.waitForFunction(() => !document.querySelector(".paper .claim-refuted") && document.querySelector(".paper")?.textContent.includes("79"));
    assert.match(await page.locator(".paper").textContent(), /2 \+ 2 = 4/);
    await page.finish();
  });

  test("what stands in a text or a label is never markup", async () => {
    const page = await open("/#check");
    await check(page, "<img src=x onerror=alert(1)> is the capital of Ecuador. <script>alert(1)</script>");
    assert.equal(await page.locator("#view img, #view script").count(), 0);
    assert.match(await page.locator(".paper").textContent(), /<img src=x/);
    await page.finish();
  });
});

test("a label in the graph is never markup, and a closed server asks for its key", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "touchstone-page-"));
  const closed = await serve(folder, "empty");
  const label = "Pier <img src=x onerror=document.title=1>";
  const body = `@prefix : <https://example.org/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
    :harbour a <http://www.w3.org/2002/07/owl#ObjectProperty> ; rdfs:label "harbour"@en .
    :lutland rdfs:label "Lutland"@en ; :harbour :pier . :pier rdfs:label ${JSON.stringify(label)}@en .`;
  const put = await fetch(`${closed.url}/v1/graphs/odd`, { method: "PUT", body, headers: { authorization: `Bearer ${closed.key}`, "content-type": "text/turtle" } });
  assert.equal(put.status, 201);
  const context = await browser.newContext({ locale: "en-GB", ...DESK });
  const page = await context.newPage();
  await page.goto(`${closed.url}/#check`);
  await page.fill("#text", `The harbour of Lutland is ${label}.`);
  await page.click("button[type=submit]");
  await page.fill("#key-dialog input", closed.key);
  await page.locator("#key-dialog button[type=submit]").click();
  await page.waitForSelector(".paper .claim-supported");
  await page.locator(".paper .claim-supported").first().click();
  await page.waitForSelector("#side .proof");
  const fact = page.locator("#side .proof").first();
  assert.match(await fact.textContent(), /<img src=x/);
  assert.equal(await page.locator("#view img, #side img").count(), 0);
  // Nor among an entity's facts, nor in what is saved.
  await page.locator("#side .value.link", { hasText: "Lutland" }).first().click();
  await page.waitForSelector("#side .facts");
  assert.match(await page.locator("#side .facts").textContent(), /<img src=x/);
  assert.equal(await page.locator("#view img, #side img").count(), 0);
  for (const name of ["HTML", "Markdown"]) {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name, exact: true }).click()]);
    const saved = fs.readFileSync(await download.path(), "utf8");
    assert.match(saved, /Pier/);
    assert.doesNotMatch(saved, name === "HTML" ? /<img/ : /(?<!\\)<img/);
  }
  assert.notEqual(await page.title(), "1");
  await context.close();
  await closed.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

test("the history keeps what was done, and exports hold it", async () => {
  const page = await open();
  await ask(page);
  await page.waitForSelector(".answer");
  for (const [name, pattern] of [["JSON", /"status": "verified"/], ["Markdown", /~~.*euro/], ["HTML", /<del>.*euro/]]) {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name, exact: true }).click()]);
    assert.match(fs.readFileSync(await download.path(), "utf8"), pattern);
  }
  await page.click("[data-tab=history]");
  await page.locator(".past a").first().click();
  await page.waitForSelector(".answer");
  await page.click("[data-tab=history]");
  await page.getByRole("button", { name: "Forget everything" }).click();
  assert.equal(await page.locator(".past li").count(), 0);
  await page.finish();
});

test("themes and languages switch and stay", async () => {
  const page = await open();
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.click("#theme");
  const dark = await ground();
  assert.notEqual(light, dark);
  await page.click("#language");
  assert.equal(await page.locator("[data-tab=ask]").textContent(), "提问");
  await page.reload();
  await page.waitForSelector("h1");
  assert.equal(await ground(), dark);
  assert.equal(await page.getAttribute("html", "lang"), "zh-Hans");
  await page.finish();
});

test("nothing is wider than a phone", async () => {
  const page = await open("/", PHONE);
  const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
  assert.equal(await fits(), true);
  await ask(page);
  await page.waitForSelector(".answer");
  assert.equal(await fits(), true);
  await page.locator(".step .claim").first().click();
  assert.equal(await fits(), true);
  assert.equal(await page.locator("#side").isVisible(), true);
  // The end of the page can be read above the panel.
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  const [foot, side] = await Promise.all([".foot", "#side"].map((part) => page.locator(part).boundingBox()));
  assert.ok(foot.y + foot.height <= side.y + 1, `the foot ends at ${foot.y + foot.height}, the panel begins at ${side.y}`);
  await page.finish();
});

for (const [name, options] of [["light", DESK], ["dark", { ...DESK, colorScheme: "dark" }], ["phone", PHONE]]) {
  test(`axe finds nothing serious: ${name}`, async () => {
    const page = await open("/", { ...options, bypassCSP: true });
    await accessible(page, "start");
    await ask(page);
    await page.waitForSelector(".answer");
    await accessible(page, "answer");
    await page.locator(".step .claim").first().click();
    await accessible(page, "evidence");
    await page.keyboard.press("Escape");
    await page.goto(`${server.url}/#check`);
    await page.fill("#text", TEXT);
    await page.click("button[type=submit]");
    await page.waitForSelector(".paper");
    await accessible(page, "check");
    await page.goto(`${server.url}/#history`);
    await page.waitForSelector(".past li");
    await accessible(page, "history");
    await page.finish();
  });
}

test("the page of the API tries an operation", async () => {
  const page = await open("/docs", { ...DESK, bypassCSP: true });
  await page.click("#check summary");
  await page.getByRole("button", { name: "Send" }).click();
  await page.waitForSelector("#check pre");
  assert.match(await page.locator("#check [role=status]").textContent(), /"supported": 1/);
  await accessible(page, "docs");
  await page.finish();
});
