import { key } from "./api.js";
import { h, replace } from "./dom.js";

const sent = document.getElementById("key");
sent.value = key.get() ?? "";
sent.addEventListener("input", () => key.set(sent.value.trim()));

const root = document.getElementById("operations");
const description = await (await fetch("/openapi.json")).json();
const schemas = description.components.schemas;

const groups = new Map();
for (const [path, methods] of Object.entries(description.paths)) {
  for (const [method, operation] of Object.entries(methods)) {
    const group = operation.tags?.[0] ?? "other";
    groups.set(group, [...(groups.get(group) ?? []), { path, method: method.toUpperCase(), operation }]);
  }
}
replace(root, [...groups].map(([name, operations]) => h("section", {}, h("h2", {}, name), operations.map(entry))));

function entry({ path, method, operation }) {
  const inside = h("div", { class: "inside" });
  const details = h("details", { class: "operation", id: operation.operationId }, h("summary", {}, h("span", { class: "verb" }, method), h("span", { class: "path" }, path), h("span", { class: "faint" }, operation.summary)), inside);
  // Written when it is opened: most never are.
  details.addEventListener("toggle", () => details.open && inside.childElementCount === 0 && inside.append(...content(path, method, operation)));
  return details;
}

function content(path, method, operation) {
  const parameters = operation.parameters ?? [];
  const bodies = Object.keys(operation.requestBody?.content ?? {});
  const media = bodies.length > 0 && h("select", {}, bodies.map((name) => h("option", {}, name)));
  const body = bodies.length > 0 && h("textarea", { spellcheck: "false" });
  if (body) {
    const fill = () => {
      body.value = sample(operation.requestBody.content[media.value].schema, media.value);
    };
    media.addEventListener("change", fill);
    fill();
  }
  const inputs = parameters.map((parameter) => ({ parameter, input: h("input", { spellcheck: "false", required: parameter.required }) }));
  const accept = h("select", {}, ["*/*", ...new Set(Object.values(operation.responses).flatMap((one) => Object.keys(one.content ?? {})))].map((name) => h("option", {}, name)));
  const result = h("div", { role: "status" });
  const form = h(
    "form",
    {
      class: "fields",
      onsubmit: async (event) => {
        event.preventDefault();
        replace(result, h("p", { class: "faint" }, "…"));
        replace(result, await attempt({ path, method, inputs, media, body, accept }));
      },
    },
    inputs.map(({ parameter, input }) => field(`${parameter.name} (${parameter.in}${parameter.required ? ", required" : ""})`, input, parameter.description)),
    media && field("Content-Type", media),
    body && field("Body", body),
    field("Accept", accept),
    h("div", {}, h("button", { class: "primary", type: "submit" }, "Send")),
  );
  const rows = Object.entries(operation.responses).map(([status, { description: text, content: types }]) => h("tr", {}, h("td", {}, status), h("td", {}, text), h("td", { class: "faint" }, Object.keys(types ?? {}).join(", "))));
  return [
    operation.description && h("p", {}, operation.description),
    form,
    result,
    h("details", {}, h("summary", {}, "Answers"), h("table", { class: "answers" }, h("tbody", {}, rows))),
    ...shapes(operation),
  ].filter(Boolean);
}

function field(name, input, text = null) {
  return h("label", { class: "field" }, h("span", {}, h("code", {}, name), " ", text && h("span", { class: "faint" }, text)), input);
}

/** Schemas that the operation names, with all they hang on. */
function shapes(operation) {
  const found = new Map();
  const collect = (value) => {
    if (Array.isArray(value)) value.forEach(collect);
    else if (value && typeof value === "object") {
      const name = value.$ref?.split("/").at(-1);
      if (name && !found.has(name)) {
        found.set(name, schemas[name]);
        collect(schemas[name]);
      }
      Object.values(value).forEach(collect);
    }
  };
  collect(operation.requestBody ?? {});
  collect(Object.entries(operation.responses).filter(([status]) => status < "300"));
  return found.size === 0 ? [] : [h("details", {}, h("summary", {}, "Schemas"), h("pre", { tabindex: "0" }, JSON.stringify(Object.fromEntries(found), null, 2)))];
}

const EXAMPLES = { question: "What is the capital of Ecuador?", text: "Quito is the capital of Ecuador.", model: "touchstone" };

/** A body to begin with: the required fields, and those we have words for. */
function sample(schema, media) {
  if (media === "application/x-ndjson") return '{"id": 1, "text": "Quito is the capital of Ecuador."}\n';
  if (media === "application/sparql-query") return "SELECT ?s ?p ?o { ?s ?p ?o } LIMIT 5";
  if (media === "application/x-www-form-urlencoded") return "query=ASK%7B%7D";
  if (media !== "application/json") return "";
  const shape = schema.$ref ? schemas[schema.$ref.split("/").at(-1)] : schema;
  const value = {};
  for (const name of Object.keys(shape.properties ?? {})) {
    if (name in EXAMPLES) value[name] = EXAMPLES[name];
    else if (name === "messages") value[name] = [{ role: "user", content: EXAMPLES.question }];
  }
  return JSON.stringify(value, null, 2);
}

async function attempt({ path, method, inputs, media, body, accept }) {
  let address = path;
  const query = new URLSearchParams();
  const headers = { accept: accept.value };
  if (sent.value) headers.authorization = `Bearer ${sent.value}`;
  for (const { parameter, input } of inputs) {
    if (input.value === "") continue;
    if (parameter.in === "path") address = address.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    else if (parameter.in === "query") query.append(parameter.name, input.value);
    else headers[parameter.name] = input.value;
  }
  if (media) headers["content-type"] = media.value;
  if ([...query].length > 0) address += `?${query}`;
  try {
    const response = await fetch(address, { method, headers, body: body ? body.value : undefined, cache: "no-store" });
    const text = await response.text();
    const json = response.headers.get("content-type")?.includes("json") && !response.headers.get("content-type").includes("ndjson");
    return [h("p", {}, h("strong", {}, `${response.status}`), " ", h("span", { class: "faint" }, response.headers.get("content-type") ?? "")), h("pre", { tabindex: "0" }, json && text ? JSON.stringify(JSON.parse(text), null, 2) : text)];
  } catch (error) {
    return h("p", { class: "failure" }, error.message);
  }
}
