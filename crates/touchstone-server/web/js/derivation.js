import { worst } from "./claims.js";
import { h, icon, s } from "./dom.js";
import { showClaims, showEvidence, showStep } from "./evidence.js";
import { t } from "./words.js";

const WIDTH = 204;
const GAP_X = 84;
const GAP_Y = 18;
const LINE = 17;
const PAD = 12;
const HEAD_COLUMNS = 22;

/** Steps, what they rest on, and the answer, as nodes and edges. */
function model(report) {
  const nodes = new Map();
  const edges = [];
  const add = (id, node) => {
    if (!nodes.has(id)) nodes.set(id, { id, ...node });
    return id;
  };
  const rests = (to, claims) => {
    for (const claim of claims) {
      for (const evidence of claim.evidence) {
        let from = evidenceNode(evidence, add);
        // What a step has from the graph, the answer has from the step.
        const step = to === "answer" && edges.find((edge) => edge.from === from && edge.to.startsWith("step "));
        if (step) from = step.to;
        if (from !== to && !edges.some((edge) => edge.from === from && edge.to === to)) edges.push({ from, to, verdict: claim.verdict });
      }
    }
  };
  const standing = report.steps.filter((step) => step.status !== "rejected");
  for (const step of standing) add(`step ${step.index}`, { kind: "step", step, text: step.text, verdict: verdictOf(step), head: t("step", { n: step.index }) });
  for (const step of standing) rests(`step ${step.index}`, step.claims);
  const answer = report.answer;
  add("answer", { kind: "answer", claims: answer.claims, text: answer.text, verdict: answer.status === "verified" ? "supported" : answer.status === "withheld" ? "refuted" : "unverifiable", head: t("answer") });
  rests("answer", answer.claims);
  for (const step of standing) {
    const used = edges.some((edge) => edge.from === `step ${step.index}`);
    if (!used) edges.push({ from: `step ${step.index}`, to: "answer", verdict: verdictOf(step), weak: true });
  }
  return { nodes: [...nodes.values()], edges: edges.filter((edge) => nodes.has(edge.from) && nodes.has(edge.to)) };
}

const verdictOf = (step) => (step.claims.length ? worst(step.claims) : "unverifiable");

function evidenceNode(evidence, add) {
  const node = (text, head) => ({ kind: "evidence", evidence, text, head });
  switch (evidence.type) {
    case "triple": {
      const { subject, predicate, object } = evidence;
      const text = `${subject.label} – ${predicate.label} – ${object.label}`;
      return add(`fact ${text}`, node(text, evidence.source ?? t("fact")));
    }
    case "calculation":
      return add(`calculation ${evidence.expression}`, node(`${evidence.expression} = ${evidence.result}`, t("calculation")));
    case "passage":
      return add(`passage ${evidence.document} ${evidence.span}`, node(evidence.text, evidence.title || t("passage")));
    default:
      return `step ${evidence.index}`;
  }
}

/** Layers from what is known to what is answered; within one, each node near
 * those it hangs on. */
