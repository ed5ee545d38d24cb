// The list of banks: a search field that owns a list (ARIA's combobox pattern), by keyboard or hand.

import { h, icon, initials } from "./dom.js";
import { button } from "./frame.js";

const PAGE = 20;
const PAUSE = 200; // ms between the last letter and the search

export function chooseConnector(context) {
  const list = new BankList(context);
  return { content: list.nodes(), leave: () => list.left() };
}

class BankList {
  constructor(context) {
    this.context = context;
    this.banks = [];
    this.page = 0;
    this.pages = 1;
    this.active = -1;
    this.timer = 0;
    this.asking = null;
    this.isStale = true; // until the list of what is typed is here
    this.released = Promise.resolve(); // when no finger is on the list
  }

  nodes() {
    const { t } = this.context;
    const label = t("connector.search");
    this.list = h("ul", {
      class: "banks",
      role: "listbox",
      id: "banks",
      "aria-label": t("connector.list"),
      onpointerdown: () => this.held(),
    });
    this.input = h("input", {
      id: "search",
      type: "text",
      role: "combobox",
      autocomplete: "off",
      autocapitalize: "none",
      spellcheck: "false",
      enterkeyhint: "search",
      "aria-autocomplete": "list",
      "aria-controls": "banks",
      "aria-expanded": "false",
      "aria-describedby": "found",
      placeholder: t("connector.placeholder"),
      oninput: () => this.typed(),
      onkeydown: (event) => this.pressed(event),
    });
    this.found = h("p", { class: "found", id: "found", role: "status" }, t("page.loading"));
    this.more = button(t("button.more"), () => this.load(this.page + 1), "secondary more", "plus");
    this.more.hidden = true;
    this.failed = h("div", { class: "trouble", role: "alert", hidden: true });
    this.load(1);
    const field = h("div", { class: "search" }, icon("search"), this.input);
    return [
      h("label", { for: "search", class: "label" }, label),
      field,
      this.found,
      this.failed,
      this.list,
      this.more,
    ];
  }

  /** What is listed is not what was asked for any more: none of it is chosen by a key. */
  typed() {
    this.isStale = true;
    this.activate(-1);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(1), PAUSE);
  }

  /** Another screen is shown: what was about to be asked is not. */
  left() {
    clearTimeout(this.timer);
    this.asking?.abort();
  }

  async load(wanted) {
    const page = this.isStale ? 1 : wanted;
    clearTimeout(this.timer);
    this.asking?.abort();
    const asking = (this.asking = new AbortController());
    this.input.setAttribute("aria-busy", "true");
    try {
      const query = { q: this.input.value.trim(), page, size: PAGE };
      const read = await this.context.client.connectors(this.context.id, query, asking.signal);
      await this.released;
      if (asking !== this.asking || asking.signal.aborted) return;
      this.isStale = query.q !== this.input.value.trim();
      this.show(read, page);
    } catch (problem) {
      if (asking !== this.asking || asking.signal.aborted) return;
      if (!this.context.isSignedOut(problem)) this.fail();
    }
  }

  /** Under a finger the list stays as it is: a press of what is replaced before its end is lost. */
  held() {
    const over = new AbortController();
    this.released = new Promise((resolve) => {
      const released = () => {
        over.abort();
        setTimeout(resolve); // after the click
      };
      for (const name of ["pointerup", "pointercancel"])
        addEventListener(name, released, { capture: true, signal: over.signal });
    });
  }

  show(read, page) {
    const before = page === 1 ? [] : this.banks;
    this.failed.hidden = true;
    this.banks = [...before, ...read.connectors];
    this.page = read.page;
    this.pages = read.pages;
    const first = before.length;
    const made = read.connectors.map((bank, place) => this.option(bank, first + place));
    if (page === 1) this.list.replaceChildren(...made);
    else this.list.append(...made);
    this.input.setAttribute("aria-expanded", String(this.banks.length > 0));
    this.input.removeAttribute("aria-busy");
    this.list.hidden = this.banks.length === 0;
    this.more.hidden = this.page >= this.pages;
    this.activate(page === 1 ? -1 : first);
    this.tell(read.total);
  }

  tell(total) {
    const { t, texts } = this.context;
    const query = this.input.value.trim();
    if (total > 0) this.found.textContent = texts.counted("connector.found", total);
    else this.found.textContent = `${t("connector.none", { query })} ${t("connector.none.help")}`;
  }

  fail() {
    const again = button(this.context.t("page.refresh"), () => this.load(1), "secondary", "repeat");
    this.failed.replaceChildren(
      icon("alert"),
      h("p", {}, this.context.t("connector.failed")),
      again,
    );
    this.failed.hidden = false;
    this.found.textContent = "";
    this.input.removeAttribute("aria-busy");
  }

  option(bank, place) {
    const { t } = this.context;
    const called = bank.name.trim() || bank.slug || String(bank.id);
    const marks = [bank.auth_mechanism === "webauth" ? t("connector.at_bank") : null].filter(
      Boolean,
    );
    const name = h(
      "span",
      { class: "name" },
      called,
      bank.beta ? h("span", { class: "beta" }, t("connector.beta")) : null,
    );
    return h(
      "li",
      {
        role: "option",
        id: `bank-${place}`,
        "aria-selected": "false",
        class: "bank",
        onclick: () => this.choose(place),
      },
      initials(called, bank.color),
      h(
        "span",
        { class: "about" },
        name,
        ...marks.map((mark) => h("span", { class: "detail" }, mark)),
      ),
      icon("next"),
    );
  }

  pressed(event) {
    const last = this.banks.length - 1;
    const moves = {
      ArrowDown: () => this.down(last),
      ArrowUp: () => this.activate(this.active <= 0 ? last : this.active - 1),
      PageDown: () => this.activate(Math.min(last, this.active + 5)),
      PageUp: () => this.activate(Math.max(0, this.active - 5)),
      Enter: () => this.entered(last),
      Escape: () => this.cleared(),
    };
    const move = moves[event.key];
    if (!move || event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    move();
  }

  down(last) {
    if (this.active < last) this.activate(this.active + 1);
    else if (this.page < this.pages) this.load(this.page + 1);
    else this.activate(0);
  }

  /** The one that is marked, or the only one there is; of a list that is stale, neither. */
  entered(last) {
    if (this.active >= 0 || (last === 0 && !this.isStale)) this.choose(Math.max(0, this.active));
  }

  cleared() {
    this.input.value = "";
    this.isStale = true;
    this.load(1);
  }

  activate(place) {
    const options = this.list.children;
    options[this.active]?.setAttribute("aria-selected", "false");
    this.active = place >= 0 && place < options.length ? place : -1;
    const option = options[this.active];
    if (!option) return this.input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  choose(place) {
    const bank = this.banks[place];
    if (!bank) return;
    const event = { type: "choose_connector", connector: bank.uuid ?? String(bank.id) };
    this.context.send(event, this.list.children[place]);
  }
}
