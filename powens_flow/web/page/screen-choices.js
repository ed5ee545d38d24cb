// Screens with a few large choices: which source is next, and a bank that is connected already.

import { h, icon } from "./dom.js";
import { eventButton } from "./frame.js";

export function chooseSource(context, prompt) {
  const rows = prompt.sources.map((source) => {
    const said = sourceText(context, source);
    const mark = source.mechanism === "webauth" ? "out" : "lock";
    const press = ({ currentTarget }) =>
      context.send({ type: "choose_source", source: source.name }, currentTarget);
    const words = h(
      "span",
      { class: "about" },
      h("span", { class: "name" }, said.title),
      h("span", { class: "detail" }, said.detail),
    );
    return h(
      "button",
      { type: "button", class: "option", onclick: press, "data-event": "choose_source" },
      icon(mark),
      words,
      icon("next"),
    );
  });
  return { content: [h("div", { class: "options" }, rows)] };
}

/** What a source gives, and how one gets in. */
export function sourceText(context, source) {
  const types = source.account_types.map((type) =>
    context.t(`account_type.${type}`, {}, "account_type.unknown"),
  );
  const list = new Intl.ListFormat(context.texts.language, { type: "conjunction" });
  const named = list.format(types.map((text, place) => (place ? lowered(text) : text)));
  return {
    title: named || context.t("source.unnamed"),
    detail: context.t(`mechanism.${source.mechanism}`),
  };
}

/** `Current accounts and savings`; what is written in capitals stays so. */
function lowered(text) {
  return /^\p{Lu}\p{Ll}/u.test(text) ? text.charAt(0).toLocaleLowerCase() + text.slice(1) : text;
}

export function alreadyConnected(context, prompt) {
  const many = prompt.connections.length > 1;
  const repair = prompt.connections.map((connection, place) => {
    const label = many
      ? context.t("button.repair_connection_of", { number: connection })
      : context.t("button.repair_connection");
    const tone = place === 0 ? "primary" : "secondary";
    return eventButton(context, label, { type: "repair_connection", connection }, tone, "repeat");
  });
  const another = eventButton(
    context,
    context.t("button.add_another"),
    { type: "add_another" },
    "secondary",
    "plus",
  );
  const offered = [
    prompt.accepts.includes("repair_connection") ? repair : [],
    prompt.accepts.includes("add_another") ? another : [],
  ];
  return { content: offered, without: ["add_another"] };
}
