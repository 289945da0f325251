import { en } from "./words-en.js";
import { zh } from "./words-zh.js";

const languages = { en, zh };
let current = read() ?? (navigator.language?.toLowerCase().startsWith("zh") ? "zh" : "en");
const listeners = new Set();

function read() {
  try {
    const known = localStorage.getItem("touchstone.language");
    return known in languages ? known : null;
  } catch {
    return null;
  }
}

export const language = () => current;

export function setLanguage(next) {
  current = next;
  try {
    localStorage.setItem("touchstone.language", next);
  } catch {
    // It holds for this visit only.
  }
  apply();
  listeners.forEach((listener) => listener());
}

export const onLanguage = (listener) => listeners.add(listener);

/** The words for `key` in the page's language; {name} is replaced. */
export function t(key, values = {}) {
  const text = languages[current][key] ?? en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** A count with its noun: English has two forms, Chinese one. */
export function count(key, number) {
  return t(number === 1 ? `${key}_one` : `${key}_many`, { n: number.toLocaleString(current) });
}

/** Puts the words of the language into the page's own HTML. */
export function apply() {
  document.documentElement.lang = current === "zh" ? "zh-Hans" : "en";
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = t(element.dataset.word);
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", t(element.dataset.label));
}
