// The sub-application's routes. A request that got no answer is repeated, with the same
// `Idempotency-Key`, until it gets one: the server acts once.

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 8000;
const LONGEST_WAIT = 60000; // the server answers `working` well before
const LEAST_AHEAD = 5000; // less is the way of the answer, and a date's full seconds
const MOST_BUSY = 5; // answers "not now" in a row before the person is asked

/**
 * A problem answer (RFC 9457): `status`, `code`, `fields`, `view`. A 401 may be that of the backend's own
 * sign-in, or of a proxy before it, which know nothing of our codes.
 */
export class Problem extends Error {
  constructor(status, body = {}) {
    super(body.detail ?? body.title ?? `status ${status}`);
    this.status = status;
    this.code = body.code ?? (status === 401 ? "unauthenticated" : "");
    this.fields = body.fields ?? {};
    this.view = body.view ?? null;
  }
}

export class Client {
  /** `headers()` gives further headers of each request; `onNetwork(word)` hears of the network. */
  constructor(base, { headers = null, onNetwork = () => {} } = {}) {
    this.base = new URL(`${base.replace(/\/+$/, "")}/`, document.baseURI).href;
    this.headers = headers;
    this.onNetwork = onNetwork;
    this.closing = new AbortController();
    this.ahead = 0; // ms that the server's clock is ahead of this machine's
  }

  /** Now, by the server's clock: whoever sets a phone's wrong is not told wrong times. */
  now() {
    return Date.now() + this.ahead;
  }

  start(body, key) {
    return this.#request("POST", "attempts", { body, key });
  }

  view(id) {
    return this.#request("GET", this.#attempt(id));
  }

  send(id, event, key) {
    return this.#request("POST", `${this.#attempt(id)}/events`, { body: event, key });
  }

  connectors(id, query, signal) {
    const text = new URLSearchParams(query).toString();
    return this.#request("GET", `${this.#attempt(id)}/connectors?${text}`, { signal });
  }

  publicKey(signal) {
    return this.#request("GET", "publickey", { signal });
  }

  streamUrl(id) {
    return `${this.base}${this.#attempt(id)}/stream`;
  }

  close() {
    this.closing.abort();
  }

  #attempt(id) {
    return `attempts/${encodeURIComponent(id)}`;
  }

  async #request(method, path, given = {}) {
    let busy = 0;
    for (let tries = 0; ; tries += 1) {
      const got = await this.#tried(method, path, given);
      if (got === null) {
        await this.#pause(tries, given.signal);
      } else if (isBusy(got.answer) && (busy += 1) < MOST_BUSY) {
        await this.#pause(busy, given.signal, retryAfter(got.answer));
      } else {
        return read(got);
      }
    }
  }

  /** One try: the answer and its whole `text`; null when none came, or not all of it. */
  async #tried(method, path, { body, key, signal }) {
    const own = await this.#own();
    if (own === null) return null;
    const headers = { Accept: "application/json", ...own };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (key) headers["Idempotency-Key"] = key;
    const signals = [this.closing.signal, AbortSignal.timeout(LONGEST_WAIT), signal].filter(
      Boolean,
    );
    try {
      const answer = await fetch(this.base + path, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.any(signals),
        credentials: "include",
        cache: "no-store",
        redirect: "manual",
      });
      const text = await answer.text();
      this.onNetwork("");
      this.#compare(answer.headers.get("Date"));
      return { answer, text };
    } catch (error) {
      if (this.closing.signal.aborted || signal?.aborted) throw error;
      this.onNetwork(navigator.onLine ? "slow" : "offline");
      return null;
    }
  }

  /** The page's own headers; null where they cannot be had because the network is gone. */
  async #own() {
    try {
      return (await this.headers?.()) ?? {};
    } catch (error) {
      if (navigator.onLine) throw error;
      this.onNetwork("offline");
      return null;
    }
  }

  #compare(date) {
    const ahead = Date.parse(date) - Date.now();
    if (!Number.isNaN(ahead)) this.ahead = Math.abs(ahead) < LEAST_AHEAD ? 0 : ahead;
  }

  #pause(tries, signal, seconds = 0) {
    const grown = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** tries);
    const wait = seconds ? seconds * 1000 : grown * (0.75 + Math.random() / 2);
    return new Promise((resolve, reject) => {
      const over = new AbortController(); // leaves no listener behind
      const done = (how) => {
        clearTimeout(timer);
        over.abort();
        how();
      };
      const again = () => done(resolve);
      const timer = setTimeout(again, wait);
      addEventListener("online", again, { signal: over.signal });
      for (const one of [this.closing.signal, signal]) {
        const left = () => done(() => reject(one.reason));
        one?.addEventListener("abort", left, { once: true, signal: over.signal });
      }
    });
  }
}

/** Not acted on, so that it may be sent again; 408: the body did not come in time. */
function isBusy(answer) {
  return [408, 429, 502, 503, 504].includes(answer.status);
}

function retryAfter(answer) {
  const seconds = Number(answer.headers.get("Retry-After"));
  return seconds > 0 ? Math.min(seconds, 60) : 0;
}

/** None of the routes redirects: a redirect is the backend's own way to ask for a sign-in. */
function read({ answer, text }) {
  if (answer.type === "opaqueredirect") throw new Problem(401, { code: "unauthenticated" });
  const body = parsed(text);
  if (!answer.ok || body === null) throw new Problem(answer.status, body ?? {});
  return body;
}

/** What the text says; null where it is no JSON, as from a proxy. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