function layout({ nodes, edges }) {
  const by = new Map(nodes.map((node) => [node.id, node]));
  const layer = (node, seen = new Set()) => {
    if (node.layer !== undefined) return node.layer;
    if (seen.has(node.id)) return 0;
    seen.add(node.id);
    const below = edges.filter((edge) => edge.to === node.id).map((edge) => layer(by.get(edge.from), seen));
    node.layer = node.kind === "evidence" ? 0 : Math.max(0, ...below) + 1;
    return node.layer;
  };
  nodes.forEach((node) => layer(node));
  const answer = by.get("answer");
  answer.layer = Math.max(...nodes.map((node) => node.layer), 1) + (nodes.some((node) => node !== answer && node.layer >= answer.layer) ? 1 : 0);
  // Facts stand directly before the first step that needs them.
  for (const node of nodes.filter((one) => one.kind === "evidence")) {
    const above = edges.filter((edge) => edge.from === node.id).map((edge) => by.get(edge.to).layer);
    node.layer = Math.max(0, Math.min(...above) - 1);
  }
  const columns = [];
  for (const node of nodes) (columns[node.layer] ??= []).push(node);
  nodes.forEach((node) => {
    node.lines = wrap(node.text, 24, 4);
    node.height = PAD * 2 + LINE * (node.lines.length + 1);
  });
  let height = 0;
  columns.forEach((column, x) => {
    const pull = (node) => {
      const near = edges.filter((edge) => edge.to === node.id).map((edge) => by.get(edge.from)).filter((other) => other.y !== undefined);
      return near.length ? near.reduce((sum, other) => sum + other.y + other.height / 2, 0) / near.length : Number.MAX_SAFE_INTEGER;
    };
    if (x > 0) column.sort((a, b) => pull(a) - pull(b));
    let y = 0;
    for (const node of column) {
      node.x = x * (WIDTH + GAP_X);
      node.y = y;
      y += node.height + GAP_Y;
    }
    height = Math.max(height, y - GAP_Y);
  });
  for (const column of columns.filter(Boolean)) {
    const end = column.at(-1);
    const shift = (height - (end.y + end.height)) / 2;
    column.forEach((node) => {
      node.y += shift;
    });
  }
  return { by, width: columns.length * (WIDTH + GAP_X) - GAP_X, height };
}

/** Columns of a text; a Chinese character takes two. */
const width = (text) => Array.from(text).reduce((sum, c) => sum + (/[\u2e80-\uffff]/u.test(c) ? 2 : 1), 0);

/** Lines of so many columns. */
function wrap(text, columns, most) {
  const parts = text.match(/[\u2e80-\uffff]|[^\s\u2e80-\uffff]+\s*/gu) ?? [text];
  const lines = [""];
  for (const part of parts) {
    if (width(lines.at(-1) + part.trimEnd()) > columns && lines.at(-1) !== "") lines.push("");
    lines[lines.length - 1] += part;
  }
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most - 1), `${lines[most - 1].trimEnd()}…`];
}

/** The graph as a drawing that can be moved, enlarged and walked through. */
export function derivation(report) {
  const graph = model(report);
  if (graph.nodes.length < 2) return h("p", { class: "faint" }, t("derivation_empty"));
  const { by, width, height } = layout(graph);
  const paths = graph.edges.map((edge) => {
    const [from, to] = [by.get(edge.from), by.get(edge.to)];
    const [x1, y1, x2, y2] = [from.x + WIDTH, from.y + from.height / 2, to.x, to.y + to.height / 2];
    const bend = Math.max(32, Math.abs(x2 - x1) / 2);
    const path = s("path", { class: ["link-path", `link-${edge.verdict}`, edge.weak && "link-weak"], d: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}` });
    return { edge, path };
  });
  const boxes = graph.nodes.map((node) => box(node, graph, paths, by));
  const view = { x: -16, y: -16, w: width + 32, h: height + 32 };
  const drawing = s("svg", { class: "drawing", role: "group", "aria-label": t("derivation_label") }, s("g", {}, paths.map(({ path }) => path)), s("g", {}, boxes));
  const look = () => drawing.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`);
  const zoom = (factor, at = { x: view.x + view.w / 2, y: view.y + view.h / 2 }) => {
    const next = Math.min(Math.max(view.w * factor, 200), (width + 32) * 3);
    const by = next / view.w;
    Object.assign(view, { x: at.x - (at.x - view.x) * by, y: at.y - (at.y - view.y) * by, w: next, h: view.h * by });
    look();
  };
  const fit = () => {
    Object.assign(view, { x: -16, y: -16, w: width + 32, h: height + 32 });
    look();
  };
  fit();
  drag(drawing, view, look);
  drawing.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const frame = drawing.getBoundingClientRect();
    const at = { x: view.x + ((event.clientX - frame.left) / frame.width) * view.w, y: view.y + ((event.clientY - frame.top) / frame.height) * view.h };
    zoom(event.deltaY > 0 ? 1.15 : 1 / 1.15, at);
  }, { passive: false });
  drawing.style.aspectRatio = `${width + 32} / ${height + 32}`;
  const button = (name, label, act) => h("button", { class: "quiet icon", type: "button", "aria-label": label, title: label, onclick: act }, icon(name));
  return h(
    "div",
    { class: "derivation" },
    h("div", { class: "zoom" }, button("plus", t("zoom_in"), () => zoom(1 / 1.3)), button("minus", t("zoom_out"), () => zoom(1.3)), button("fit", t("zoom_fit"), fit)),
    h("div", { class: "canvas" }, drawing),
  );
}

