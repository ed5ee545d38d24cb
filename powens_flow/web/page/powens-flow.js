// <powens-connect base="/connect">: adds or repairs one bank connection.
//
// Attributes: `base` (where the sub-application is mounted), `machine`, `connection`, `refresh`,
// `lang`, `texts` (an address of further texts, `{lang}` in it), `after` (where to go when done),
// `theme` (`light` or `dark`; else as the browser wants). Properties: `texts` (further texts by key),
// `headers` (a function that gives headers of each request). Events: see EVENTS.

import { Attempt } from "./attempt.js";
import { Client, Problem } from "./client.js";
import { h, icon, spinner } from "./dom.js";
import { bankWords, button, cancelWay, furtherWays, heading, stepOf, steps, trouble } from "./frame.js";
import { Memory } from "./memory.js";
import { sameToPerson, screenOf } from "./screens.js";
import { checking } from "./screen-form.js";
import { chosenLanguage, loadTexts } from "./texts.js";

/** What the element tells its page; each bubbles, and has the attempt's id in its detail. */
export const EVENTS = ["powens-flow:view", "powens-flow:done", "powens-flow:failed", "powens-flow:problem"];

const BACK_FOR = 6000; // ms that the network's return is spoken of
const STYLES = new URL("./powens-flow.css", import.meta.url).href;
const BLINK = 700; // ms that a call may take before its screen replaces the one before
const NETWORK_PATIENCE = 600; // ms of no answer before it is spoken of

export class PowensConnect extends HTMLElement {
  #texts = null;
  #attempt = null;
  #client = null;
  #shown = null; // the prompt that the screen was made of
  #screen = null;
  #step = 0;
  #workingTimer = 0;
  #said = ""; // the key of the notice
  #network = "";
  #networkTimer = 0;

  connectedCallback() {
    if (!this.shadowRoot) this.#build();
    this.#open();
  }

  disconnectedCallback() {
    this.#close();
  }

  /** The view that is shown, as the sub-application gave it; null before the first. */
  get view() {
    return this.#attempt?.view ?? null;
  }

  /** Leave this attempt as it is, and begin another. */
  async restart() {
    this.#memory().forget(this.#attempt?.id);
    this.#close();
    await this.#open();
  }

  // --- opening and closing -------------------------------------------------------------------------

