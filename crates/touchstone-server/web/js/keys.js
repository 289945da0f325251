import { key } from "./api.js";
import { h, replace } from "./dom.js";
import { t } from "./words.js";

/** Asks for a key; whether one was given. */
export function askForKey(wrong) {
  const dialog = document.getElementById("key-dialog");
  return new Promise((resolve) => {
    const input = h("input", { id: "key", type: "password", autocomplete: "off", spellcheck: "false", required: true });
    const form = h(
      "form",
      {
        method: "dialog",
        onsubmit: () => {
          key.set(input.value.trim());
          dialog.returnValue = "given";
        },
      },
      h("h2", { id: "key-title" }, t("key_title")),
      wrong && h("p", { class: "failure" }, t("key_wrong")),
      h("label", { for: "key" }, t("key_label")),
      input,
      h("p", { class: "faint" }, t("key_note")),
      h("div", { class: "row end" }, h("button", { class: "quiet", type: "button", onclick: () => dialog.close("") }, t("cancel")), h("button", { class: "primary", type: "submit" }, t("key_use"))),
    );
    replace(dialog, form);
    dialog.addEventListener("close", () => resolve(input.value.trim() !== "" && key.get() === input.value.trim()), { once: true });
    dialog.showModal();
    input.focus();
  });
}
