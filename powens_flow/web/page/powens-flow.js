// <powens-connect base="/connect">: adds or repairs one bank connection.
//
// Attributes: `base` (where the sub-application is mounted), `machine`, `connection`, `refresh`,
// `lang`, `texts` (an address of further texts, `{lang}` in it), `after` (where to go when done),
// `theme` (`light` or `dark`; else as the browser wants). Properties: `texts` (further texts by key),
// `headers` (a function that gives headers of each request). Events: see EVENTS.

import { Attempt, ENDS } from "./attempt.js";
import { Client, Problem } from "./client.js";
import { cancelDialog } from "./dialog.js";
import { emblem, h, spinner } from "./dom.js";
import {
  bankWords,
  button,
  cancelWay,
  furtherWays,
  heading,
  stepOf,
  steps,
  trouble,
} from "./frame.js";
import { Memory } from "./memory.js";
import { Notices } from "./notices.js";
import { sameToPerson, screenOf } from "./screens.js";
import { CHECKING, checking } from "./screen-form.js";
import { chosenLanguage, loadTexts, UNLOADED } from "./texts.js";

/** What the element tells its page; each bubbles, and has the attempt's id in its detail. */
export const EVENTS = [
  "powens-flow:view",
  "powens-flow:done",
  "powens-flow:failed",
  "powens-flow:problem",
];

const STYLES = new URL("./powens-flow.css", import.meta.url).href;
const LOADING = 15000; // ms that texts and styles have to come
const BLINK = 700; // ms that a call may take before its screen replaces the one before

export class PowensConnect extends HTMLElement {
  #texts = null;
  #attempt = null;
  #client = null;
  #shown = null; // the prompt that the screen was made of
  #screen = null;
  #problem = null; // the code of the problem that is shown instead
  #arrived = false; // whether there was a screen before, so that the next one is a step
  #step = 0;
  #workingTimer = 0;
  #busy = null; // the event that is on its way
  #notices = null;

  connectedCallback() {
    if (!this.shadowRoot) this.#build();
    this.#open();
  }

  disconnectedCallback() {
    this.#putAway();
    this.#close();
    this.#arrived = false;
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
    this.styled = new Promise((resolve) =>
      ["load", "error"].forEach((name) => styles.addEventListener(name, resolve)),
    );
    this.box = h("section", { class: "box", hidden: true });
    root.append(styles, this.box);
  }

