/** `<endcap-tile>`: one item in a carousel or a grid. */
import { LitElement, html, nothing } from "lit";
import { look, roundButton } from "./styles/look.js";
import { tileStyle } from "./styles/tile.js";
import "./picture.js";
import { pricesIn, tierCaption, titleOf } from "./words.js";

/**
 * @fires endcap-add - with `{item, slate_id, position}`, when the visitor wants it
 * @fires endcap-why - with `{item, position}`, when the visitor asks why it is here
 */
class EndcapTile extends LitElement {
  static properties = {
    item: { attribute: false },
    /** `{slate_id, position, tier}` of the slate it is in, or null. */
    from: { attribute: false },
    currency: {},
    itemPath: { attribute: "item-path" },
  };

  static styles = [look, roundButton, tileStyle];

  constructor() {
    super();
    this.from = null;
    this.currency = "";
    this.itemPath = "/item/";
  }

  focus(options) {
    this.renderRoot.querySelector("a").focus(options);
  }

  render() {
    const { item, from } = this;
    const title = titleOf(item);
    const filler = from && item.tier && item.tier !== from.tier;
    return html`<article>
      <a href=${this.#address()}
        ><endcap-picture .item=${item}></endcap-picture>
        <h3>${title}</h3></a
      >
      ${filler ? html`<p class="tag">${tierCaption(item.tier)}</p>` : nothing}
      ${item.available === false ? html`<p class="tag">Out of stock</p>` : nothing}
      <footer>
        <span class="price">${pricesIn(item.currency ?? this.currency)(item.price)}</span>
        ${from ? this.#whyButton(title) : nothing}
      </footer>
      <button
        class="round add"
        aria-label=${`Add to cart: ${title}`}
        ?disabled=${item.available === false}
        @click=${this.#add}
      >
        <svg viewBox="0 0 20 20" aria-hidden="true"><path d="M10 4v12M4 10h12" /></svg>
      </button>
    </article>`;
  }

  #whyButton(title) {
    const label = `Why this? ${title}`;
    return html`<button class="why" aria-haspopup="dialog" aria-label=${label} @click=${this.#why}>
      Why this?
    </button>`;
  }

  /** The item's page, told in the fragment where the visitor came from. */
  #address() {
    const origin = this.from ? `#from=${this.from.slate_id}.${this.from.position}` : "";
    return this.itemPath + encodeURIComponent(this.item.item_id) + origin;
  }

  #add() {
    const { slate_id = null, position = null } = this.from ?? {};
    this.#tell("endcap-add", { item: this.item, slate_id, position });
  }

  #why() {
    this.#tell("endcap-why", { item: this.item, position: this.from.position });
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

customElements.define("endcap-tile", EndcapTile);
