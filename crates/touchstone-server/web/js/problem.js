import { Problem } from "./api.js";
import { h } from "./dom.js";
import { t } from "./words.js";

/** What went wrong, for people. */
export function failure(error) {
  let text = error instanceof Problem ? error.message : t("error_network");
  if (error instanceof Problem && error.status === 429 && error.retryAfter) text = t("error_busy", { n: error.retryAfter });
  return h("div", { class: "failure", role: "alert" }, h("strong", {}, t("error")), h("p", {}, text));
}
