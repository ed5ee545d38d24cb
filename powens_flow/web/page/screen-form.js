// The form made from fields. What is typed is sealed here, then taken out of the page, then sent.

import { h, icon } from "./dom.js";
import { Field } from "./field.js";
import { canSeal, sealValues } from "./seal.js";

const CODE = "state.additionalInformationNeeded";

export function fillInFields(context, prompt) {
  if (!canSeal() && prompt.sealed) return insecure(context);
  const form = new Form(context, prompt);
  const plain =
    prompt.sealed || prompt.message_key !== "values.needed" ? "" : "values.needed.plain";
  return {
    title: plain ? context.t(plain) : undefined,
    help: plain ? context.t(`${plain}.help`) : undefined,
    content: form.nodes(),
    leave: () => form.left(),
  };
}

function insecure(context) {
  const text = h("p", {}, context.t("problem.insecure"));
  return {
    title: context.t("problem.insecure.title"),
    help: "",
    content: [h("div", { class: "trouble", role: "alert" }, icon("alert"), text)],
  };
}

class Form {
  constructor(context, prompt) {
    this.context = context;
    this.prompt = prompt;
    this.leaving = new AbortController();
    this.isCode = prompt.message_key === CODE;
    const hasPassword = prompt.fields.some((field) => field.type === "password");
    this.fields = prompt.fields.map((field, place) => {
      return new Field(context, field, place, {
        isCode: this.isCode,
        isLogin: hasPassword && place === 0,
      });
    });
  }

  nodes() {
    const { t } = this.context;
    const label = t(this.isCode ? "button.submit_code" : "button.submit_values");
    this.summary = h("p", { class: "summary", role: "alert" });
    this.submit = h(
      "button",
      { type: "submit", class: "button primary" },
      icon(this.prompt.sealed ? "lock" : "next"),
      h("span", {}, label),
    );
    this.form = h(
      "form",
      {
        novalidate: true,
        class: "form",
        autocomplete: "on",
        onsubmit: (event) => this.submitted(event),
      },
      this.summary,
      this.fields.map((field) => field.node()),
      this.submit,
    );
    const secured = h(
      "p",
      { class: "secured" },
      icon("lock", 18),
      h("span", {}, t("page.secured")),
    );
    return [this.form, this.prompt.sealed ? secured : null];
  }

  async submitted(event) {
    event.preventDefault();
    if (this.sending) return;
    const wrong = this.fields.filter((field) => !field.check());
    this.summary.textContent = wrong.length
      ? this.context.texts.counted("values.correct", wrong.length)
      : "";
    if (wrong.length) return wrong[0].focus();
    if (!this.prompt.sealed && this.fields.some((field) => field.field.type === "password")) {
      this.summary.textContent = this.context.t("problem.unsafe_form");
      return;
    }
    this.sending = true;
    await this.send(
      Object.fromEntries(
        this.fields.map((field) => field.entry()).filter(([, value]) => value !== ""),
      ),
    );
    this.sending = false;
  }

  async send(values) {
    this.submit.setAttribute("aria-busy", "true");
    const sealed = this.prompt.sealed ? await this.sealed(values) : values;
    this.submit.removeAttribute("aria-busy");
    if (sealed === null) return;
    this.emptied();
    await this.context.sendValues(sealed);
  }

  /** The values sealed; null where that failed, or another screen came: they are not for its step. */
  async sealed(values) {
    const { signal } = this.leaving;
    try {
      const sealed = await sealValues(values, await this.context.client.publicKey(signal));
      return signal.aborted ? null : sealed;
    } catch (problem) {
      if (!this.context.isSignedOut(problem))
        this.summary.textContent = this.context.t("problem.unavailable");
      return null; // nothing has left the browser; what was typed stays for another try
    }
  }

  /** Another screen is shown: what is being sealed is let go. */
  left() {
    this.leaving.abort();
    this.emptied();
  }

  /** Takes what was typed out of the page. */
  emptied() {
    for (const field of this.fields) field.emptied();
  }
}

export const CHECKING = "values.checking";

/** What is shown while the bank checks what was just sent for `prompt`. */
export function checking({ connector, source }) {
  return { kind: "working", message_key: CHECKING, accepts: [], connector, source };
}
