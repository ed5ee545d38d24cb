// Screens where somebody else is at work: the bank's app, the bank, Powens, ourselves.

import { h, spinner } from "./dom.js";
import { eventButton } from "./frame.js";

export function approveOnDevice(context, prompt) {
  const wait = new Waiting(context, "phone", "state.decoupled.waiting");
  const approved = prompt.accepts.includes("approved")
    ? eventButton(context, context.t("button.approved"), { type: "approved" }, "primary", "check")
    : null;
  return {
    content: [...wait.nodes(prompt, true), approved],
    update: (now) => wait.told(now),
    leave: () => wait.end(),
    without: ["approved"],
  };
}

export function wait(context, prompt) {
  const waiting = new Waiting(context, "clock", "");
  const again = prompt.accepts.includes("try_again")
    ? eventButton(
        context,
        context.t("button.try_again"),
        { type: "try_again" },
        "secondary",
        "repeat",
      )
    : null;
  return {
    content: [...waiting.nodes(prompt, false), again],
    update: (now) => waiting.told(now),
    leave: () => waiting.end(),
    without: ["try_again"],
  };
}

export function working(context, prompt) {
  const waiting = new Waiting(
    context,
    prompt.message_key === "values.checking" ? "lock" : "bank",
    "",
  );
  return { content: waiting.nodes({ kind: "working" }, false), leave: () => waiting.end() };
}

/** A turning ring, the next look, and how much of the time is left. Seen, not announced. */
class Waiting {
  constructor(context, mark, label) {
    Object.assign(this, { context, mark, label, since: context.client.now(), timer: 0 });
  }

  nodes(prompt, withTime) {
    this.look = h("p", { class: "look", "aria-hidden": "true" });
    this.bar = h("progress", {
      class: "time",
      max: "100",
      "aria-label": this.context.t("state.decoupled.left"),
    });
    this.left = h("p", { class: "look", "aria-hidden": "true" });
    const words = this.label ? h("p", { class: "waiting-for" }, this.context.t(this.label)) : null;
    this.told(prompt);
    this.timer = setInterval(() => this.tick(), 1000);
    const time = withTime && prompt.until ? [this.bar, this.left] : [];
    return [h("div", { class: "waiting" }, spinner(this.mark), words, time, this.look)];
  }

  told(prompt) {
    this.prompt = prompt;
    this.tick();
  }

  tick() {
    const seconds = (iso) => (Date.parse(iso) - this.context.client.now()) / 1000;
    const { t, texts } = this.context;
    if (this.prompt.next_look) {
      const next = Math.ceil(seconds(this.prompt.next_look));
      this.look.textContent =
        next > 0 ? t("wait.next_look", { seconds: texts.length(next) }) : t("wait.looking");
    }
    if (!this.prompt.until) return;
    const left = Math.max(0, seconds(this.prompt.until));
    const whole = Math.max(1, (Date.parse(this.prompt.until) - this.since) / 1000);
    this.bar.value = (100 * left) / whole;
    this.left.textContent = `${t("state.decoupled.left")}: ${texts.length(left)}`;
  }

  end() {
    clearInterval(this.timer);
  }
}