  #build() {
    const root = this.attachShadow({ mode: "open" });
    const styles = h("link", { rel: "stylesheet", href: STYLES });
    this.styled = new Promise((resolve) => ["load", "error"].forEach((name) => styles.addEventListener(name, resolve)));
    this.notice = h("div", { class: "notice", role: "status" });
    this.spoken = h("div", { class: "spoken", role: "status" });
    this.box = h("section", { class: "box", hidden: true });
    root.append(styles, this.box);
  }

  async #open() {
    const opening = (this.opening = Symbol());
    const language = chosenLanguage(this.getAttribute("lang"), this.#languages());
    const how = { url: this.getAttribute("texts") ?? "", own: this.texts ?? {} };
    [this.#texts] = await Promise.all([loadTexts(language, how), this.styled]);
    if (opening !== this.opening) return;
    this.#frame();
    this.#client = new Client(this.getAttribute("base") ?? "/connect", {
      headers: this.headers,
      onNetwork: (word) => this.#heardOfNetwork(word),
    });
    this.#attempt = new Attempt(this.#client, this.#memory(), this.#wanted(), {
      onView: (view, how) => this.#show(view, how),
      onProblem: (problem) => this.#showProblem(problem),
      streams: !this.headers, // an EventSource cannot send any: then the page looks by itself
    });
    await this.#begin(opening);
  }

  async #begin(opening) {
    try {
      await this.#attempt.open();
    } catch (problem) {
      if (opening === this.opening) this.#showProblem(problem);
    }
  }

  #close() {
    this.opening = null;
    clearTimeout(this.#workingTimer);
    clearTimeout(this.#networkTimer);
    this.#screen?.leave?.();
    this.#attempt?.close();
    this.#client?.close();
    [this.#shown, this.#screen, this.#attempt] = [null, null, null];
    this.#step = 0;
  }

  /** Those of the catalogues here; with an own address of texts, any. */
  #languages() {
    const asked = this.getAttribute("lang")?.toLowerCase().split("-")[0];
    return asked && (this.hasAttribute("texts") || this.texts) ? ["en", "fr", asked] : ["en", "fr"];
  }

  #wanted() {
    const machine = this.getAttribute("machine") ?? "add_connection";
    if (!this.hasAttribute("connection")) return { machine };
    const id_connection = Number(this.getAttribute("connection"));
    return { machine, id_connection, refresh: this.hasAttribute("refresh") };
  }

  #memory() {
    const parts = ["base", "machine", "connection"].map((name) => this.getAttribute(name) ?? "");
    return new Memory(parts.join("|"));
  }

  // --- what is seen --------------------------------------------------------------------------------

  #frame() {
    this.box.setAttribute("lang", this.#texts.language);
    this.box.setAttribute("aria-label", this.#texts.text("page.label"));
    this.main = h("div", { class: "main" }, h("div", { class: "waiting" }, spinner("bank"), h("p", {}, this.#texts.text("page.starting"))));
    this.box.replaceChildren(this.notice, this.main, this.spoken);
    this.box.hidden = false;
  }

  #context(prompt) {
    const attempt = this.#attempt;
    const t = (key, values = {}, ...otherwise) => {
      const bank = prompt.connector ?? this.#texts.text("page.your_bank").toLowerCase();
      return this.#texts.text(key, { bank, ...values }, ...otherwise);
    };
    return {
      t,
      prompt,
      texts: this.#texts,
      id: attempt.id,
      view: attempt.view,
      client: this.#client,
      chosen: attempt.memory.chosen(attempt.id),
      keepChosen: (chosen) => attempt.memory.keepChosen(attempt.id, chosen),
      after: this.getAttribute("after"),
      send: (event, pressed) => this.#send(event, pressed),
      sendValues: (values) => this.#sendValues(values),
      restart: () => this.restart(),
      askToCancel: () => this.#askToCancel(t),
      hasLeft: (url) => leaving(attempt.id) === trace(url),
      leaves: (url) => leaving(attempt.id, trace(url)),
    };
  }

  #show(view, { again = false, notice = "" } = {}) {
    const { prompt } = view;
    this.#tell("view", { state: view.state, kind: prompt.kind, message_key: prompt.message_key });
    clearTimeout(this.#workingTimer);
    if (prompt.kind === "working" && this.#shown) {
      this.#workingTimer = setTimeout(() => this.#place(prompt, false), BLINK);
      return;
    }
    if (notice) this.#notify(notice);
    else if (!this.#network && this.#said !== "network.back") this.#notify("");
    this.#place(prompt, again);
    if (prompt.kind === "done") this.#tell("done", { machine: view.machine, result: view.result });
    if (prompt.kind === "failed") this.#tell("failed", { message_key: prompt.message_key });
  }

  #place(prompt, again) {
    if (again || !sameToPerson(this.#shown, prompt)) this.#draw(prompt);
    else this.#screen?.update?.(prompt);
    this.#shown = prompt;
  }

  #draw(prompt) {
    const first = this.#shown === null;
    const hadFocus = this.#hasFocus();
    this.#screen?.leave?.();
    this.#step = stepOf(prompt, this.#step);
    const context = this.#context(prompt);
    const screen = (this.#screen = screenOf(context, prompt));
    const ways = furtherWays(context, prompt, ...(screen.without ?? []));
    this.main.className = `main ${prompt.kind}`;
    this.main.replaceChildren(
      ...[
        prompt.kind === "failed" ? null : steps(context, this.#step),
        screen.emblem ? h("div", { class: "emblem-place" }, emblemOf(screen.emblem)) : null,
        ...heading(screen.title, screen.help),
        trouble(context, prompt, screen.title),
        bankWords(context, prompt),
        h("div", { class: "content" }, (screen.content ?? []).flat(2)),
        h("div", { class: "ways" }, ways, cancelWay(context, prompt)),
      ].filter(Boolean),
    );
    if (!first) this.#arrive(screen.title, hadFocus);
  }

  /** Focus goes to the new step, unless the person is elsewhere on the page: then it is only said. */
  #arrive(title, hadFocus) {
    if (hadFocus) this.main.querySelector("#title").focus();
    else this.#say(title);
  }

  #hasFocus() {
    const active = document.activeElement;
    return active === null || active === document.body || active === this;
  }

  #say(text) {
    this.spoken.textContent = text;
  }

  #notify(key, mark = "info") {
    this.#said = key;
    const text = key ? this.#texts.text(key) : "";
    if (text === this.notice.textContent) return;
    this.notice.replaceChildren(...(text ? [icon(mark), h("p", {}, text)] : []));
  }

  #showProblem(problem) {
    if (!(problem instanceof Problem)) console.error(problem);
    const code = problem.code ?? "";
    this.#tell("problem", { status: problem.status ?? 0, code });
    const key = code && this.#texts.has(`problem.${code}`) ? `problem.${code}` : "problem.unavailable";
    const t = (name, ...otherwise) => this.#texts.text(name, {}, ...otherwise);
    const again = problem.status === 404
      ? button(t("button.start_again"), () => this.restart(), "primary", "repeat", "restart")
      : button(t("button.try_again"), () => this.#reopen(), "primary", "repeat", "reopen");
    this.#screen?.leave?.();
    [this.#screen, this.#shown] = [null, null];
    this.main.className = "main trouble-page";
    this.main.replaceChildren(
      h("div", { class: "emblem-place" }, emblemOf(["alert", "warning"])),
      ...heading(t(`${key}.title`, "problem.title"), t(key)),
      h("div", { class: "content" }, again),
    );
    this.main.querySelector("#title").focus();
  }

  #reopen() {
    this.#close();
    this.#open();
  }

  // --- what is done --------------------------------------------------------------------------------

  async #send(event, pressed = null) {
    if (this.busy) return;
    this.#setBusy(true, pressed);
    const problem = await this.#attempt?.send(event);
    this.#setBusy(false, pressed);
    if (problem) this.#notify(problemKey(this.#texts, problem), "alert");
  }

  /** The values are sealed and gone from the page; what is shown now waits for what they come to. */
  async #sendValues(values) {
    const attempt = this.#attempt;
    const before = attempt.view;
    const shown = checking({ prompt: before.prompt });
    this.#draw(shown);
    this.#shown = shown;
    const problem = await attempt.send({ type: "submit_values", values });
    if (!problem || attempt !== this.#attempt) return;
    if (attempt.view === before) this.#show(before, { again: true });
    this.#notify(problemKey(this.#texts, problem), "alert");
  }

  #setBusy(busy, pressed) {
    this.busy = busy;
    this.main.toggleAttribute("data-busy", busy);
    if (busy) pressed?.setAttribute("aria-busy", "true");
    else pressed?.removeAttribute("aria-busy");
  }

  #askToCancel(t) {
    const close = () => dialog.close();
    const stop = () => {
      close();
      this.#send({ type: "cancel" });
    };
    const ways = [button(t("cancel.keep"), close, "secondary", null, "keep"), button(t("cancel.confirm"), stop, "danger", null, "stop")];
    const dialog = h("dialog", { class: "dialog", "aria-labelledby": "dialog-title", "aria-describedby": "dialog-text", onclose: () => dialog.remove() },
      h("h2", { id: "dialog-title", class: "title" }, t("cancel.title")),
      h("p", { id: "dialog-text", class: "help" }, t("cancel.text")),
      h("div", { class: "stack" }, ways),
    );
    this.box.append(dialog);
    dialog.showModal();
  }

  #heardOfNetwork(word) {
    if (word === this.#network) return;
    this.#network = word;
    clearTimeout(this.#networkTimer);
    if (!word) return this.#heardAgain();
    this.#networkTimer = setTimeout(() => this.#notify(`network.${word}`, "offline"), word === "slow" ? NETWORK_PATIENCE : 0);
  }

  /** The network is back: said for a while, if its loss was said. */
  #heardAgain() {
    if (!this.#said.startsWith("network.")) return;
    this.#notify("network.back", "check");
    this.#networkTimer = setTimeout(() => this.#said === "network.back" && this.#notify(""), BACK_FOR);
  }

  #tell(name, detail) {
    const whole = { attempt_id: this.#attempt?.id ?? null, ...detail };
    this.dispatchEvent(new CustomEvent(`powens-flow:${name}`, { bubbles: true, composed: true, detail: whole }));
  }
}

function emblemOf([mark, tone]) {
  return h("div", { class: `emblem ${tone}` }, icon(mark, 32));
}

function problemKey(texts, problem) {
  const key = `problem.${problem.code}`;
  return texts.has(key) ? key : problem.status >= 500 ? "problem.unavailable" : "problem.refused";
}

/** Whether this tab has left for the bank's page: a trace of its address, not the address. */
function leaving(id, left) {
  const key = `powens-flow:left:${id}`;
  try {
    if (left !== undefined) sessionStorage.setItem(key, left);
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

function trace(text) {
  let sum = 2166136261;
  for (const one of text ?? "") sum = Math.imul(sum ^ one.codePointAt(0), 16777619);
  return String(sum >>> 0);
}

if (!customElements.get("powens-connect")) customElements.define("powens-connect", PowensConnect);
