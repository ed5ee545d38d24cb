// The accounts found, to be approved one by one (GDPR): nothing is selected but what is shared
// already. Below them the sources that are still on offer.

import { h, icon } from "./dom.js";
import { button, eventButton } from "./frame.js";
import { sourceText } from "./screen-choices.js";

export function chooseAccounts(context, prompt) {
  return { content: new Accounts(context, prompt).nodes(), wide: true };
}

class Accounts {
  constructor(context, prompt) {
    this.context = context;
    this.prompt = prompt;
    this.boxes = [];
  }

  nodes() {
    const { accounts, subscriptions } = this.prompt;
    const isEmpty = accounts.length + subscriptions.length === 0;
    const words = this.consent();
    if (!words && !isEmpty) return [this.wordless()];
    const groups = [
      this.group("accounts", "accounts.legend", accounts, (one) => this.account(one)),
      this.group("subscriptions", "accounts.subscriptions", subscriptions, (one) =>
        this.subscription(one),
      ),
    ];
    const empty = h(
      "p",
      { class: "empty" },
      icon("info"),
      h("span", {}, this.context.t("accounts.empty")),
    );
    this.problem = h("p", { class: "problem", role: "alert" });
    this.share = button("", () => this.send(), "primary", "check", "choose_accounts");
    const consent = isEmpty ? null : h("p", { class: "consent" }, words);
    this.told();
    const share = isEmpty && this.prompt.at_least_one ? null : this.share;
    return [isEmpty ? empty : groups, this.offered(), consent, this.problem, share];
  }

  /** The words that are approved: the policy names them, and the consent's record keeps the name. */
  consent() {
    return this.context.t(this.prompt.consent_wording);
  }

  /** Words that nobody was shown are not approved: the catalogue lacks the policy's key. */
  wordless() {
    console.error(`no text for ${this.prompt.consent_wording}`);
    const text = h("p", {}, this.context.t("problem.no_consent_text"));
    return h("div", { class: "trouble", role: "alert" }, icon("alert"), text);
  }

  group(kind, title, found, row) {
    if (found.length === 0) return null;
    const rows = h("div", { class: "rows" }, found.map(row));
    const all = found.filter((one) => !one.active).length > 1 ? this.selectAll(kind) : null;
    const id = `group-${kind}`;
    const head = h(
      "div",
      { class: "group-head" },
      h("h3", { class: "label", id }, this.context.t(title)),
      all,
    );
    return h("div", { class: "accounts", role: "group", "aria-labelledby": id }, head, rows);
  }

  selectAll(kind) {
    const label = () =>
      this.context.t(
        this.open(kind).every((box) => box.checked) ? "accounts.none_selected" : "accounts.all",
      );
    const made = button(
      "",
      () => {
        const all = this.open(kind).every((box) => box.checked);
        for (const box of this.open(kind)) this.tick(box, !all);
        this.told();
      },
      "quiet all",
    );
    (this.alls ??= []).push(() => (made.lastChild.textContent = label()));
    return made;
  }

  open(kind) {
    return this.boxes.filter((box) => box.dataset.kind === kind && !box.disabled);
  }

  account(one) {
    const { t, texts } = this.context;
    const type = t(`account_type.${one.type}`, {}, "account_type.unknown");
    const usage = one.usage === "ORGA" ? t("account_usage.ORGA") : null;
    const about = [type, usage, ending(one.iban ?? one.number)].filter(Boolean).join(" · ");
    const name = one.name || t("accounts.unnamed", { id: one.id });
    const money =
      one.balance === null || one.balance === undefined
        ? ""
        : texts.money(one.balance, one.currency);
    return this.row("accounts", one, name, about, money);
  }

  subscription(one) {
    const about = [one.subscriber, ending(one.number)].filter(Boolean).join(" · ");
    return this.row(
      "subscriptions",
      one,
      one.label || this.context.t("accounts.unnamed", { id: one.id }),
      about,
      "",
    );
  }

  row(kind, one, name, about, side) {
    const id = `${kind}-${one.id}`;
    const box = h("input", {
      type: "checkbox",
      id,
      "data-kind": kind,
      value: one.id,
      "aria-describedby": `${id}-about`,
      disabled: one.active,
    });
    box.checked = one.active || this.context.chosen.has(id);
    box.addEventListener("change", () => {
      this.tick(box, box.checked);
      this.told();
    });
    this.boxes.push(box);
    const shared = one.active
      ? h("span", { class: "beta" }, this.context.t("accounts.active"))
      : null;
    const words = h(
      "span",
      { class: "about" },
      h("span", { class: "name" }, name, shared),
      h("span", { class: "detail", id: `${id}-about` }, about),
    );
    return h(
      "label",
      { class: "account", for: id },
      box,
      words,
      side ? h("span", { class: "money" }, side) : null,
    );
  }

  /** A selection outlives the adding of a further source. */
  tick(box, on) {
    box.checked = on;
    if (on) this.context.chosen.add(box.id);
    else this.context.chosen.delete(box.id);
    this.context.keepChosen(this.context.chosen);
  }

  told() {
    const count = this.boxes.filter((box) => box.checked).length;
    const { t, texts } = this.context;
    const none = count === 0 && this.prompt.at_least_one && this.boxes.length > 0;
    const family = this.family();
    this.share.lastChild.textContent = none
      ? t(`${family}.share_selected`)
      : texts.counted(`${family}.share`, count);
    this.share.className = `button ${count || this.boxes.length === 0 ? "primary" : "secondary"}`;
    this.problem.textContent = "";
    for (const tell of this.alls ?? []) tell();
  }

  /** Which words say what is on the list. */
  family() {
    const { accounts, subscriptions } = this.prompt;
    if (accounts.length && subscriptions.length) return "items";
    return subscriptions.length ? "contracts" : "accounts";
  }

  offered() {
    const { t } = this.context;
    const sources = this.prompt.accepts.includes("add_source") ? this.prompt.offered : [];
    if (sources.length === 0) return null;
    const rows = sources.map((source) => {
      const said = sourceText(this.context, source);
      const words = h(
        "span",
        { class: "about" },
        h("span", { class: "name" }, said.title),
        h("span", { class: "detail" }, said.detail),
      );
      const add = eventButton(
        this.context,
        t("accounts.add"),
        { type: "add_source", source: source.name },
        "secondary",
        "plus",
      );
      add.setAttribute("aria-label", `${t("accounts.add")}: ${said.title}`);
      return h("div", { class: "offer" }, words, add);
    });
    const title = h("h3", { class: "label" }, t("accounts.more"));
    return h(
      "div",
      { class: "offers" },
      title,
      h("p", { class: "hint" }, t("accounts.more.help")),
      rows,
    );
  }

  ids(kind) {
    return this.boxes
      .filter((box) => box.dataset.kind === kind && box.checked)
      .map((box) => Number(box.value));
  }

  send() {
    const [accounts, subscriptions] = [this.ids("accounts"), this.ids("subscriptions")];
    if (this.prompt.at_least_one && accounts.length + subscriptions.length === 0) {
      this.problem.textContent = this.context.t("accounts.at_least_one");
      this.boxes[0]?.focus();
      return;
    }
    this.context.send({ type: "choose_accounts", accounts, subscriptions }, this.share);
  }
}

/** The end of a number is enough to know it by. */
function ending(number) {
  return number ? `•••• ${number.slice(-4)}` : null;
}
