import * as api from "./api.js";
import { annotated, summary } from "./claims.js";
import { derivation } from "./derivation.js";
import { h, icon, replace } from "./dom.js";
import { closeSide, showClaims } from "./evidence.js";
import { exportButtons } from "./export.js";
import { find, remember } from "./history.js";
import { failure } from "./problem.js";
import { LiveSteps, stepItem } from "./steps.js";
import { count, t } from "./words.js";

/** What is on the screen, so that another tab or language does not lose it. */
const state = { question: "", report: null, plain: false, drafts: true, running: null };

export function askView(view, id) {
  const past = id && find(id);
  if (past?.kind === "ask") Object.assign(state, { question: past.text, report: past.report, plain: past.report.steps.every((step) => step.claims.length === 0) && past.report.answer.claims.length === 0 });
  const input = h("textarea", { id: "question", rows: 2, maxlength: 4000, placeholder: t("ask_placeholder"), enterkeyhint: "send" });
  input.value = state.question;
  input.addEventListener("input", () => {
    state.question = input.value;
    grow(input);
  });
  const result = h("div", { class: "result" });
  const submit = (event) => {
    event?.preventDefault();
    const question = input.value.trim();
    if (question === "") input.focus();
    else run(question, result, button);
  };
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit(event);
  });
  const button = h("button", { class: "primary", type: "submit" }, t("ask_button"));
  const option = (name, word) => {
    const box = h("input", { type: "checkbox", onchange: () => { state[name] = box.checked; } });
    box.checked = state[name];
    return h("label", { class: "option" }, box, t(word));
  };
  const example = (key) =>
    h("button", { class: "chip", type: "button", onclick: () => { input.value = t(key); state.question = input.value; grow(input); submit(); } }, t(key));
  replace(
    view,
    h("h1", { tabindex: "-1" }, t("ask_title")),
    h("p", { class: "lead" }, t("ask_lead")),
    h(
      "form",
      { class: "prompt", onsubmit: submit },
      h("label", { class: "hidden", for: "question" }, t("ask_label")),
      input,
      h("div", { class: "prompt-row" }, h("div", { class: "options" }, option("drafts", "ask_drafts"), option("plain", "ask_plain")), h("span", { class: "hint" }, t("ask_hint")), button),
    ),
    h("div", { class: "examples" }, h("span", { class: "faint" }, t("examples")), ["example_1", "example_2", "example_3"].map(example)),
    result,
  );
  grow(input);
  if (state.running) {
    replace(result, state.running.live);
    running(button, true);
    state.running.buttons.push(button);
    state.running.results.push(result);
  } else if (state.report) {
    show(result, state.report, state.plain);
  }
}

function grow(input) {
  input.style.height = "auto";
  input.style.height = `${Math.min(input.scrollHeight + 2, 320)}px`;
}

function running(button, on) {
  button.textContent = t(on ? "ask_stop" : "ask_button");
  button.classList.toggle("stop", on);
}

async function run(question, result, button) {
  if (state.running) {
    state.running.control.abort();
    return;
  }
  closeSide();
  const control = new AbortController();
  const steps = new LiveSteps();
  const note = h("p", { class: "faint", role: "status" }, t("writing"));
  const live = h("div", { class: "live", "aria-busy": "true" }, note, steps.list);
  const buttons = [button];
  const results = [result];
  const plain = state.plain;
  Object.assign(state, { question, report: null, running: { control, live, buttons, results } });
  replace(result, live);
  running(button, true);
  const at = () => results.at(-1);
  try {
    const request = { question, show_rejected: state.drafts, mode: plain ? "plain" : "touchstone" };
    await api.ask(request, (name, data) => {
      if (name === "done") state.report = data;
      else steps.tell(name, data);
      if (name === "rewound") note.textContent = t("repairing");
      else if (name === "drafted") note.textContent = t("checking");
      else if (name === "accepted") note.textContent = t("writing");
    }, { signal: control.signal, onBreak: () => { note.textContent = t("reconnecting"); } });
    remember("ask", question, state.report);
    show(at(), state.report, plain);
    at().querySelector("h2")?.focus({ preventScroll: true });
  } catch (error) {
    steps.close();
    note.remove();
    live.removeAttribute("aria-busy");
    at().append(control.signal.aborted ? h("p", { class: "notice" }, t("stopped")) : failure(error));
  } finally {
    state.running = null;
    buttons.forEach((one) => running(one, false));
  }
}

