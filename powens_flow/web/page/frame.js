// What every screen has: the steps, the heading, the bank's words, what went wrong, the ways on.

import { h, icon } from "./dom.js";

export const STEPS = ["connector", "access", "accounts", "done"];

const STEP_OF = {
  choose_connector: 0,
  already_connected: 0,
  choose_source: 1,
  fill_in_fields: 1,
  open_url: 1,
  approve_on_device: 1,
  act_at_bank: 1,
  choose_accounts: 2,
  done: 3,
};

/** The place of a prompt among the steps; a wait or a trouble stays where it came up. */
export function stepOf(prompt, before) {
  const least = /activating|token|listing/.test(prompt.message_key) ? 2 : prompt.connector ? 1 : 0;
  return STEP_OF[prompt.kind] ?? Math.max(before, least);
}

export function steps(context, at) {
  const items = STEPS.map((name, place) => {
    const state = place < at || at === 3 ? "past" : place === at ? "here" : "next";
    const current = place === at ? "step" : null;
    const mark = state === "past" ? icon("check", 12) : null;
    const dot = h("span", { class: "dot", "aria-hidden": "true" }, mark);
    return h(
      "li",
      { class: state, "aria-current": current },
      dot,
      h("span", {}, context.t(`page.step.${name}`)),
    );
  });
  return h("ol", { class: "steps", "aria-label": context.t("page.steps") }, items);
}

/** The heading that focus moves to, with the text under it. */
export function heading(title, help) {
  return [
    h("h2", { class: "title", tabindex: "-1", id: "title" }, title),
    help ? h("p", { class: "help" }, help) : null,
  ];
}

/** The bank's own words: text, in whatever language the bank speaks. */
export function bankWords(context, prompt) {
  const words = [prompt.bank_message, prompt.error?.message].filter(Boolean);
  if (words.length === 0) return null;
  return h(
    "blockquote",
    { class: "bank-words" },
    h("p", { class: "from" }, context.t("page.bank_says")),
    [...new Set(words)].map((text) => h("p", {}, text)),
  );
}

/** What went wrong with the last try, unless the title says it already. */
export function trouble(context, prompt, title) {
  const key = prompt.error?.key;
  const text = key ? context.t(key, {}, "problem.title") : "";
  if (!text || text === title) return null;
  return h("div", { class: "trouble", role: "alert" }, icon("alert"), h("p", {}, text));
}

/** A button that sends an event; `tone` is `primary`, `secondary` or `quiet`. */
export function eventButton(context, label, event, tone = "secondary", mark = null) {
  const press = ({ currentTarget }) => context.send(event, currentTarget);
  return button(label, press, tone, mark, event.type);
}

export function button(label, press, tone = "secondary", mark = null, name = null) {
  const attributes = {
    type: "button",
    class: `button ${tone}`,
    "data-event": name,
    onclick: press,
  };
  return h("button", attributes, mark ? icon(mark) : null, h("span", {}, label));
}

const PLAIN = [
  "try_again",
  "approved",
  "acted",
  "add_another",
  "choose_another_connector",
  "skip_source",
  "finish_later",
];
const QUIET = new Set(["choose_another_connector", "skip_source", "finish_later"]);

/** A button for each event that needs nothing but its type, is accepted, and is not `without`. */
export function furtherWays(context, prompt, ...without) {
  return PLAIN.filter((type) => prompt.accepts.includes(type) && !without.includes(type)).map(
    (type) =>
      eventButton(
        context,
        context.t(`button.${type}`),
        { type },
        QUIET.has(type) ? "quiet" : "secondary",
      ),
  );
}

export function cancelWay(context, prompt) {
  if (!prompt.accepts.includes("cancel")) return null;
  return button(
    context.t("button.cancel"),
    () => context.askToCancel(),
    "quiet cancel",
    null,
    "cancel",
  );
}
