/** The cart: kept in this browser, and told to endcap event by event. */
import { note } from "./events.js";
import { randomId } from "./visitor.js";

const KEY = "endcap.cart";

/**
 * @typedef {object} Line
 * @property {string} item_id
 * @property {string} title
 * @property {string} category
 * @property {number|null} price
 * @property {string|null} currency of the price; null: that of the shop
 * @property {string|null} image
 * @property {number} quantity
 * @property {string|null} slate_id the slate it was chosen from, if any
 * @property {number|null} position its place in that slate
 */

/** Tells "change" when its lines change, here or in another tab. */
export const cart = new (class Cart extends EventTarget {
  /** @returns {Line[]} */
  get lines() {
    return parsed(localStorage.getItem(KEY));
  }

  get ids() {
    return this.lines.map((line) => line.item_id);
  }

  get count() {
    return this.lines.reduce((sum, line) => sum + line.quantity, 0);
  }

  /** @returns {number|null} what all lines cost; null if the price of one is not known, or they are not in one currency */
  get total() {
    const { lines } = this;
    const one = lines.every((line) => line.price != null && line.currency === lines[0].currency);
    return one ? lines.reduce((sum, line) => sum + line.quantity * line.price, 0) : null;
  }

  /** @returns {string|null} that of the first line; null: that of the shop */
  get currency() {
    return this.lines[0]?.currency ?? null;
  }

  /** Put an item in, with where it was found. */
  add(item, { slate_id = null, position = null } = {}, quantity = 1) {
    const { item_id, title, category, price, currency = null, image } = item;
    const known = this.lines.find((line) => line.item_id === item_id);
    if (known) return this.setQuantity(item_id, known.quantity + quantity);
    const line = { item_id, title, category, price, currency, image, quantity, slate_id, position };
    tell("cart", line, quantity);
    this.#keep([...this.lines, line]);
  }

  /** Change how many of an item there are; none takes it out. */
  setQuantity(id, quantity) {
    const line = this.lines.find(({ item_id }) => item_id === id);
    const more = quantity - line.quantity;
    if (more) tell(more > 0 ? "cart" : "uncart", line, Math.abs(more));
    const others = this.lines.map((other) => (other.item_id === id ? { ...other, quantity } : other));
    this.#keep(others.filter((other) => other.quantity > 0));
  }

  /** Buy everything. @returns {{order_id: string, count: number, total: number}} */
  order() {
    const { count, total, currency } = this;
    const receipt = { order_id: `demo-${randomId().slice(0, 12)}`, count, total, currency };
    for (const line of this.lines) tell("purchase", line, line.quantity, receipt.order_id);
    this.#keep([]);
    return receipt;
  }

  #keep(lines) {
    localStorage.setItem(KEY, JSON.stringify(lines));
    this.dispatchEvent(new Event("change"));
  }
})();

addEventListener("storage", ({ key }) => key === KEY && cart.dispatchEvent(new Event("change")));

function tell(kind, { item_id, price, slate_id, position }, quantity, order_id = null) {
  note(kind, { item_id, quantity, price, slate_id, position, order_id });
}

/** Lines from storage; what an older version or a stranger wrote there counts as empty. */
function parsed(text) {
  try {
    const lines = JSON.parse(text ?? "[]");
    return Array.isArray(lines) ? lines.filter((line) => line?.item_id && line.quantity > 0) : [];
  } catch {
    return [];
  }
}
