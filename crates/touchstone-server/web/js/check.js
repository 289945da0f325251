import * as api from "./api.js";
import { bar } from "./ask.js";
import { annotated, badge, corrected } from "./claims.js";
import { h, replace, toast } from "./dom.js";
import { closeSide, showClaims } from "./evidence.js";
import { exportButtons } from "./export.js";
import { find, remember } from "./history.js";
import { failure } from "./problem.js";
import { count, t } from "./words.js";

const MOST_BYTES = 900_000;
const state = { text: "", checked: "", report: null, shown: "all", control: null };

export function checkView(view, id) {
  const past = id && find(id);
  if (past?.kind === "check") Object.assign(state, { text: past.text, checked: past.text, report: past.report, shown: "all" });
  if (state.report) annotatedView(view);
  else editView(view);
}

function head() {
  return [h("h1", { tabindex: "-1" }, t("check_title")), h("p", { class: "lead" }, t("check_lead"))];
}

function editView(view, problem = null) {
  const input = h("textarea", { id: "text", rows: 12, placeholder: t("check_placeholder") });
  input.value = state.text;
  input.addEventListener("input", () => {
    state.text = input.value;
  });
  const button = h("button", { class: "primary", type: "submit" }, t("check_button"));
  const submit = (event) => {
    event?.preventDefault();
    if (input.value.trim() === "") input.focus();
    else run(view, input.value, button);
  };
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit(event);
  });
  const take = async (file) => {
    if (!file) return;
    if (file.size > MOST_BYTES) return toast(t("check_too_large", { n: MOST_BYTES / 1000 }));
    const text = await file.text();
    if (text.includes("\u0000")) return toast(t("check_not_text"));
    input.value = text;
    state.text = text;
    input.focus();
  };
  const file = h("input", { type: "file", class: "hidden", id: "file", accept: ".txt,.md,.markdown,.html,.csv,text/*", onchange: () => take(file.files[0]) });
  const form = h(
    "form",
    { class: "prompt", onsubmit: submit },
    h("label", { class: "hidden", for: "text" }, t("check_label")),
    input,
    h("div", { class: "prompt-row" }, h("label", { class: "quiet button", for: "file" }, t("check_file")), file, h("span", { class: "hint" }), button),
  );
  form.addEventListener("dragover", (event) => event.preventDefault());
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    take(event.dataTransfer.files[0]);
  });
  replace(view, head(), form, problem);
}

async function run(view, text, button) {
  state.control?.abort();
  state.control = new AbortController();
  closeSide();
  button.disabled = true;
  try {
    const report = await api.check(text, state.control.signal);
    Object.assign(state, { text, checked: text, report, shown: "all" });
    remember("check", text, report);
    annotatedView(view);
    view.querySelector("h2")?.focus({ preventScroll: true });
  } catch (error) {
    if (error.name === "AbortError") return;
    button.disabled = false;
    view.querySelector(".failure")?.remove();
    view.append(failure(error));
  }
}

function annotatedView(view) {
  const { report, checked } = state;
  const shown = (claim) => state.shown === "all" || claim.verdict === state.shown;
  const wrong = report.claims.filter((claim) => claim.verdict === "refuted" && claim.correction);
  const filter = (verdict, label) => h("button", { class: "chip", type: "button", "aria-pressed": String(state.shown === verdict), onclick: () => { state.shown = verdict; annotatedView(view); view.querySelector(`[data-filter=${verdict}]`)?.focus(); }, "data-filter": verdict }, label);
  const edit = (text) => {
    Object.assign(state, { text, report: null });
    closeSide();
    editView(view);
    view.querySelector("textarea").focus();
  };
  const button = h("button", { class: "primary", type: "button", onclick: () => run(view, corrected(checked, wrong), button) }, t("check_apply_all", { n: wrong.length }));
  replace(
    view,
    head(),
    h(
      "section",
      { class: "checked" },
      h("div", { class: "row spread" }, h("h2", { tabindex: "-1" }, count("claims", report.claims.length)), exportButtons({ kind: "check", text: checked, report })),
      report.claims.length === 0 ? h("p", { class: "notice" }, t("check_clean")) : bar(report.summary),
      report.claims.length > 0 && h("div", { class: "row wrap", role: "group", "aria-label": t("check_filter") }, filter("all", t("all")), ["supported", "refuted", "unverifiable"].filter((verdict) => report.summary[verdict] > 0).map((verdict) => filter(verdict, t(verdict)))),
      h("div", { class: "paper", role: "group", "aria-label": t("annotated") }, annotated(checked, report.claims, showClaims, shown)),
      report.policy?.length > 0 && h("ul", { class: "plain" }, report.policy.map((note) => h("li", { class: "notice" }, note.message))),
      h("div", { class: "row wrap" }, wrong.length > 0 && button, h("button", { class: "quiet", type: "button", onclick: () => edit(checked) }, t("check_edit"))),
    ),
    h("ol", { class: "verdicts" }, report.claims.filter(shown).map((claim) => {
      const item = h("button", { class: "verdict", type: "button", onclick: () => showClaims([claim], item) }, badge(claim.verdict), h("span", { class: "verdict-text" }, claim.text), h("span", { class: "faint" }, claim.reason));
      return h("li", {}, item);
    })),
  );
}
