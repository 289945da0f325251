import { h, icon, replace } from "./dom.js";
import { language, t } from "./words.js";

const KEY = "touchstone.history";
const MOST = 50;
const MOST_BYTES = 3_000_000;

/** What was asked and checked, the latest first. */
export function all() {
  try {
    const entries = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(entries) ? entries : [];
  } catch {
    return [];
  }
}

function save(entries) {
  let kept = entries.slice(0, MOST);
  while (JSON.stringify(kept).length > MOST_BYTES && kept.length > 1) kept = kept.slice(0, -1);
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // Storage is full or forbidden: the page works without a history.
  }
}

export function remember(kind, text, report) {
  const entry = { id: crypto.randomUUID?.() ?? String(Date.now()), kind, text, report, at: Date.now() };
  save([entry, ...all().filter((old) => !(old.kind === kind && old.text === text))]);
}

export const find = (id) => all().find((entry) => entry.id === id);

export function historyView(view) {
  const entries = all();
  const when = new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "short" });
  const forget = (id) => {
    save(all().filter((entry) => entry.id !== id));
    historyView(view);
    view.querySelector("h1").focus();
  };
  replace(
    view,
    h("h1", { tabindex: "-1" }, t("history_title")),
    h("p", { class: "lead" }, t("history_lead")),
    entries.length === 0 && h("p", { class: "empty" }, t("history_empty")),
    h(
      "ul",
      { class: "past" },
      entries.map((entry) =>
        h(
          "li",
          {},
          h(
            "a",
            { href: `#${entry.kind}/${entry.id}` },
            h("span", { class: "chip" }, t(`history_${entry.kind}`)),
            h("span", { class: "past-text" }, entry.text),
            h("span", { class: "faint" }, [outcome(entry), when.format(entry.at)].filter(Boolean).join(" · ")),
          ),
          h("button", { class: "quiet icon", type: "button", "aria-label": `${t("history_forget")}: ${entry.text.slice(0, 60)}`, onclick: () => forget(entry.id) }, icon("trash")),
        ),
      ),
    ),
    entries.length > 0 &&
      h("button", { class: "quiet", type: "button", onclick: () => { save([]); historyView(view); } }, t("history_clear")),
  );
}

function outcome({ kind, report }) {
  if (kind === "ask") return report.answer.values.join(", ") || t(report.answer.status);
  const { refuted, supported, unverifiable } = report.summary;
  return [refuted && `${refuted} ${t("refuted")}`, supported && `${supported} ${t("supported")}`, unverifiable && `${unverifiable} ${t("unverifiable")}`].filter(Boolean).join(", ");
}
