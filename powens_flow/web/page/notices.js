// What is said above a screen, and aloud: that the network is gone, that another tab was quicker.

import { h, icon } from "./dom.js";

const SLOW_AFTER = 600; // ms without an answer before it is spoken of
const BACK_FOR = 6000; // ms that the network's return is spoken of

export class Notices {
  /** `text(key)` gives the words. */
  constructor(text) {
    this.text = text;
    this.shown = h("div", { class: "notice", role: "status" });
    this.spoken = h("div", { class: "spoken", role: "status" });
    this.key = "";
    this.network = "";
    this.timer = 0;
  }

  /** Say it aloud only. */
  say(text) {
    this.spoken.textContent = text;
  }

  show(key, mark = "info") {
    this.key = key;
    const text = key ? this.text(key) : "";
    if (text === this.shown.textContent) return;
    this.shown.replaceChildren(...(text ? [icon(mark), h("p", {}, text)] : []));
  }

  /** A new step: what was said of the one before is past, what is said of the network is not. */
  stepped(key) {
    if (key) this.show(key);
    else if (!this.network && this.key !== "network.back") this.show("");
  }

  /** `offline`, `slow`, or "" where an answer came. */
  heardOfNetwork(word) {
    if (word === this.network) return;
    this.network = word;
    clearTimeout(this.timer);
    if (!word) return this.#back();
    const patience = word === "slow" ? SLOW_AFTER : 0;
    this.timer = setTimeout(() => this.show(`network.${word}`, "offline"), patience);
  }

  /** The network is back: said for a while, if its loss was said. */
  #back() {
    if (!this.key.startsWith("network.")) return;
    this.show("network.back", "check");
    this.timer = setTimeout(() => this.key === "network.back" && this.show(""), BACK_FOR);
  }

  close() {
    clearTimeout(this.timer);
  }
}
