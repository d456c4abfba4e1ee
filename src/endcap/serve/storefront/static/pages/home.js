/** The home page: a welcome, and two shelves. */
import { LitElement, html, nothing } from "lit";
import { fetchShop } from "../api.js";
import { Asked } from "../asked.js";
import "../carousel.js";
import { categoryName } from "../words.js";
import "./window.js";

class ShopHome extends LitElement {
  static properties = { picked: { state: true } };

  #shop = new Asked(this);

  constructor() {
    super();
    /** The slate "for you", so that the shelf below does not repeat it; undefined until it was asked for. */
    this.picked = undefined;
    this.#shop.run(fetchShop);
  }

  createRenderRoot() {
    return this;
  }

  render() {
    const { currency = "", categories = [] } = this.#shop.value ?? {};
    return html` <section class="hero">
        <div>
          <h1>Small things, kindly given.</h1>
          <p>Mugs for Monday, bunting for Saturday, and a candle for every night between.</p>
          <p><a class="solid" href="/search">Browse the whole shop</a></p>
        </div>
        <shop-window></shop-window>
      </section>
      <nav class="chips" aria-label="Categories">${categories.slice(0, 12).map(chip)}</nav>
      <endcap-carousel
        slot-name="home/for-you"
        heading="For you"
        currency=${currency}
        @endcap-slate=${this.#noteSlate}
      ></endcap-carousel>
      ${
        this.picked === undefined
          ? nothing
          : html`<endcap-carousel
              slot-name="home/popular"
              heading="What everybody likes"
              currency=${currency}
              .exclude=${this.picked}
            ></endcap-carousel>`
      }`;
  }

  #noteSlate({ detail: slate }) {
    this.picked = slate?.items.map(({ item_id }) => item_id) ?? [];
  }
}

const chip = ({ name }) =>
  html`<a href=${`/search?${new URLSearchParams({ category: name })}`}>${categoryName(name)}</a>`;

customElements.define("shop-home", ShopHome);
