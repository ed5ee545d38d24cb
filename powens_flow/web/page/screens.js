// Which screen a prompt has. A kind that nobody has heard of gets what it accepts.

import { chooseAccounts } from "./screen-accounts.js";
import { actAtBank, openUrl, tryAgain } from "./screen-bank.js";
import { chooseConnector } from "./screen-banks.js";
import { alreadyConnected, chooseSource } from "./screen-choices.js";
import { done, failed } from "./screen-ends.js";
import { fillInFields } from "./screen-form.js";
import { approveOnDevice, wait, working } from "./screen-waiting.js";

const SCREENS = {
  choose_connector: chooseConnector,
  choose_source: chooseSource,
  already_connected: alreadyConnected,
  fill_in_fields: fillInFields,
  open_url: openUrl,
  approve_on_device: approveOnDevice,
  act_at_bank: actAtBank,
  wait,
  working,
  choose_accounts: chooseAccounts,
  try_again: tryAgain,
  done,
  failed,
};

/**
 * The screen of a prompt: `title` and `help` (else those of its message key), `content`, `emblem`
 * (icon and tone), `without` (events that it has its own button for), `update(prompt)` where a
 * small change needs no new screen, `leave()`.
 */
export function screenOf(context, prompt) {
  const screen = SCREENS[prompt.kind]?.(context, prompt) ?? { content: [] };
  const key = prompt.message_key;
  const family = key.split(".")[0];
  const { machine } = context.view;
  const title = context.t(`${key}.${machine}`, {}, key, prompt.kind, "page.unknown_title");
  const unknown = prompt.kind in SCREENS ? [] : ["page.unknown_text"];
  const helps = [`${key}.help`, `${family}.help`, ...unknown];
  const help = context.t(`${key}.help.${machine}`, {}, ...helps);
  return { title, help, ...withoutUndefined(screen) };
}

function withoutUndefined(screen) {
  return Object.fromEntries(Object.entries(screen).filter(([, value]) => value !== undefined));
}

/** Whether two prompts are the same to a person: what passes by itself is left out. */
export function sameToPerson(one, other) {
  const said = ({ until, next_look, ...rest }) => JSON.stringify(rest);
  return one !== null && said(one) === said(other);
}
