// How an attempt ends.

import { h, icon } from "./dom.js";
import { restart } from "./screen-bank.js";

export function done(context) {
  const { t, texts, view, after } = context;
  const next = after
    ? h("a", { class: "button primary", href: after }, h("span", {}, t("button.continue")))
    : null;
  const more =
    view.machine === "add_connection"
      ? restart(context, "button.add_bank", after ? "quiet" : "secondary", "plus")
      : null;
  return {
    emblem: ["check", "success"],
    content: [summary(t, texts, view.result), h("div", { class: "stack" }, next, more)],
  };
}

function summary(t, texts, result) {
  if (!result) return null;
  const shared = result.accounts.length + result.subscriptions.length;
  const of = result.subscriptions.length === shared && shared > 0 ? "contracts" : "ended";
  const lines = [
    result.consent ? ["check", texts.counted(`${of}.shared`, shared)] : null,
    result.access_expire
      ? ["clock", t("ended.access_until", { date: texts.date(result.access_expire) })]
      : null,
    result.pending ? ["info", t("ended.pending")] : null,
  ];
  return h(
    "ul",
    { class: "facts" },
    lines.filter(Boolean).map(([mark, text]) => h("li", {}, icon(mark), h("span", {}, text))),
  );
}

export function failed(context, prompt) {
  const stopped = prompt.message_key === "ended.cancelled";
  return {
    emblem: stopped ? ["cross", "neutral"] : ["alert", "warning"],
    content: [restart(context)],
  };
}
