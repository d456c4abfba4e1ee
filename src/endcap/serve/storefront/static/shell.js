/** What every page of the demo shop has: the cart link, who is shopping, and a place for short messages. */
import { LitElement, html, nothing } from "lit";
import { cart } from "./cart.js";
import { visitor } from "./visitor.js";
import { counted } from "./words.js";

class ShopCartLink extends LitElement {
  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    cart.addEventListener("change", () => this.requestUpdate());
  }

  render() {
    return html`<a href="/cart" aria-label=${`Cart, ${counted(cart.count, "item")}`}>
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path d="M4 9h16l-1.6 10.5a1.5 1.5 0 0 1-1.5 1.3H7.1a1.5 1.5 0 0 1-1.5-1.3Z" />
        <path d="M8.5 12V7.5a3.5 3.5 0 0 1 7 0V12" />
      </svg>
      <span>Cart</span>${cart.count ? html`<b>${cart.count}</b>` : nothing}</a
    >`;
  }
}

class ShopVisitor extends LitElement {
  static properties = { open: { state: true } };

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    visitor.addEventListener("change", () => this.requestUpdate());
    this.addEventListener("keydown", ({ key }) => key === "Escape" && this.open && this.#close());
    this.addEventListener(
      "focusout",
      ({ relatedTarget }) => relatedTarget && !this.contains(relatedTarget) && (this.open = false),
    );
    document.addEventListener("pointerdown", ({ target }) => !this.contains(target) && (this.open = false));
  }

  render() {
    const who = visitor.user ? `No. ${visitor.user}` : "Guest";
    return html`<button
        class="who"
        aria-expanded=${Boolean(this.open)}
        aria-controls="who"
        @click=${() => (this.open = !this.open)}
      >
        <small>Shopping as</small> <span>${who}</span>
      </button>
      <form id="who" ?hidden=${!this.open} @submit=${this.#submit}>
        <label for="user">Customer number</label>
        <input
          id="user"
          name="user"
          inputmode="numeric"
          placeholder="for example 17850"
          .value=${visitor.user ?? ""}
          autocomplete="off"
        />
        <div>
          <button class="solid">Shop as this customer</button>
          <button type="button" class="plain" ?hidden=${!visitor.user} @click=${() => this.#choose(null)}>
            Be a guest
          </button>
        </div>
      </form>`;
  }

  #submit(event) {
    event.preventDefault();
    this.#choose(new FormData(event.target).get("user").trim() || null);
  }

  #choose(user) {
    visitor.user = user;
    this.#close();
  }

  #close() {
    this.open = false;
    this.querySelector(".who").focus();
  }
}

class ShopToast extends LitElement {
  static properties = { text: { state: true } };

  createRenderRoot() {
    return this;
  }

  /** Show a message for a while, and have it read out. */
  say(text) {
    clearTimeout(this.timer);
    this.text = text;
    this.timer = setTimeout(() => (this.text = ""), 5000);
  }

  render() {
    return html`<div role="status" aria-live="polite">
      ${this.text ? html`<p>${this.text} <a href="/cart">See the cart</a></p>` : nothing}
    </div>`;
  }
}

customElements.define("shop-cart-link", ShopCartLink);
customElements.define("shop-visitor", ShopVisitor);
customElements.define("shop-toast", ShopToast);
