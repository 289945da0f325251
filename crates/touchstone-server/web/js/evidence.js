import * as api from "./api.js";
import { badge } from "./claims.js";
import { h, icon, replace } from "./dom.js";
import { language, t } from "./words.js";

const side = () => document.getElementById("side");
let opener = null;

export function closeSide() {
  side().hidden = true;
  document.body.classList.remove("with-side");
  document.querySelectorAll(".chosen").forEach((element) => element.classList.remove("chosen"));
  opener?.isConnected && opener.focus();
  opener = null;
}

function open(title, content, back = null) {
  const panel = side();
  panel.setAttribute("aria-label", title);
  replace(
    panel,
    h(
      "header",
      { class: "side-head" },
      back && h("button", { class: "quiet icon", type: "button", "aria-label": t("return"), onclick: back }, icon("back")),
      h("h2", { tabindex: "-1" }, title),
      h("button", { class: "quiet icon", type: "button", "aria-label": t("close"), onclick: closeSide }, icon("close")),
    ),
    h("div", { class: "side-body" }, content),
  );
  panel.hidden = false;
  document.body.classList.add("with-side");
  panel.querySelector("h2").focus({ preventScroll: true });
  panel.scrollTop = 0;
  // What was chosen stays in sight beside the panel, or above it on a phone.
  opener?.isConnected && opener.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !side().hidden) closeSide();
});

/** Shows what the verdicts of some claims rest on. */
export function showClaims(claims, from = null) {
  if (from) {
    opener = from;
    document.querySelectorAll(".chosen").forEach((element) => element.classList.remove("chosen"));
    from.classList.add("chosen");
  }
  const again = () => showClaims(claims);
  open(t("evidence"), claims.map((claim) => claimCard(claim, again)));
}

export function showStep(step, from) {
  opener = from;
  const again = () => showStep(step, null);
  open(t("step", { n: step.index }), [h("p", { class: "quote" }, step.text), ...step.claims.map((claim) => claimCard(claim, again))]);
}

export function showEvidence(evidence, from) {
  opener = from;
  const again = () => showEvidence(evidence, null);
  open(t("evidence"), [evidenceCard(evidence, null, again)]);
}

function claimCard(claim, again) {
  return h(
    "article",
    { class: `card card-${claim.verdict}` },
    h("div", { class: "row" }, badge(claim.verdict), h("span", { class: "faint" }, t("confidence", { n: Math.round(claim.confidence * 100) }))),
    h("p", { class: "quote" }, claim.text),
    h("p", {}, claim.reason),
    claim.rule && h("p", { class: "faint" }, t("rule", { rule: claim.rule })),
    claim.correction && h("p", { class: "right" }, t("correction", { text: claim.correction.replacement })),
    claim.evidence.length === 0
      ? claim.verdict === "unverifiable" && h("p", { class: "faint" }, t("evidence_none"))
      : h("ul", { class: "plain" }, claim.evidence.map((evidence) => h("li", {}, evidenceCard(evidence, claim, again)))),
  );
}

function evidenceCard(evidence, claim, again) {
  switch (evidence.type) {
    case "triple":
      return h(
        "div",
        { class: "proof" },
        h("div", { class: "kind" }, t("fact")),
        triple(evidence, again),
        h("div", { class: "source" }, evidence.source ? t("source", { source: evidence.source }) : evidence.graph),
      );
    case "passage":
      return h(
        "div",
        { class: "proof" },
        h("div", { class: "kind" }, t("passage")),
        h("blockquote", {}, marked(evidence.text, claim)),
        h("div", { class: "source" }, t("source", { source: evidence.title || evidence.document })),
      );
    case "calculation":
      return h(
        "div",
        { class: "proof" },
        h("div", { class: "kind" }, t("calculation")),
        h("div", { class: "formula" }, `${evidence.expression} = ${evidence.result}`),
        evidence.stated !== evidence.result && h("div", { class: "source" }, t("calculation_stated", { stated: evidence.stated })),
      );
    default:
      return h("div", { class: "proof" }, h("div", { class: "kind" }, t("earlier_step", { n: evidence.index })), h("p", { class: "quote" }, evidence.text));
  }
}

function triple({ subject, predicate, object }, again) {
  return h("div", { class: "triple" }, term(subject, again), h("span", { class: "edge" }, predicate.label), term(object, again));
}

function term({ label, iri }, again) {
  if (!iri) return h("span", { class: "value" }, label);
  return h("button", { class: "value link", type: "button", "aria-label": t("open_entity", { label }), onclick: () => showEntity(iri, again) }, label);
}

/** The sentence of a passage that shares most words with the claim. */
function marked(text, claim) {
  const sentences = text.match(/[^.!?。！？\n]+[.!?。！？]*\s*/gu) ?? [text];
  const words = new Set((claim?.text ?? "").toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
  const shared = sentences.map((sentence) => (sentence.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => words.has(word)).length);
  const best = shared.indexOf(Math.max(...shared));
  return sentences.map((sentence, index) => (index === best && shared[best] > 0 ? h("mark", {}, sentence) : sentence));
}

/** What the graph knows of a thing. */
export async function showEntity(iri, back) {
  open(iri.split(/[/#]/).at(-1), h("p", { class: "faint" }, t("state_loading")), back);
  let found;
  try {
    found = await api.entity(iri, language());
  } catch (problem) {
    open(t("error"), h("p", {}, problem.message), back);
    return;
  }
  const again = () => showEntity(iri, back);
  const names = [...new Set(Object.values(found.labels).flat())].filter((name) => name !== found.label);
  const rows = (facts, side) =>
    h(
      "ul",
      { class: "facts" },
      facts.map((fact) => h("li", {}, h("span", { class: "edge" }, fact.predicate.label), term(fact[side], again), fact.source && h("span", { class: "source" }, fact.source))),
    );
  open(
    found.label,
    [
      h("p", { class: "row wrap" }, found.types.map((type) => h("span", { class: "chip" }, type.label))),
      h("p", { class: "iri" }, found.iri),
      names.length > 0 && h("p", { class: "faint" }, `${t("entity_labels")}: ${names.slice(0, 12).join(", ")}`),
      found.facts.length > 0 && [h("h3", {}, t("entity_facts")), rows(found.facts, "object")],
      found.referred_to_by.length > 0 && [h("h3", {}, t("entity_back")), rows(found.referred_to_by, "subject")],
      found.more && h("p", { class: "faint" }, t("entity_more")),
    ],
    back,
  );
}