const STATUS = { verified: "supported", partly_verified: "unverifiable", withheld: "refuted", unchecked: "unverifiable" };
const NOTES = { verified: "verified_note", partly_verified: "partly_note", withheld: "withheld_note", unchecked: "unchecked_note" };

function show(result, report, plain) {
  const answer = report.answer;
  const status = plain ? "unchecked" : answer.status;
  const claims = report.steps.filter((step) => step.status !== "rejected").flatMap((step) => step.claims).concat(answer.claims);
  const counts = summary(claims);
  const repaired = report.steps.filter((step) => step.status === "repaired" || step.status === "rejected").length;
  const facts = [
    count("steps", report.steps.length),
    claims.length > 0 && count("claims", claims.length),
    repaired > 0 && count("repairs", repaired),
    t("seconds", { n: report.timings.total_s.toFixed(1) }),
    report.model,
  ].filter(Boolean);
  replace(
    result,
    h(
      "section",
      { class: `answer answer-${STATUS[status]}`, "aria-labelledby": "answer-head" },
      h("div", { class: "row" }, h("h2", { id: "answer-head", tabindex: "-1" }, t("answer")), h("span", { class: `badge badge-${STATUS[status]}` }, icon(STATUS[status]), t(status))),
      h("p", { class: "answer-text" }, annotated(answer.text, answer.claims, showClaims)),
      h("p", { class: "faint" }, t(NOTES[status])),
      report.reading && h("p", { class: "faint" }, t("reading", { reading: report.reading })),
      report.premises?.length > 0 && h("div", { class: "premises" }, h("p", { class: "faint" }, t("premises")), h("ul", { class: "plain" }, report.premises.map((claim) => h("li", {}, annotated(claim.text, [{ ...claim, span: [0, Array.from(claim.text).length] }], showClaims), h("span", { class: "faint" }, ` ${claim.reason}`))))),
      report.passages?.length > 0 && h("details", { class: "premises" }, h("summary", { class: "faint" }, t("read")), h("ul", { class: "plain" }, report.passages.map((passage) => h("li", {}, h("strong", {}, passage.title || passage.document), ` ${passage.text}`)))),
      !plain && bar(counts),
      h("div", { class: "row spread" }, h("p", { class: "faint" }, facts.join(" · ")), exportButtons({ kind: "ask", text: report.question, report })),
    ),
    report.steps.length > 0 && h("section", {}, h("h2", { class: "section" }, t("steps")), h("ol", { class: "steps" }, report.steps.map(stepItem))),
    !plain && h("section", {}, h("h2", { class: "section" }, t("derivation")), derivation(report)),
  );
}

/** Shares of the verdicts; the words beside say the same. */
export function bar(counts) {
  const total = counts.supported + counts.refuted + counts.unverifiable;
  if (total === 0) return null;
  const order = ["supported", "refuted", "unverifiable"].filter((verdict) => counts[verdict] > 0);
  const parts = order.map((verdict) => {
    const part = h("span", { class: `part part-${verdict}` });
    part.style.flexGrow = counts[verdict];
    return part;
  });
  return h("div", { class: "shares" }, h("div", { class: "shares-bar", "aria-hidden": "true" }, parts), h("div", { class: "row wrap" }, order.map((verdict) => h("span", { class: `count count-${verdict}` }, icon(verdict), `${counts[verdict]} ${t(verdict)}`))));
}