  async #open() {
    const opening = (this.opening = Symbol());
    const language = chosenLanguage(this.getAttribute("lang"), this.#languages());
    const how = { url: this.getAttribute("texts") ?? "", own: this.texts ?? {} };
    try {
      const texts = inTime(LOADING, loadTexts(language, how));
      const styled = inTime(LOADING, this.styled).catch(() => {}); // better plain than nothing
      [this.#texts] = await Promise.all([texts, styled]);
    } catch (error) {
      console.error(error);
      if (opening === this.opening) this.#showUnloaded(language);
      return;
    }
    if (opening !== this.opening) return;
    this.#frame();
    this.#client = new Client(this.getAttribute("base") ?? "/connect", {
      headers: this.headers,
      onNetwork: (word) => this.#notices.heardOfNetwork(word),
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

  /** Whoever takes it out at the end begins afresh with it; whoever moves it does not. */
  #putAway() {
    const attempt = this.#attempt;
    if (attempt?.isOver)
      queueMicrotask(() => this.isConnected || attempt.memory.forget(attempt.id));
  }

  #close() {
    this.opening = null;
    clearTimeout(this.#workingTimer);
    this.#notices?.close();
    this.#screen?.leave?.();
    this.#attempt?.close();
    this.#client?.close();
    [this.#shown, this.#screen, this.#attempt, this.#problem] = [null, null, null, null];
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
    if (this.hasAttribute("refresh")) parts.push("refresh");
    return new Memory(parts.join("|"));
  }

  // --- what is seen --------------------------------------------------------------------------------

  #frame() {
    this.box.setAttribute("lang", this.#texts.language);
    this.box.setAttribute("aria-label", this.#texts.text("page.label"));
    const starting = h("p", {}, this.#texts.text("page.starting"));
    this.main = h(
      "div",
      { class: "main" },
      h("div", { class: "waiting" }, spinner("bank"), starting),
    );
    this.#notices = new Notices((key) => this.#texts.text(key));
    this.box.replaceChildren(this.#notices.shown, this.main, this.#notices.spoken);
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
      isSignedOut: (problem) => attempt.isSignedOut(problem),
      restart: () => this.restart(),
      redraw: () => this.#place(prompt, true),
      askToCancel: () =>
        this.#askToCancel((key) => t(`${key}.${attempt.view.machine}`, {}, key)),
      hasLeft: (url) => attempt.memory.hasLeft(attempt.id, url),
      leaves: (url) => attempt.memory.leaves(attempt.id, url),
    };
  }

  #show(view, { again = false, notice = "" } = {}) {
    const prompt = this.#inPlace(view.prompt);
    this.#tell("view", { state: view.state, kind: prompt.kind, message_key: prompt.message_key });
    clearTimeout(this.#workingTimer);
    if (prompt.kind === "working" && this.#shown) {
      this.#workingTimer = setTimeout(() => this.#place(prompt, false), BLINK);
      return;
    }
    if (this.#isNew(prompt, again)) this.#notices.stepped(notice);
    this.#place(prompt, again);
    if (prompt.kind === "done") this.#tell("done", { machine: view.machine, result: view.result });
    if (prompt.kind === "failed") this.#tell("failed", { message_key: prompt.message_key });
  }

  /** A call under way does not say at which bank, nor for what: the screen before it did. */
  #inPlace(prompt) {
    const before = this.#shown;
    if (prompt.kind !== "working" || !before) return prompt;
    const isCheck = before.message_key === CHECKING && prompt.message_key === "working";
    const message_key = isCheck ? CHECKING : prompt.message_key;
    return { connector: before.connector, ...prompt, message_key };
  }

  #isNew(prompt, again) {
    return again || !sameToPerson(this.#shown, prompt);
  }

  #place(prompt, again) {
    if (this.#isNew(prompt, again)) this.#draw(prompt);
    else this.#screen?.update?.(prompt);
    this.#shown = prompt;
  }

  #draw(prompt) {
    if (ENDS.includes(prompt.kind)) this.box.querySelector("dialog")?.close(); // nothing to stop
    const hadFocus = this.#hasFocus();
    [this.#busy, this.#problem] = [null, null];
    this.#screen?.leave?.();
    this.#step = stepOf(prompt, this.#step);
    const context = this.#context(prompt);
    const screen = (this.#screen = screenOf(context, prompt));
    const ways = furtherWays(context, prompt, ...(screen.without ?? []));
    this.main.className = `main ${prompt.kind}`;
    this.main.replaceChildren(
      ...[
        prompt.kind === "failed" ? null : steps(context, this.#step),
        screen.emblem ? h("div", { class: "emblem-place" }, emblem(...screen.emblem)) : null,
        ...heading(screen.title, screen.help),
        trouble(context, prompt, screen.title),
        bankWords(context, prompt),
        h("div", { class: "content" }, (screen.content ?? []).flat(2)),
        h("div", { class: "ways" }, ways, cancelWay(context, prompt)),
      ].filter(Boolean),
    );
    if (this.#arrived) this.#arrive(screen.title, hadFocus);
    this.#arrived = true;
  }

  /** Focus goes to the new step, unless the person is elsewhere on the page: then it is only said. */
  #arrive(title, hadFocus) {
    if (hadFocus) this.main.querySelector("#title").focus();
    else this.#notices.say(title);
  }

  /** Whether focus is here or nowhere; the document itself knows only the outermost element. */
  #hasFocus() {
    const active = document.activeElement;
    return active === null || active === document.body || this.shadowRoot.activeElement;
  }

  /** Once: it is looked again whether it is over, and each look that it is not says it anew. */
  #showProblem(problem) {
    if (!(problem instanceof Problem)) console.error(problem);
    const code = problem.code ?? "";
    if (this.#problem === `${problem.status} ${code}`) return;
    this.#problem = `${problem.status} ${code}`;
    clearTimeout(this.#workingTimer);
    const hadFocus = this.#hasFocus();
    this.#tell("problem", { status: problem.status ?? 0, code });
    const key =
      code && this.#texts.has(`problem.${code}`) ? `problem.${code}` : "problem.unavailable";
    const t = (name, ...otherwise) => this.#texts.text(name, {}, ...otherwise);
    const title = t(`${key}.title`, "problem.title");
    const again =
      problem.status === 404
        ? button(t("button.start_again"), () => this.restart(), "primary", "repeat", "restart")
        : button(t("button.try_again"), () => this.#reopen(), "primary", "repeat", "reopen");
    this.#screen?.leave?.();
    [this.#screen, this.#shown] = [null, null];
    this.main.className = "main trouble-page";
    this.main.replaceChildren(
      h("div", { class: "emblem-place" }, emblem("alert", "warning")),
      ...heading(title, t(key)),
      h("div", { class: "content" }, again),
    );
    this.#arrive(title, hadFocus);
    this.#arrived = true;
  }

  /** Neither texts nor, perhaps, styles: the least that there is to say. */
  #showUnloaded(language) {
    const [words, again] = UNLOADED[language] ?? UNLOADED.en;
    const reopen = button(again, () => this.#reopen(), "primary", "repeat", "reopen");
    this.box.setAttribute("lang", language in UNLOADED ? language : "en");
    this.box.replaceChildren(h("p", { role: "alert" }, words), reopen);
    this.box.hidden = false;
  }

  #reopen() {
    this.#close();
    this.#open();
  }

  // --- what is done --------------------------------------------------------------------------------

  /** One thing at a time, until it is answered or another screen came; but one can always stop. */
  async #send(event, pressed = null) {
    if (this.#busy && (event.type !== "cancel" || this.#busy.type === "cancel")) return;
    const sending = (this.#busy = event);
    this.#notices.stepped("");
    pressed?.setAttribute("aria-busy", "true");
    const problem = await this.#attempt?.send(event);
    pressed?.removeAttribute("aria-busy");
    if (this.#busy === sending) this.#busy = null;
    if (problem) this.#notices.show(problemKey(this.#texts, problem), "alert");
  }

  /** The values are sealed and gone from the page; what is shown now waits for what they come to. */
  async #sendValues(values) {
    const attempt = this.#attempt;
    const before = attempt.view;
    const shown = checking(before.prompt);
    this.#draw(shown);
    this.#shown = shown;
    const problem = await attempt.send({ type: "submit_values", values });
    if (!problem || attempt !== this.#attempt) return;
    if (attempt.view === before) this.#show(before, { again: true });
    this.#notices.show(problemKey(this.#texts, problem), "alert");
  }

  #askToCancel(t) {
    const dialog = cancelDialog(t, () => this.#send({ type: "cancel" }));
    this.box.append(dialog);
    dialog.showModal();
    // Meanwhile another step may have come: what had focus before is gone, then.
    const led = () => this.shadowRoot.activeElement ?? this.main.querySelector("#title")?.focus();
    dialog.addEventListener("close", led);
  }

  #tell(name, detail) {
    const whole = { attempt_id: this.#attempt?.id ?? null, ...detail };
    this.dispatchEvent(
      new CustomEvent(`powens-flow:${name}`, { bubbles: true, composed: true, detail: whole }),
    );
  }
}

/** What the work comes to, if it does in so many milliseconds. */
function inTime(milliseconds, work) {
  const late = new Error(`nothing came in ${milliseconds} ms`);
  const passing = new Promise((_, reject) => setTimeout(reject, milliseconds, late));
  return Promise.race([work, passing]);
}

function problemKey(texts, problem) {
  const key = `problem.${problem.code}`;
  return texts.has(key) ? key : problem.status >= 500 ? "problem.unavailable" : "problem.refused";
}

if (!customElements.get("powens-connect")) customElements.define("powens-connect", PowensConnect);
