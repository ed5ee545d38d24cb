// The question before an attempt is given up.

import { h } from "./dom.js";
import { button } from "./frame.js";

/** A modal dialog, to be put into the page and shown; `stop()` is called where that is the answer. */
export function cancelDialog(t, stop) {
  const close = () => dialog.close();
  const stopped = () => {
    close();
    stop();
  };
  const dialog = h(
    "dialog",
    {
      class: "dialog",
      "aria-labelledby": "dialog-title",
      "aria-describedby": "dialog-text",
      onclose: () => dialog.remove(),
    },
    h("h2", { id: "dialog-title", class: "title" }, t("cancel.title")),
    h("p", { id: "dialog-text", class: "help" }, t("cancel.text")),
    h(
      "div",
      { class: "stack" },
      button(t("cancel.keep"), close, "secondary", null, "keep"),
      button(t("cancel.confirm"), stopped, "danger", null, "stop"),
    ),
  );
  return dialog;
}
