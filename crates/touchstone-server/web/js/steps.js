import { annotated } from "./claims.js";
import { h, icon, replace } from "./dom.js";
import { showClaims } from "./evidence.js";
import { t } from "./words.js";

const MARKS = { accepted: "supported", repaired: "repaired", rejected: "refuted", unverified: "unverifiable" };

/** A step that stands, or one that was taken out. */
export function stepItem(step) {
  const gone = step.status === "rejected";
  return h(
    "li",
    { class: `step step-${step.status}`, value: step.index },
    h("span", { class: `mark mark-${MARKS[step.status]}` }, icon(MARKS[step.status])),
    h(
      "div",
      { class: "step-body" },
      h("div", { class: "step-head" }, h("span", { class: "number" }, t("step", { n: step.index })), h("span", { class: "status" }, t(step.status))),
      step.before && refutedDraft(step.before),
      gone ? h("del", { class: "draft" }, annotated(step.text, step.claims, showClaims)) : h("p", { class: "text" }, annotated(step.text, step.claims, showClaims)),
      step.why && h("p", { class: "why" }, t("why", { why: step.why })),
    ),
  );
}

function refutedDraft(text) {
  return h("p", { class: "before" }, h("span", { class: "hidden" }, `${t("before")}: `), h("del", { class: "draft" }, text));
}

/** The list of steps while they are written. */
export class LiveSteps {
  constructor() {
    this.list = h("ol", { class: "steps" });
    this.live = null;
  }

  tell(name, data) {
    const tellers = {
      drafting: () => this.drafting(data),
      drafted: () => this.drafted(data),
      checked: () => this.checked(data),
      rewound: () => this.rewound(data),
      accepted: () => this.accepted(data),
      revised: () => this.revised(data),
    };
    tellers[name]?.();
  }

  slot(index) {
    if (this.live?.index === index) return this.live;
    this.close();
    const text = h("p", { class: "text writing" });
    const status = h("span", { class: "status" }, t("writing"));
    const past = h("div", {});
    const item = h(
      "li",
      { class: "step step-live", value: index },
      h("span", { class: "mark mark-live" }, h("span", { class: "pulse" })),
      h("div", { class: "step-body" }, h("div", { class: "step-head" }, h("span", { class: "number" }, t("step", { n: index })), status), past, text),
    );
    this.list.append(item);
    this.live = { index, item, text, status, past, written: "", draft: "" };
    return this.live;
  }

  drafting({ index, from, text }) {
    const live = this.slot(index);
    const kept = from === 0 ? [] : Array.from(live.written).slice(0, from);
    live.written = kept.join("") + text;
    live.status.textContent = t("writing");
    replace(live.text, live.written);
    live.text.className = "text writing";
  }

  drafted({ index, text }) {
    const live = this.slot(index);
    if (text !== undefined) live.written = text;
    live.draft = live.written;
    live.status.textContent = t("checking");
    replace(live.text, live.written);
  }

  checked({ index, claims }) {
    const live = this.slot(index);
    if (claims) replace(live.text, annotated(live.draft || live.written, claims, showClaims));
    live.text.className = "text";
  }

  rewound({ index, draft, why }) {
    const live = this.slot(index);
    live.item.classList.add("step-rewound");
    live.status.textContent = t("repairing");
    live.past.append(...[draft && refutedDraft(draft), h("p", { class: "why" }, t("why", { why }))].filter(Boolean));
    live.written = "";
    live.draft = "";
    replace(live.text, "");
    live.text.className = "text writing";
  }

  accepted(step) {
    const live = this.slot(step.index);
    live.item.replaceWith(stepItem(step));
    this.live = null;
  }

  /** A step that stood has other verdicts now. */
  revised(step) {
    const items = [...this.list.children].filter((item) => item.value === step.index && item !== this.live?.item);
    items.at(-1)?.replaceWith(stepItem(step));
  }

  /** A draft that did not become a step is not left standing. */
  close() {
    this.live?.item.remove();
    this.live = null;
  }
}
