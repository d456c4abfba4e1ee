/** `<shop-quantity>`: a number with a button on either side. */
import { LitElement, html } from "lit";

/** @fires change - after the visitor chose another `value` */
class ShopQuantity extends LitElement {
  static properties = { value: { type: Number }, min: { type: Number }, label: {} };

  constructor() {
    super();
    this.min = 0;
  }

  createRenderRoot() {
    return this;
  }

  render() {
    return html`<span role="group" aria-label=${this.label}>
      <button
        type="button"
        aria-label="One fewer"
        ?disabled=${this.value <= this.min}
        @click=${() => this.#choose(this.value - 1)}
      >
        −
      </button>
      <output>${this.value}</output>
      <button type="button" aria-label="One more" @click=${() => this.#choose(this.value + 1)}>+</button></span
    >`;
  }

  #choose(value) {
    this.value = value;
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

customElements.define("shop-quantity", ShopQuantity);
