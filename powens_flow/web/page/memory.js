// What a browser remembers of an attempt: its opaque id, and the key of a start under way. Neither
// opens anything without the person's own session. Values that were typed are kept nowhere.
//
// `sessionStorage` is this tab's: it outlives a reload, the bank's page and the back button, and
// still shows the end. `localStorage` brings a closed tab's attempt back, and joins two tabs.

const LEFT = "powens-flow:left:";
const CHOSEN = "powens-flow:chosen:";
const unkept = new Map(); // storage is off or full: the attempt lives as long as the page
const entered = new Set(); // the names that were opened on this page
const FRESH = 3600 * 1000; // a start that was never answered is repeated with its key for an hour

export class Memory {
  /** `name` tells apart what is done here: the mount point, and what a start is asked for. */
  constructor(name) {
    this.attemptKey = `powens-flow:attempt:${name}`;
    this.arrivedKey = `powens-flow:arrived:${name}`;
    this.endedKey = `powens-flow:ended:${name}`;
    this.startKey = `powens-flow:start:${name}`;
  }

  /** Who comes to the page anew is past the end that this tab has shown; who reloads it is not. */
  enter() {
    const isFirst = !entered.has(this.attemptKey);
    entered.add(this.attemptKey);
    const isPast = read("sessionStorage", this.endedKey) === read("sessionStorage", this.attemptKey);
    if (isFirst && isPast && isVisit()) write("sessionStorage", this.attemptKey, null);
  }

  /** The id of the attempt to go on with, if there is one. */
  attempt() {
    return read("sessionStorage", this.attemptKey) ?? read("localStorage", this.attemptKey);
  }

  /** The id that came in the address: this tab's, until it is known whose it is, or null. */
  arrive(id) {
    write("sessionStorage", this.arrivedKey, id);
  }

  /** Of the last arrival, where a sign-in came between. */
  arrived() {
    return read("sessionStorage", this.arrivedKey);
  }

  keep(id) {
    write("sessionStorage", this.attemptKey, id);
    write("localStorage", this.attemptKey, id);
    write("localStorage", this.startKey, null);
  }

  /** The attempt has ended: this tab may still show it, another visit begins afresh. */
  ended(id) {
    write("sessionStorage", this.endedKey, id);
    this.keepChosen(id, []);
    write("sessionStorage", `${LEFT}${id}`, null);
    if (read("localStorage", this.attemptKey) === id) write("localStorage", this.attemptKey, null);
  }

  /** Begin afresh, everywhere; an attempt that another tab began meanwhile stays. */
  forget(id) {
    write("sessionStorage", this.attemptKey, null);
    this.ended(id);
  }

  /** What was ticked among an attempt's accounts: this tab's, while a further source is added. */
  chosen(id) {
    return new Set((read("sessionStorage", `${CHOSEN}${id}`) ?? "").split(" ").filter(Boolean));
  }

  keepChosen(id, chosen) {
    write("sessionStorage", `${CHOSEN}${id}`, [...chosen].join(" ") || null);
  }

  /** This tab leaves for the bank's page: a trace of its address is kept, not the address. */
  leaves(id, url) {
    write("sessionStorage", `${LEFT}${id}`, trace(url));
  }

  hasLeft(id, url) {
    return read("sessionStorage", `${LEFT}${id}`) === trace(url);
  }

  /** The idempotency key of the start: the same for each try, and for tabs opened at once. */
  startingKey(now = Date.now()) {
    const [key, at] = (read("localStorage", this.startKey) ?? "").split(" ");
    if (key && now - Number(at) < FRESH) return key;
    const made = crypto.randomUUID?.() ?? unguessable();
    write("localStorage", this.startKey, `${made} ${now}`);
    return made;
  }

  /** The start was refused: the next one is another. */
  forgetStart() {
    write("localStorage", this.startKey, null);
  }
}

/** A key that nobody else makes. */
export function unguessable() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function isVisit() {
  return performance.getEntriesByType("navigation")[0]?.type === "navigate";
}

/** FNV-1a: enough to tell one address from another. */
function trace(text) {
  let sum = 2166136261;
  for (const one of text ?? "") sum = Math.imul(sum ^ one.codePointAt(0), 16777619);
  return String(sum >>> 0);
}

function read(storage, key) {
  const name = `${storage} ${key}`;
  try {
    return unkept.has(name) ? unkept.get(name) : globalThis[storage].getItem(key);
  } catch {
    return null;
  }
}

function write(storage, key, value) {
  const name = `${storage} ${key}`;
  try {
    if (value === null) globalThis[storage].removeItem(key);
    else globalThis[storage].setItem(key, value);
    unkept.delete(name);
  } catch {
    unkept.set(name, value);
  }
}
