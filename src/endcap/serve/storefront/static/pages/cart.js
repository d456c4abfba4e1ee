/** The cart page: what is in it, a demo of buying it, and a shelf that goes with it. */
import { LitElement, html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { fetchShop } from "../api.js";
import { Asked } from "../asked.js";
import { cart } from "../cart.js";
import "../carousel.js";
import { flush } from "../events.js";
import "../picture.js";
import { counted, pricesIn, titleOf } from "../words.js";
import "./quantity.js";

class ShopCart extends LitElement {
  static properties = { receipt: { state: true } };

  #shop = new Asked(this);
  #changed = () => this.requestUpdate();

  constructor() {
    super();
    this.pageTitle = "Cart";
    this.receipt = null;
    this.#shop.run(fetchShop);
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    cart.addEventListener("change", this.#changed);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    cart.removeEventListener("change", this.#changed);
  }

  render() {
    const { currency = "" } = this.#shop.value ?? {};
    const { lines } = cart;
    if (lines.length)
      return [this.#filled(lines, currency), shelf("cart/together", "Goes with your cart", currency)];
    return [
      this.receipt ? thanks(this.receipt, currency) : empty(),
      shelf("home/popular", "What everybody likes", currency),
    ];
  }

  #filled(lines, currency) {
    const price = pricesIn(cart.currency ?? currency);
    return html`<h1>Your cart</h1>
      <div class="cart">
        <ul>
          ${repeat(
            lines,
            ({ item_id }) => item_id,
            (line) => row(line, pricesIn(line.currency ?? currency)),
          )}
        </ul>
        <aside aria-label="Summary">
          <dl>
            <dt>${counted(cart.count, "item")}</dt>
            <dd>${price(cart.total)}</dd>
            <dt class="total">Total</dt>
            <dd class="total">${price(cart.total)}</dd>
          </dl>
          <button class="solid" @click=${this.#order}>Place order</button>
          <p class="fact">This is a demo: nothing is charged and nothing will be sent.</p>
        </aside>
      </div>`;
  }

  async #order() {
    this.receipt = cart.order();
    flush();
    await this.updateComplete;
    this.querySelector("h1").focus();
  }
}

function row(line, price) {
  const { item_id, quantity } = line;
  const title = titleOf(line);
  return html`<li>
    <a href=${`/item/${encodeURIComponent(item_id)}`} tabindex="-1" aria-hidden="true"
      ><endcap-picture .item=${line}></endcap-picture
    ></a>
    <div>
      <h2><a href=${`/item/${encodeURIComponent(item_id)}`}>${title}</a></h2>
      ${line.price == null ? nothing : html`<p class="fact">${price(line.price)} each</p>`}
      <shop-quantity
        .value=${quantity}
        min="1"
        label=${`Quantity of ${title}`}
        @change=${({ target }) => cart.setQuantity(item_id, target.value)}
      ></shop-quantity>
      <button class="plain" aria-label=${`Remove ${title}`} @click=${() => cart.setQuantity(item_id, 0)}>
        Remove
      </button>
    </div>
    <p class="price">${price(line.price == null ? null : quantity * line.price)}</p>
  </li>`;
}

function shelf(slot, heading, currency) {
  const ids = slot === "cart/together" ? cart.ids : [];
  return html`<endcap-carousel
    slot-name=${slot}
    .cart=${steady(ids)}
    heading=${heading}
    currency=${currency}
  ></endcap-carousel>`;
}

let last = [];

/** The same array while the ids are the same, so that a changed quantity does not fetch another slate. */
function steady(ids) {
  if (ids.join() !== last.join()) last = ids;
  return last;
}

function thanks({ order_id, count, total, currency: own }, currency) {
  const price = total == null ? "" : ` for ${pricesIn(own ?? currency)(total)}`;
  return html`<section class="empty">
    <h1 tabindex="-1">Thank you!</h1>
    <p>
      Your demo order ${order_id} of ${counted(count, "item")}${price} is noted. Nothing is charged, and nothing will
      be sent.
    </p>
    <p><a class="solid" href="/">Back to the shop</a></p>
  </section>`;
}

function empty() {
  return html`<section class="empty">
    <h1>Your cart is empty</h1>
    <p>Something small to start with?</p>
    <p><a class="solid" href="/search">Browse the whole shop</a></p>
  </section>`;
}

customElements.define("shop-cart", ShopCart);