function box(node, graph, paths, by) {
  const choose = () => {
    if (node.kind === "step") showStep(node.step, group);
    else if (node.kind === "answer") showClaims(node.claims, group);
    else showEvidence(node.evidence, group);
  };
  const related = () => {
    const found = new Set([node.id]);
    const walk = (id, side, other) => graph.edges.filter((edge) => edge[side] === id && !found.has(edge[other])).forEach((edge) => {
      found.add(edge[other]);
      walk(edge[other], side, other);
    });
    walk(node.id, "to", "from");
    walk(node.id, "from", "to");
    return found;
  };
  const light = (on) => {
    const found = related();
    for (const other of graph.nodes) other.element.classList.toggle("dim", on && !found.has(other.id));
    for (const { edge, path } of paths) path.classList.toggle("dim", on && !(found.has(edge.from) && found.has(edge.to)));
  };
  const step = (event) => {
    const moves = { ArrowRight: ["from", "to"], ArrowLeft: ["to", "from"] };
    const along = moves[event.key];
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      choose();
    } else if (along) {
      const edge = graph.edges.find((one) => one[along[0]] === node.id);
      if (edge) {
        event.preventDefault();
        by.get(edge[along[1]]).element.focus();
      }
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const column = graph.nodes.filter((other) => other.layer === node.layer).sort((a, b) => a.y - b.y);
      const next = column[column.indexOf(node) + (event.key === "ArrowDown" ? 1 : -1)];
      if (next) {
        event.preventDefault();
        next.element.focus();
      }
    }
  };
  // The name holds what is seen, word for word.
  const seen = `${short(node.head)} ${node.lines.join("")}`;
  const label = node.verdict ? `${seen} (${t(node.verdict)})` : seen;
  const group = s(
    "g",
    { class: ["node", `node-${node.kind}`, node.verdict && `node-${node.verdict}`], transform: `translate(${node.x} ${node.y})`, tabindex: "0", role: "button", "aria-label": label, onclick: choose, onkeydown: step, onmouseenter: () => light(true), onmouseleave: () => light(false), onfocus: () => light(true), onblur: () => light(false) },
    s("rect", { width: WIDTH, height: node.height, rx: 9 }),
    node.verdict && s("rect", { class: "stripe", width: 5, height: node.height - 16, x: 0, y: 8, rx: 2.5 }),
    s("text", { class: "node-head", x: PAD + 4, y: PAD + 10 }, `${short(node.head)} `),
    s("text", { class: "node-text", x: PAD + 4 }, node.lines.map((line, index) => s("tspan", { x: PAD + 4, y: PAD + 12 + LINE * (index + 1) }, line))),
  );
  node.element = group;
  return group;
}

/** A head in bold letters that fits the node's width. */
function short(text) {
  if (width(text) <= HEAD_COLUMNS) return text;
  let kept = "";
  for (const character of text) {
    if (width(kept + character) >= HEAD_COLUMNS) break;
    kept += character;
  }
  return `${kept.trimEnd()}…`;
}

function drag(drawing, view, look) {
  let from = null;
  drawing.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.target.closest(".node")) return;
    from = { x: event.clientX, y: event.clientY };
    drawing.setPointerCapture(event.pointerId);
  });
  drawing.addEventListener("pointermove", (event) => {
    if (!from) return;
    const scale = view.w / drawing.getBoundingClientRect().width;
    view.x -= (event.clientX - from.x) * scale;
    view.y -= (event.clientY - from.y) * scale;
    from = { x: event.clientX, y: event.clientY };
    look();
  });
  for (const name of ["pointerup", "pointercancel"]) {
    drawing.addEventListener(name, () => {
      from = null;
    });
  }
}
