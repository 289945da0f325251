import * as api from "./api.js";
import { askView } from "./ask.js";
import { checkView } from "./check.js";
import { icon, replace } from "./dom.js";
import { closeSide } from "./evidence.js";
import { historyView } from "./history.js";
import { askForKey } from "./keys.js";
import { apply, language, onLanguage, setLanguage, t } from "./words.js";

const views = { ask: askView, check: checkView, history: historyView };
const view = document.getElementById("view");
const themeButton = document.getElementById("theme");
const languageButton = document.getElementById("language");

function route() {
  const [name, id] = location.hash.slice(1).split("/");
  return { name: name in views ? name : "ask", id };
}

function draw(focus = false) {
  const { name, id } = route();
  for (const tab of document.querySelectorAll("[data-tab]")) {
    if (tab.dataset.tab === name) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  closeSide();
  views[name](view, id);
  document.title = name === "ask" ? "Touchstone" : `${t(`tab_${name}`)} · Touchstone`;
  if (focus) view.querySelector("h1")?.focus({ preventScroll: true });
}

const dark = () => (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

function drawTools() {
  replace(themeButton, icon(dark() ? "sun" : "moon"));
  const label = t(dark() ? "theme_light" : "theme_dark");
  themeButton.setAttribute("aria-label", label);
  themeButton.title = label;
  const chinese = language() === "zh";
  languageButton.textContent = chinese ? "English" : "中文";
  languageButton.lang = chinese ? "en" : "zh";
  languageButton.title = t("language_name");
}

themeButton.addEventListener("click", () => {
  const next = dark() ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  try {
    localStorage.setItem("touchstone.theme", next);
  } catch {
    // It holds for this visit only.
  }
  drawTools();
});
languageButton.addEventListener("click", () => setLanguage(language() === "zh" ? "en" : "zh"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawTools);
onLanguage(() => {
  drawTools();
  draw();
  watch();
});
addEventListener("hashchange", () => draw(true));
api.whenKeyNeeded(askForKey);

let timer = null;
/** Says whether the service is ready; looks again more often while it is not. */
async function watch() {
  clearTimeout(timer);
  const state = document.getElementById("state");
  let next = 30_000;
  try {
    const { ready, missing } = await api.ready();
    state.textContent = ready ? t("state_ready") : t("state_loading");
    state.title = missing.map(({ part, why }) => `${part}: ${why}`).join("\n");
    state.dataset.state = ready ? "ready" : "loading";
    if (!ready) next = 2_000;
  } catch {
    state.textContent = t("state_off");
    state.dataset.state = "off";
    next = 5_000;
  }
  timer = setTimeout(watch, next);
}

apply();
drawTools();
draw();
watch();
