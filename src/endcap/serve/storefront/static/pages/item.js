/** The page of one item: picture, price, variants, and two shelves. */
import { LitElement, html, nothing } from "lit";
import { fetchItem, fetchShop } from "../api.js";
import { Asked } from "../asked.js";
import { cart } from "../cart.js";
import "../carousel.js";
import { note } from "../events.js";
import { swatchOf } from "../picture/palette.js";
import "../problem.js";
import { categoryName, counted, differences, pricesIn, shopName, titleOf } from "../words.js";
import "./quantity.js";

class ShopItem extends LitElement {
  static properties = { item: {}, quantity: { state: true } };

  #found = new Asked(this);
  #from = origin();
  #inCart = cart.ids;
  #ask = () => this.#found.run(() => this.#question());

  constructor() {
    super();
    this.quantity = 1;
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    this.#ask();
  }

  updated() {
    const { value } = this.#found;
    if (value) document.title = `${titleOf(value)} · ${shopName(value.shop.name)}`;
  }

  render() {
    const { pending, value, error } = this.#found;
    if (error?.status === 404) return missing();
    if (error)
      return html`<endcap-problem
        what="This item could not be shown."
        .error=${error}
        @retry=${this.#ask}
      ></endcap-problem>`;
    if (pending) return html`<div class="item ghost" aria-busy="true"></div>`;
    return html`${this.#details(value)} ${this.#shelf("item/together", "Often bought together")}
    ${this.#shelf("item/substitutes", value.available ? "You might prefer" : "In stock instead")}`;
  }

  async #question() {
    const [item, shop] = await Promise.all([fetchItem(this.item), fetchShop()]);
    note("view", { item_id: item.item_id, price: item.price, ...this.#from });
    return { ...item, shop };
  }

  #details({ shop, ...item }) {
    const price = pricesIn(item.currency ?? shop.currency);
    return html`<article class="item">
      <endcap-picture .item=${item}></endcap-picture>
      <div>
        <nav class="trail" aria-label="Where you are"><a href="/">Shop</a> ${aisle(item)}</nav>
        <h1>${titleOf(item)}</h1>
        <p class="price">${price(item.price)}</p>
        ${item.variants.length > 1 ? variants(item) : nothing}
        ${item.available ? this.#buy(item) : html`<p class="gone"><b>Out of stock for now.</b></p>`}
        <p class="fact">Item ${item.item_id}</p>
      </div>
    </article>`;
  }

  #buy(item) {
    return html`<div class="buy">
      <shop-quantity
        .value=${this.quantity}
        min="1"
        label="Quantity"
        @change=${({ target }) => (this.quantity = target.value)}
      ></shop-quantity>
      <button class="solid" @click=${() => this.#add(item)}>Add to cart</button>
    </div>`;
  }

  #add(item) {
    const detail = { item, quantity: this.quantity, ...this.#from };
    this.dispatchEvent(new CustomEvent("endcap-add", { detail, bubbles: true }));
  }

  #shelf(slot, heading) {
    const { currency } = this.#found.value.shop;
    return html`<endcap-carousel
      slot-name=${slot}
      .item=${this.item}
      .cart=${this.#inCart}
      heading=${heading}
      currency=${currency}
    ></endcap-carousel>`;
  }
}

function aisle({ category }) {
  if (!category) return nothing;
  return html`<a href=${`/search?${new URLSearchParams({ category })}`}>${categoryName(category)}</a>`;
}

function variants({ item_id, variants: family }) {
  const others = differences(family.map(titleOf));
  return html`<section class="variants" aria-labelledby="family">
    <h2 id="family">Comes in ${counted(family.length, "variant")}</h2>
    <ul>
      ${family.map(
        (variant, index) =>
          html`<li>
            <a
              href=${`/item/${encodeURIComponent(variant.item_id)}`}
              aria-current=${variant.item_id === item_id ? "true" : nothing}
              class=${variant.available ? "" : "gone"}
            >
              ${swatch(variant)}${others[index]}${variant.available ? nothing : html`<small> (out of stock)</small>`}</a
            >
          </li>`,
      )}
    </ul>
  </section>`;
}

function swatch({ title }) {
  const colour = swatchOf(title);
  return colour
    ? html`<svg viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="7.2" fill=${colour} /></svg>`
    : nothing;
}

function missing() {
  return html`<section class="empty">
      <h1>We do not have that one</h1>
      <p>It may have sold out for good, or the address has a slip in it.</p>
      <p><a class="solid" href="/search">Browse the whole shop</a></p>
    </section>
    <endcap-carousel slot-name="home/popular" heading="What everybody likes"></endcap-carousel>`;
}

/** The slate and place the visitor came from, taken out of the address so that a copied link does not carry it. */
function origin() {
  const [, slate_id = null, position = null] = /^#from=(.+)\.(\d+)$/.exec(location.hash) ?? [];
  if (slate_id) history.replaceState(history.state, "", location.pathname);
  return { slate_id, position: position && Number(position) };
}

customElements.define("shop-item", ShopItem);
