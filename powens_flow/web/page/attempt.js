// One attempt, as this page has it: resumed or started, kept true, and sent the person's answers.

import { Problem } from "./client.js";
import { Live } from "./live.js";
import { unguessable } from "./memory.js";

export const ENDS = ["done", "failed"];

export class Attempt {
  /**
   * `wanted` is what `POST attempts` takes; `onView(view, notice)` hears of each view that is new,
   * `onProblem(problem)` of what ends the page's work.
   */
  constructor(client, memory, wanted, { onView, onProblem, streams }) {
    Object.assign(this, { client, memory, wanted, onView, onProblem, streams });
    this.view = null;
    this.taken = 0; // how many views were taken over: a look that began before is told by it
    this.isLost = false; // whether a problem was told: an open stream does not say when it is over
    this.sending = 0; // how many events are on their way
  }

  get id() {
    return this.view?.attempt_id ?? null;
  }

  get isOver() {
    return ENDS.includes(this.view?.prompt.kind);
  }

  /** Go on with the attempt of the address or of the memory, or start one. */
  async open() {
    const came = arrived();
    if (!came.returned) this.memory.enter();
    const named = came.attempt ?? this.memory.arrived();
    this.memory.arrive(named);
    for (const id of new Set([named, this.memory.attempt()].filter(Boolean))) {
      const isOurs = await this.#resumed(id);
      this.memory.arrive(null);
      if (isOurs) return await this.#goOn(came.returned);
    }
    await this.#begun();
  }

  async #resumed(id) {
    try {
      const view = await this.client.view(id);
      if (view.machine !== this.wanted.machine) return false;
      this.#take(view);
      return true;
    } catch (problem) {
      if (!(problem instanceof Problem) || problem.status !== 404) throw problem;
      this.memory.forget(id);
      return false;
    }
  }

  async #begun() {
    try {
      this.#take(await this.client.start(this.wanted, this.memory.startingKey()));
    } catch (problem) {
      if (problem instanceof Problem && problem.status < 500) this.memory.forgetStart();
      throw problem;
    }
    this.#follow();
  }

  /** What the callback handed over, because it did not know whose it was. */
  async #goOn(returned) {
    this.#follow();
    if (returned && this.view.prompt.accepts.includes("returned")) {
      await this.send({ type: "returned", parameters: returned });
    }
  }

  #follow() {
    if (this.closed) return; // by whoever was told of its view
    this.memory.keep(this.id);
    if (this.isOver) return this.memory.ended(this.id);
    this.live = new Live({
      url: this.streams ? this.client.streamUrl(this.id) : null,
      look: () => this.look(),
      onView: (view) => this.#saw(view),
      mustLook: () => this.isLost || this.view.prompt.kind === "working",
    });
  }

  /** Ask once how things stand. */
  async look() {
    const before = this.taken;
    try {
      const view = await this.client.view(this.id);
      if (before === this.taken || view.version > this.view.version) this.#saw(view);
    } catch (problem) {
      this.#failed(problem);
    }
  }

  /** Send an event; answers null, or the problem that the screen is to show. */
  async send(event) {
    const before = this.taken;
    this.sending += 1;
    try {
      const view = await this.client.send(this.id, event, unguessable());
      if (before === this.taken || view.version > this.view.version)
        this.#take(view, { again: true });
      this.live?.soon();
      return null;
    } catch (problem) {
      return this.#refused(problem);
    } finally {
      this.sending -= 1;
    }
  }

  /** Whether a request beside the attempt's own found the person signed out, which is told then. */
  isSignedOut(problem) {
    const isIt = problem instanceof Problem && problem.status === 401;
    if (isIt) this.#failed(problem);
    return isIt;
  }

  #refused(problem) {
    if (!(problem instanceof Problem)) return this.#failed(problem);
    if (problem.view) {
      this.#take(problem.view, {
        again: true,
        notice: problem.status === 409 ? "page.elsewhere" : "",
      });
      this.live?.soon();
      return null;
    }
    return [401, 404].includes(problem.status) ? this.#failed(problem) : problem;
  }

  #failed(problem) {
    if (this.closed) return null;
    if (!(problem instanceof Problem)) console.error(problem);
    else if (![401, 404].includes(problem.status)) return problem;
    this.isLost = true;
    if (problem.status === 404) this.live?.close(); // it will not come back
    this.onProblem(problem);
    return null;
  }

  /** A look or the stream shows it: the step that an answer is on its way to is nothing new. */
  #saw(view) {
    const isSame = view.version === this.view.version && view.prompt.kind === this.view.prompt.kind;
    if (!this.sending || !isSame) this.#take(view);
  }

  /** Views come by three ways, in any order: an older one is never shown again. */
  #take(view, { again = false, notice = "" } = {}) {
    if (this.closed || (this.view && view.version < this.view.version)) return;
    if (this.view && this.isOver && view.version === this.view.version) return;
    this.taken += 1;
    this.isLost = false;
    this.view = view;
    this.onView(view, { again, notice });
    if (!this.isOver) return;
    this.live?.close();
    this.memory.ended(this.id);
  }

  close() {
    this.closed = true;
    this.live?.close();
  }
}

/** What the callback put into the address, which is then cleared of it. */
function arrived() {
  const url = new URL(location.href);
  const fragment = new URLSearchParams(url.hash.slice(1));
  const attempt = url.searchParams.get("attempt");
  const returned = fragment.get("returned");
  if (attempt === null && returned === null) return {};
  url.searchParams.delete("attempt");
  if (returned !== null) url.hash = "";
  history.replaceState(history.state, "", url.href.replace(/#$/, ""));
  return {
    attempt,
    returned: returned === null ? null : Object.fromEntries(new URLSearchParams(returned)),
  };
}
