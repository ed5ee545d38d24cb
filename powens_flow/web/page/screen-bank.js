// Screens that lead to the bank: its page and back, and what is to be done there first.

import { h, icon, spinner } from "./dom.js";
import { button, eventButton } from "./frame.js";

export function openUrl(context, prompt) {
  const url = safeUrl(prompt.url);
  const again = prompt.accepts.includes("try_again")
    ? eventButton(
        context,
        context.t("button.new_link"),
        { type: "try_again" },
        context.hasLeft(url) ? "primary" : "quiet",
        "repeat",
      )
    : null;
  if (url && !context.hasLeft(url)) return leading(context, url);
  return {
    title: context.t("webauth.open.back"),
    help: context.t("webauth.open.back.help"),
    content: [h("div", { class: "waiting" }, spinner("bank")), again],
    without: ["try_again"],
  };
}

/**
 * The way out. Who comes back finds this very page, where the browser kept it as it was, or where the
 * bank's app or another tab had opened instead: then there is no link any more, but a way to a new one.
 */
function leading(context, url) {
  const over = new AbortController();
  const back = () => document.hidden || context.redraw();
  const leave = (event) => {
    context.leaves(url);
    event.currentTarget.setAttribute("aria-busy", "true");
    for (const name of ["pageshow", "visibilitychange"])
      addEventListener(name, back, { capture: true, signal: over.signal });
  };
  return {
    content: [wayOut(context, url, leave)],
    leave: () => over.abort(),
    without: ["try_again"],
  };
}

/** A link that the person follows: the whole page goes, also where ours is in a frame. */
function wayOut(context, url, leave) {
  const label = h("span", {}, context.t("button.go_to_bank"));
  return h(
    "div",
    { class: "way-out" },
    h(
      "div",
      { class: "journey", "aria-hidden": "true" },
      icon("lock", 28),
      h("span", { class: "dots" }),
      icon("bank", 28),
    ),
    h(
      "a",
      {
        class: "button primary",
        href: url,
        target: "_top",
        onclick: leave,
        "data-event": "open_url",
      },
      label,
      icon("out"),
    ),
  );
}

function safeUrl(text) {
  try {
    const url = new URL(text);
    return ["https:", "http:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

export function actAtBank(context, prompt) {
  const acted = prompt.accepts.includes("acted")
    ? eventButton(context, context.t("button.acted"), { type: "acted" }, "primary", "check")
    : null;
  return { content: [acted], without: ["acted"] };
}

export function tryAgain(context, prompt) {
  const again = prompt.accepts.includes("try_again")
    ? eventButton(
        context,
        context.t("button.try_again"),
        { type: "try_again" },
        "primary",
        "repeat",
      )
    : null;
  return { emblem: ["alert", "warning"], content: [again], without: ["try_again"] };
}

/** A fresh start. */
export function restart(context, key = "button.start_again", tone = "primary", mark = "repeat") {
  return button(context.t(key), () => context.restart(), tone, mark, "restart");
}
