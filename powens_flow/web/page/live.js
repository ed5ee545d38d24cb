// Keeps the view true: server-sent events while they flow, looking again while they do not. A page
// that nobody sees looks at nothing; it looks at once when it is seen again.

const FIRST_LOOK = 400;
const LONGEST_LOOK = 4000;

export class Live {
  /**
   * `url` of the stream (null: only look), `look()` asks once, `onView(view)` is told; `mustLook()`
   * says whether to look also while it flows.
   */
  constructor({ url, look, onView, mustLook }) {
    this.url = url;
    this.look = look;
    this.onView = onView;
    this.mustLook = mustLook;
    this.pause = FIRST_LOOK;
    this.stream = null;
    this.flows = false;
    this.timer = 0;
    this.seen = () => (document.hidden ? this.#rest() : this.#wake());
    for (const name of ["visibilitychange", "pageshow"]) addEventListener(name, this.seen, true);
    addEventListener("online", this.seen);
    this.#follow();
    this.#later();
  }

  close() {
    this.#rest();
    for (const name of ["visibilitychange", "pageshow"]) removeEventListener(name, this.seen, true);
    removeEventListener("online", this.seen);
    this.closed = true;
  }

  /** Something happened here: what comes of it is looked for soon. */
  soon() {
    this.pause = FIRST_LOOK;
    this.#later();
  }

  #rest() {
    clearTimeout(this.timer);
    this.stream?.close();
    this.stream = null;
    this.flows = false;
  }

  #wake() {
    if (this.closed) return;
    if (!this.stream) this.#follow();
    this.pause = FIRST_LOOK;
    this.#looked();
  }

  #follow() {
    if (!this.url || this.closed || document.hidden) return;
    this.stream = new EventSource(this.url, { withCredentials: true });
    this.stream.addEventListener("open", () => (this.flows = true));
    this.stream.addEventListener("view", (event) => this.onView(JSON.parse(event.data)));
    this.stream.addEventListener("error", ({ currentTarget }) => {
      this.flows = false; // it reconnects by itself; where it was refused we look, and try it again
      if (currentTarget.readyState === EventSource.CLOSED) this.stream = null;
      this.#later();
    });
  }

  #later() {
    clearTimeout(this.timer);
    if (this.closed || document.hidden) return;
    this.timer = setTimeout(() => this.#looked(), this.pause);
  }

  async #looked() {
    clearTimeout(this.timer);
    const needed = !this.flows || this.mustLook();
    this.pause = needed ? Math.min(LONGEST_LOOK, this.pause * 1.6) : LONGEST_LOOK;
    if (needed) await this.look();
    if (!this.stream && this.pause === LONGEST_LOOK) this.#follow();
    this.#later();
  }
}
