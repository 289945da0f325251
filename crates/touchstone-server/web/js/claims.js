import { h, icon } from "./dom.js";
import { t } from "./words.js";

/** The graver verdict is the one that is seen. */
const GRAVITY = { supported: 0, unverifiable: 1, refuted: 2 };

export const worst = (claims) =>
  claims.reduce((verdict, claim) => (GRAVITY[claim.verdict] > GRAVITY[verdict] ? claim.verdict : verdict), "supported");

export function summary(claims) {
  const counts = { supported: 0, refuted: 0, unverifiable: 0 };
  for (const claim of claims) counts[claim.verdict] += 1;
  return counts;
}

export const badge = (verdict, text = t(verdict)) => h("span", { class: `badge badge-${verdict}` }, icon(verdict), text);

/** The text as pieces: plain words, and stretches that claims cover. Spans
 * count Unicode characters, not UTF-16 units. */
export function pieces(text, claims) {
  const characters = Array.from(text);
  const borders = new Set([0, characters.length]);
  for (const { span } of claims) for (const at of span) borders.add(Math.min(Math.max(at, 0), characters.length));
  const places = [...borders].sort((a, b) => a - b);
  const found = [];
  for (let i = 0; i + 1 < places.length; i += 1) {
    const [start, end] = [places[i], places[i + 1]];
    const covering = claims.filter(({ span }) => span[0] <= start && span[1] >= end);
    const last = found.at(-1);
    const same = last && last.claims.length === covering.length && covering.every((claim, n) => claim === last.claims[n]);
    if (same) last.text += characters.slice(start, end).join("");
    else found.push({ text: characters.slice(start, end).join(""), claims: covering });
  }
  return found;
}

/** The text with its claims as things that can be chosen. */
export function annotated(text, claims, choose, shown = () => true) {
  return pieces(text, claims).map((piece) => {
    const visible = piece.claims.filter(shown);
    if (visible.length === 0 || piece.text.trim() === "") return piece.text;
    const verdict = worst(visible);
    const element = h(
      "span",
      {
        class: `claim claim-${verdict}`,
        role: "button",
        tabindex: "0",
        onclick: () => choose(visible, element),
        onkeydown: (event) => {
          if (event.key !== "Enter" && event.key !== " ") return;
          event.preventDefault();
          choose(visible, element);
        },
      },
      piece.text,
      h("span", { class: "hidden" }, ` (${t(verdict)})`),
    );
    return element;
  });
}

/** The text with the right values put in the places of the wrong ones. */
export function corrected(text, claims) {
  const characters = Array.from(text);
  const corrections = claims.map((claim) => claim.correction).filter(Boolean);
  corrections.sort((a, b) => b.span[0] - a.span[0]);
  let before = Infinity;
  for (const { span, replacement } of corrections) {
    if (span[1] > before) continue;
    characters.splice(span[0], span[1] - span[0], replacement);
    before = span[0];
  }
  return characters.join("");
}
