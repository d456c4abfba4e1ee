/** Who is shopping: one session for each visit, and a user if the visitor says so. */

const SESSION = "endcap.session";
const USER = "endcap.user";

/** Tells "change" when the user changes, here or in another tab. */
export const visitor = new (class Visitor extends EventTarget {
  /** A random id that lasts as long as the tab. */
  get session() {
    const known = sessionStorage.getItem(SESSION);
    if (known) return known;
    const fresh = randomId();
    sessionStorage.setItem(SESSION, fresh);
    return fresh;
  }

  /** The user's id, or null for a guest. */
  get user() {
    return localStorage.getItem(USER);
  }

  set user(id) {
    if (id) localStorage.setItem(USER, id);
    else localStorage.removeItem(USER);
    this.dispatchEvent(new Event("change"));
  }
})();

addEventListener("storage", ({ key }) => key === USER && visitor.dispatchEvent(new Event("change")));

/** 128 random bits in hex; also where `crypto.randomUUID` is missing, as on plain HTTP. */
export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
