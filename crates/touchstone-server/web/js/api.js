import { events } from "./events.js";

const KEY = "touchstone.key";

/** What the server said was wrong (RFC 9457). */
export class Problem extends Error {
  constructor(body, status) {
    super(body.detail ?? body.title ?? `HTTP ${status}`);
    this.status = status;
    this.retryAfter = body.retry_after ?? null;
    this.missing = body.missing ?? [];
  }
}

export const key = {
  get: () => sessionStorage.getItem(KEY),
  set: (value) => sessionStorage.setItem(KEY, value),
};

let onKeyNeeded = async () => false;
export const whenKeyNeeded = (ask) => {
  onKeyNeeded = ask;
};

async function send(path, options = {}, retried = false) {
  const headers = { accept: "application/json", ...options.headers };
  if (key.get()) headers.authorization = `Bearer ${key.get()}`;
  const response = await fetch(path, { ...options, headers, cache: "no-store" });
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  if (response.status === 401 && !retried && (await onKeyNeeded(Boolean(key.get())))) return send(path, options, true);
  throw new Problem(body, response.status);
}

const json = (body) => ({ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

export const check = async (text, signal) => (await send("/v1/check", { ...json({ text }), signal })).json();

export const entity = async (iri, language, signal) =>
  (await send(`/v1/entities/${encodeURIComponent(iri)}?language=${language}&limit=60`, { signal })).json();

export const models = async () => (await send("/v1/models")).json();

/** Whether the service answers, and what is missing where it does not. */
export async function ready() {
  const response = await fetch("/readyz", { cache: "no-store" });
  const body = await response.json().catch(() => ({}));
  return { ready: response.ok, missing: body.missing ?? [] };
}

const TRIES = 5;

/** Asks, and calls `tell(event, data)` for each event. A stream that breaks
 * off is gone on with where it was. */
export async function ask(request, tell, { signal, onBreak = () => {} }) {
  const headers = { "content-type": "application/json", accept: "text/event-stream" };
  let response = await send("/v1/ask", { method: "POST", headers, body: JSON.stringify({ ...request, stream: true }), signal });
  let last = null;
  for (let tries = 0; ; tries += 1) {
    try {
      for await (const event of events(response.body)) {
        last = event.id ?? last;
        tries = 0;
        if (event.name === "error") throw new Problem(event.data, event.data.status);
        tell(event.name, event.data);
        if (event.name === "done") return;
      }
    } catch (error) {
      if (error instanceof Problem || signal?.aborted) throw error;
    }
    if (last === null || tries >= TRIES) throw new TypeError("the stream broke off");
    onBreak();
    await new Promise((resolve) => setTimeout(resolve, 300 * (tries + 1)));
    try {
      response = await send(`/v1/ask/${last.split(":")[0]}`, { headers: { accept: "text/event-stream", "last-event-id": last }, signal });
    } catch (error) {
      if (error instanceof Problem || signal?.aborted) throw error;
    }
  }
}
