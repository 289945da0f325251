import { pieces, worst } from "./claims.js";
import { h } from "./dom.js";
import { t } from "./words.js";

/** Buttons that save a report; `source` says what and under which name. */
export function exportButtons(source) {
  const button = (kind, make, media, ending) =>
    h("button", { class: "quiet small", type: "button", onclick: () => save(make(source), media, `touchstone-${source.kind}.${ending}`) }, t(`export_${kind}`));
  return h(
    "div",
    { class: "export", role: "group", "aria-label": t("export") },
    h("span", { class: "faint" }, t("export")),
    button("json", json, "application/json", "json"),
    button("markdown", markdown, "text/markdown", "md"),
    button("html", html, "text/html", "html"),
  );
}

function save(text, media, name) {
  const address = URL.createObjectURL(new Blob([text], { type: `${media};charset=utf-8` }));
  const link = h("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

const json = ({ report }) => `${JSON.stringify(report, null, 2)}\n`;

const SIGNS = { supported: "✓", refuted: "✗", unverifiable: "?", accepted: "✓", repaired: "↻", rejected: "✗", unverified: "?" };
const plain = (text) => text.replace(/([\\`*_[\]<>#|])/g, "\\$1").replace(/\s+/g, " ");

function basis(evidence) {
  switch (evidence.type) {
    case "triple":
      return `${evidence.subject.label} – ${evidence.predicate.label} – ${evidence.object.label}${evidence.source ? ` (${evidence.source})` : ""}`;
    case "calculation":
      return `${evidence.expression} = ${evidence.result}`;
    case "passage":
      return `“${evidence.text}” (${evidence.title || evidence.document})`;
    default:
      return t("earlier_step", { n: evidence.index });
  }
}

const claimLines = (claims, indent) =>
  claims.flatMap((claim) => [
    `${indent}- ${SIGNS[claim.verdict]} ${t(claim.verdict)}: ${plain(claim.text)}. ${plain(claim.reason)}`,
    ...claim.evidence.map((evidence) => `${indent}  - ${plain(basis(evidence))}`),
  ]);

function markdown({ kind, text, report }) {
  if (kind === "check") return `${[`# ${t("check_title")}`, "", ...text.split("\n").map((line) => `> ${plain(line)}`), "", ...claimLines(report.claims, "")].join("\n")}\n`;
  const steps = report.steps.flatMap((step) => {
    const struck = step.status === "rejected";
    const lines = [`${step.index}. ${SIGNS[step.status]} ${struck ? `~~${plain(step.text)}~~` : plain(step.text)} *(${t(step.status)})*`];
    if (step.before) lines.push(`   ~~${plain(step.before)}~~`);
    if (step.why) lines.push(`   ${plain(t("why", { why: step.why }))}`);
    return [...lines, ...claimLines(step.claims, "   ")];
  });
  return `${[`# ${plain(report.question)}`, "", `**${plain(report.answer.text)}** *(${t(report.answer.status)})*`, "", ...steps].join("\n")}\n`;
}

const STYLE = `body{font:16px/1.6 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1b2130;background:#fff}
del{color:#9b1c2c}.supported{background:#d9f2e3}.refuted{background:#fbdadd}.unverifiable{background:#fbeecb}li{margin:.4rem 0}small{color:#566}`;

function html({ kind, text, report }) {
  const page = document.implementation.createHTMLDocument(kind === "ask" ? report.question : t("check_title"));
  const make = (tag, className, ...children) => {
    const element = page.createElement(tag);
    if (className) element.className = className;
    element.append(...children);
    return element;
  };
  const charset = page.createElement("meta");
  charset.setAttribute("charset", "utf-8");
  page.head.prepend(charset);
  // A style here would be subject to this page's own policy: it is put in as
  // the text is written.
  page.head.append(page.createComment("style"));
  const marked = (words, claims) => pieces(words, claims).map((piece) => (piece.claims.length ? make("mark", worst(piece.claims), piece.text) : piece.text));
  const list = (claims) => make("ul", "", ...claims.map((claim) => make("li", "", make("span", claim.verdict, `${SIGNS[claim.verdict]} ${t(claim.verdict)}`), `: ${claim.text}. ${claim.reason} `, make("small", "", claim.evidence.map(basis).join("; ")))));
  if (kind === "check") {
    page.body.append(make("h1", "", t("check_title")), ...text.split("\n\n").length ? [make("p", "", ...marked(text, report.claims))] : [], list(report.claims));
  } else {
    page.body.append(make("h1", "", report.question), make("p", "", make("strong", "", report.answer.text), ` (${t(report.answer.status)})`));
    for (const step of report.steps) {
      const words = step.status === "rejected" ? make("del", "", step.text) : make("span", "", ...marked(step.text, step.claims));
      page.body.append(make("h2", "", `${SIGNS[step.status]} ${t("step", { n: step.index })}`), make("p", "", ...(step.before ? [make("del", "", step.before), " "] : []), words));
      if (step.why) page.body.append(make("p", "", make("small", "", t("why", { why: step.why }))));
      page.body.append(list(step.claims));
    }
  }
  return `<!doctype html>\n${page.documentElement.outerHTML.replace("<!--style-->", () => `<style>${STYLE}</style>`)}\n`;
}
