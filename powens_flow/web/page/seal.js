// Sealing in the browser: each value on its own becomes a compact JWE (RFC 7516) for Powens' key,
// `RSA-OAEP-256` and `A256GCM`, before it is handed to anything that sends.

const utf8 = new TextEncoder();

/** Whether this page may use WebCrypto at all: browsers give it to secure pages only. */
export function canSeal() {
  return Boolean(globalThis.crypto?.subtle);
}

/** The values by name, each sealed for the public key `jwk`. */
export async function sealValues(values, jwk) {
  const key = await imported(jwk);
  const sealed = {};
  for (const [name, value] of Object.entries(values))
    sealed[name] = await seal(value, key, jwk.kid);
  return sealed;
}

function imported({ kty, n, e }) {
  const algorithm = { name: "RSA-OAEP", hash: "SHA-256" };
  return crypto.subtle.importKey("jwk", { kty, n, e }, algorithm, false, ["encrypt"]);
}

async function seal(text, key, kid) {
  const header = base64url(
    utf8.encode(JSON.stringify({ alg: "RSA-OAEP-256", enc: "A256GCM", kid })),
  );
  const contentKey = crypto.getRandomValues(new Uint8Array(32));
  const vector = crypto.getRandomValues(new Uint8Array(12));
  const wrapped = await crypto.subtle.encrypt({ name: "RSA-OAEP" }, key, contentKey);
  const secret = await crypto.subtle.importKey("raw", contentKey, "AES-GCM", false, ["encrypt"]);
  contentKey.fill(0);
  const how = { name: "AES-GCM", iv: vector, additionalData: utf8.encode(header), tagLength: 128 };
  const whole = new Uint8Array(await crypto.subtle.encrypt(how, secret, utf8.encode(text)));
  const [body, tag] = [whole.slice(0, -16), whole.slice(-16)];
  return [header, ...[new Uint8Array(wrapped), vector, body, tag].map(base64url)].join(".");
}

function base64url(bytes) {
  const text = String.fromCharCode(...bytes);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
