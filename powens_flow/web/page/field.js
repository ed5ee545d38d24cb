// One field of a form: its control, help and error, and the value that was typed.

import { isNumeric, normalised, wrongValue } from "./check.js";
import { h, icon } from "./dom.js";

const FEW = 4; // so many choices are shown at once

export class Field {
  constructor(context, field, place, { isCode, isLogin }) {
    Object.assign(this, { context, field, isCode, isLogin, id: `field-${place}` });
    const isShort = (field.values ?? []).length <= FEW;
    this.isRadios = field.type === "list" && field.required && isShort; // no radio is taken back
  }

  node() {
    const { t } = this.context;
    this.problem = h("p", { class: "problem", id: `${this.id}-problem`, hidden: true });
    const optional = this.field.required
      ? null
      : h("span", { class: "optional" }, ` ${t("values.optional")}`);
    const help = this.field.description
      ? h("p", { class: "hint", id: `${this.id}-help` }, this.field.description)
      : null;
    const label = [this.field.label || this.field.name, optional];
    const node = this.isRadios ? this.radios(label, help) : this.single(label, help);
    this.told(this.field.error ?? null);
    return node;
  }

  single(label, help) {
    this.control = this.field.type === "list" ? this.select() : this.input();
    const showable = this.field.type === "password" && !this.isCode;
    const box = showable
      ? h("div", { class: "with-button" }, this.control, this.shower())
      : this.control;
    return h(
      "div",
      { class: "field" },
      h("label", { for: this.id, class: "label" }, label),
      help,
      box,
      this.problem,
    );
  }

  input() {
    const type =
      { password: this.isCode ? "text" : "password", date: "date" }[this.field.type] ?? "text";
    return h("input", {
      ...this.common(),
      type,
      autocomplete: this.autocomplete(),
      autocapitalize: "none",
      autocorrect: "off",
      spellcheck: "false",
      inputmode:
        isNumeric(this.field) || this.isShortCode()
          ? this.field.type === "number"
            ? "decimal"
            : "numeric"
          : null,
      class: this.isCode ? "code" : null,
    });
  }

  /** A code whose form nobody gave: phones show digits, and letters can still be reached. */
  isShortCode() {
    return this.isCode && !this.field.regex && /code|otp|sms/i.test(this.field.name);
  }

  autocomplete() {
    if (this.isCode) return "one-time-code";
    if (this.field.type === "password") return "current-password";
    return this.isLogin ? "username" : "off";
  }

  select() {
    const first = h("option", { value: "" }, this.context.t("values.choose"));
    const rest = (this.field.values ?? []).map(({ label, value }) => h("option", { value }, label));
    return h("select", this.common(), first, rest);
  }

  common() {
    return {
      id: this.id,
      name: this.field.name,
      "aria-required": this.field.required ? "true" : null,
      "aria-describedby": this.describedBy(),
      oninput: () => this.problem.hidden || this.told(null),
    };
  }

  describedBy() {
    return `${this.field.description ? `${this.id}-help ` : ""}${this.id}-problem`;
  }

  radios(label, help) {
    const choices = (this.field.values ?? []).map(({ label: text, value }, place) => {
      const id = `${this.id}-${place}`;
      const input = h("input", {
        type: "radio",
        id,
        name: this.field.name,
        value,
        onchange: () => this.told(null),
      });
      return h("label", { class: "choice", for: id }, input, h("span", {}, text));
    });
    this.control = h(
      "fieldset",
      { class: "field choices", "aria-describedby": this.describedBy() },
      h("legend", { class: "label" }, label),
      help,
      choices,
      this.problem,
    );
    return this.control;
  }

  shower() {
    const { t } = this.context;
    const names = { field: this.field.label || this.field.name };
    const shown = h("span", {}, t("button.show"));
    const press = ({ currentTarget }) => {
      const hides = this.control.type === "password";
      this.control.type = hides ? "text" : "password";
      shown.textContent = t(hides ? "button.hide" : "button.show");
      currentTarget.setAttribute(
        "aria-label",
        t(hides ? "button.hide_field" : "button.show_field", names),
      );
    };
    return h(
      "button",
      {
        type: "button",
        class: "button quiet show",
        "aria-label": t("button.show_field", names),
        onclick: press,
      },
      shown,
    );
  }

  value() {
    if (!this.isRadios) return normalised(this.field, this.control.value);
    return this.control.querySelector("input:checked")?.value ?? "";
  }

  entry() {
    return [this.field.name, this.value()];
  }

  check() {
    // Of a date that is half typed the browser says "", as of none.
    const isHalf = this.control.validity?.badInput ?? false;
    const key = isHalf ? "values.not_a_date" : wrongValue(this.field, this.value());
    this.told(key);
    return key === null;
  }

  told(key) {
    const text = key ? this.context.t(key, {}, "values.does_not_match") : "";
    this.problem.replaceChildren(...(text ? [icon("alert", 16), h("span", {}, text)] : []));
    this.problem.hidden = !text;
    for (const one of this.isRadios ? this.control.querySelectorAll("input") : [this.control]) {
      if (text) one.setAttribute("aria-invalid", "true");
      else one.removeAttribute("aria-invalid");
    }
  }

  focus() {
    (this.isRadios ? this.control.querySelector("input") : this.control).focus();
  }

  emptied() {
    if (this.isRadios)
      for (const one of this.control.querySelectorAll("input")) one.checked = false;
    else this.control.value = "";
    if (this.control.type === "text" && this.field.type === "password" && !this.isCode)
      this.control.type = "password";
  }
}
