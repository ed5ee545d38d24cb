// All texts, one catalogue a language (`en.json`, `fr.json`), which an integrator can extend.
// `{name}` is filled in; `key.zero`, `key.one`, `key.other` are told apart by a count.

const OURS = ["en", "fr"];

/** What is said when there are no texts to say it with. */
export const UNLOADED = {
  en: ["This page could not be loaded completely.", "Try again"],
  fr: ["Cette page n’a pas pu être chargée entièrement.", "Réessayer"],
};

/** The first language of the browser, or the one asked for, that there are texts in. */
export function chosenLanguage(asked, known = OURS) {
  const wanted = asked ? [asked] : (navigator.languages ?? [navigator.language]);
  const found = wanted
    .map((one) => one.toLowerCase().split("-")[0])
    .find((one) => known.includes(one));
  return found ?? "en";
}

/** The texts of a language: ours, and over them those of `url` (`{lang}` in it) and `own`. */
export async function loadTexts(language, { url = "", own = {} } = {}) {
  const ours = OURS.includes(language) ? language : "en";
  const files = [new URL(`./${ours}.json`, import.meta.url).href];
  if (url) files.push(new URL(url.replaceAll("{lang}", language), document.baseURI).href);
  const read = await Promise.all(files.map(fetched));
  return new Texts(language, Object.assign({}, ...read, own));
}

async function fetched(file) {
  const answer = await fetch(file);
  if (!answer.ok) throw new Error(`no texts at ${file}: ${answer.status}`);
  return await answer.json();
}

export class Texts {
  constructor(language, catalogue) {
    this.language = language;
    this.catalogue = catalogue;
    this.locale = localeOf(language);
    this.plural = new Intl.PluralRules(language);
  }

  has(key) {
    return Object.hasOwn(this.catalogue, key);
  }

  /** The text of a key; of an unknown one, that of the first `otherwise` that is known, or "". */
  text(key, values = {}, ...otherwise) {
    const known = [key, ...otherwise].find((one) => this.has(one));
    return known ? filled(this.catalogue[known], values) : "";
  }

  counted(key, count, values = {}) {
    const form = count === 0 && this.has(`${key}.zero`) ? "zero" : this.plural.select(count);
    return this.text(`${key}.${form}`, { ...values, count: this.number(count) }, `${key}.other`);
  }

  number(value) {
    return new Intl.NumberFormat(this.locale).format(value);
  }

  /** An amount; of no currency, or of none that is known, the number says no more than it is. */
  money(amount, currency) {
    try {
      return new Intl.NumberFormat(this.locale, { style: "currency", currency }).format(amount);
    } catch {
      return `${this.number(amount)} ${currency ?? ""}`.trim();
    }
  }

  date(iso) {
    return new Intl.DateTimeFormat(this.locale, { dateStyle: "long" }).format(new Date(iso));
  }

  time(iso) {
    return new Intl.DateTimeFormat(this.locale, { timeStyle: "short" }).format(new Date(iso));
  }

  /** A length of time in seconds: `2 min 5 sec`. */
  length(seconds) {
    const whole = Math.max(0, Math.round(seconds));
    const parts = [
      [Math.floor(whole / 60), "minute"],
      [whole % 60, "second"],
    ];
    const said = parts.filter(([amount, unit]) => amount > 0 || (unit === "second" && whole === 0));
    return said.map(([amount, unit]) => this.#unit(amount, unit)).join(" ");
  }

  #unit(amount, unit) {
    const how = { style: "unit", unit, unitDisplay: "short" };
    return new Intl.NumberFormat(this.locale, how).format(amount);
  }
}

/** The browser's own habits within the language: an English date is not everywhere the same. */
function localeOf(language) {
  return (
    navigator.languages?.find((one) => one.toLowerCase().split("-")[0] === language) ?? language
  );
}

function filled(text, values) {
  const said = text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  return said.charAt(0).toLocaleUpperCase() + said.slice(1);
}
