// Elements made by hand: no markup is ever parsed, so that a bank's words stay words.

const SVG = "http://www.w3.org/2000/svg";

/** An element: `on*` are listeners, other values attributes; true is bare, false and null absent. */
export function h(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined)
      made.setAttribute(name, value);
  }
  made.append(
    ...children.flat().filter((child) => child !== null && child !== undefined && child !== false),
  );
  return made;
}

const ICONS = {
  lock: ["M7 11V8a5 5 0 0 1 10 0v3", "M5.5 11h13v9h-13z", "M12 14.5v2"],
  bank: ["M3.5 9.5 12 4l8.5 5.5z", "M6 10v7", "M10 10v7", "M14 10v7", "M18 10v7", "M4 20h16"],
  check: ["M5 12.5 10 17.5 19.5 7"],
  cross: ["M6 6l12 12", "M18 6 6 18"],
  clock: ["M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z", "M12 7.5v5l3 2"],
  phone: [
    "M8 2.5h8a1.5 1.5 0 0 1 1.5 1.5v16a1.5 1.5 0 0 1-1.5 1.5H8A1.5 1.5 0 0 1 6.5 20V4A1.5 1.5 0 0 1 8 2.5z",
    "M11 18.5h2",
  ],
  alert: ["M12 4 2.5 20h19z", "M12 10v4.5", "M12 17.3v.2"],
  info: ["M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z", "M12 11v5", "M12 7.8v.2"],
  out: ["M13 5h6v6", "M19 5l-8.5 8.5", "M17 14v5H5V7h5"],
  search: ["M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13z", "M15.5 15.5 20 20"],
  next: ["M9 5.5 15.5 12 9 18.5"],
  plus: ["M12 5v14", "M5 12h14"],
  offline: [
    "M3 3l18 18",
    "M5 12.5a10 10 0 0 1 4-2.3",
    "M15 10.3a10 10 0 0 1 4 2.2",
    "M8.5 16a5 5 0 0 1 7 0",
    "M12 19.5v.2",
  ],
  repeat: [
    "M4.5 12a7.5 7.5 0 0 1 13-5L20 9.5",
    "M20 4.5v5h-5",
    "M19.5 12a7.5 7.5 0 0 1-13 5L4 14.5",
    "M4 19.5v-5h5",
  ],
};

/** A line icon; it says nothing that the text beside it does not say. */
export function icon(name, size = 20) {
  const made = document.createElementNS(SVG, "svg");
  const attributes = {
    viewBox: "0 0 24 24",
    width: size,
    height: size,
    "aria-hidden": "true",
    focusable: "false",
    class: "icon",
  };
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  for (const line of ICONS[name] ?? ICONS.info) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", line);
    made.append(path);
  }
  return made;
}

/** The round picture of a waiting screen: an icon within a turning ring. */
export function spinner(name) {
  return h("div", { class: "spinner" }, h("span", { class: "ring" }), icon(name, 32));
}

/** The round picture of an end or a trouble. */
export function emblem(name, tone) {
  return h("div", { class: `emblem ${tone}` }, icon(name, 32));
}

/** A bank's initials on its own colour, as there are no logos; a name may be anything, or nothing. */
export function initials(name, color) {
  const words = name.split(/[\s'’-]+/).filter((word) => /^\p{L}/u.test(word) && word.length > 3);
  const letters = (words.length ? words : [name])
    .slice(0, 2)
    .map((word) => ([...word][0] ?? "").toLocaleUpperCase());
  const made = h("span", { class: "initials", "aria-hidden": "true" }, letters.join(""));
  if (/^[0-9a-f]{6}$/i.test(color ?? "")) {
    made.style.setProperty("--bank", `#${color}`);
    made.style.setProperty("--on-bank", isLight(color) ? "#000" : "#fff");
  }
  return made;
}

/** Whether black reads better on it than white (WCAG's relative luminance). */
function isLight(color) {
  const [r, g, b] = [0, 2, 4].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179;
}
