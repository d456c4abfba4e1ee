/** The search page: items by the words of their titles, or by category. */
import { LitElement, html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { fetchShop, findItems } from "../api.js";
import { Asked } from "../asked.js";
import { note } from "../events.js";
import "../carousel.js";
import "../problem.js";
import "../tile.js";
import { categoryName, counted } from "../words.js";

const PAGE = 24;

class ShopSearch extends LitElement {
  #wanted = wanted();
  #shop = new Asked(this);
  #found = new Asked(this);
  #more = () => this.#found.run(() => this.#question(this.#found.value?.items ?? []));

  constructor() {
    super();
    this.pageTitle = this.#heading();
    this.#shop.run(fetchShop);
    this.#more();
    const { query } = this.#wanted;
    if (query) note("search", { query, item_id: null });
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    document.querySelector(".search input").value = this.#wanted.query;
  }

  render() {
    const { value, error, pending } = this.#found;
    const { currency = "", categories = [] } = this.#shop.value ?? {};
    return html`<header class="results">
        <h1>${this.#heading()}</h1>
        <p role="status">${value ? counted(value.total, "item") : pending ? "Looking…" : nothing}</p>
      </header>
      ${this.#chips(categories.slice(0, 16))} ${error ? this.#problem(error) : nothing}
      ${value?.total === 0 ? nothingFound() : nothing}
      <ul class="grid">
        ${repeat(
          value?.items ?? [],
          ({ item_id }) => item_id,
          (item) => html`<li><endcap-tile .item=${item} currency=${currency}></endcap-tile></li>`,
        )}
        ${pending && !value ? Array.from({ length: 8 }, () => html`<li class="ghost"></li>`) : nothing}
      </ul>
      <p class="more" ?hidden=${!value || value.items.length === value.total}>
        <button class="outline" ?disabled=${pending} @click=${this.#more}>Show more</button>
      </p>`;
  }

  #problem(error) {
    return html`<endcap-problem
      what="The search did not work."
      .error=${error}
      @retry=${this.#more}
    ></endcap-problem>`;
  }

  #heading() {
    const { query, category } = this.#wanted;
    const aisle = category && categoryName(category);
    if (query) return `“${query}”${aisle ? ` in ${aisle}` : ""}`;
    return aisle || "Everything in the shop";
  }

  #chips(categories) {
    const { query, category } = this.#wanted;
    const address = (name) =>
      `/search?${new URLSearchParams({ ...(query && { q: query }), ...(name && { category: name }) })}`;
    const chip = (name, label) =>
      html`<a href=${address(name)} aria-current=${name === category ? "true" : nothing}>${label}</a>`;
    return html`<nav class="chips" aria-label="Categories">
      ${chip("", "All")}${categories.map(({ name }) => chip(name, categoryName(name)))}
    </nav>`;
  }

  async #question(known) {
    const { total, items } = await findItems({ ...this.#wanted, limit: PAGE, offset: known.length });
    return { total, items: [...known, ...items] };
  }
}

function nothingFound() {
  return html`<section class="empty"><p>Nothing in the shop is called that. Perhaps a shorter word?</p></section>
    <endcap-carousel slot-name="home/popular" heading="What everybody likes"></endcap-carousel>`;
}

/** What the address asks for. */
function wanted() {
  const asked = new URLSearchParams(location.search);
  return { query: (asked.get("q") ?? "").trim(), category: asked.get("category") ?? "" };
}

customElements.define("shop-search", ShopSearch);
