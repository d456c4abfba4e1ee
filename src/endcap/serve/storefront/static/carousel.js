/**
 * `<endcap-carousel>`: one slot of endcap on any page.
 *
 *     <endcap-carousel slot-name="item/together" item="85123A" heading="Often bought together"></endcap-carousel>
 */
import { LitElement, html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { recommend } from "./api.js";
import { Asked } from "./asked.js";
import { note, sendEventsTo } from "./events.js";
import { look, roundButton } from "./styles/look.js";
import { carouselStyle } from "./styles/carousel.js";
import "./problem.js";
import "./tile.js";
import { visitor } from "./visitor.js";
import "./why.js";
import { tierCaption } from "./words.js";

/** Ids in an attribute: between commas, or as a JSON list, for ids that hold commas themselves. */
const ids = {
  fromAttribute: (text) =>
    listed(text) ??
    text
      ?.split(",")
      .map((id) => id.trim())
      .filter(Boolean) ??
    [],
};
const REQUEST = ["slotName", "item", "cart", "exclude", "k", "endpoint"];

function listed(text) {
  try {
    const list = JSON.parse(text);
    return Array.isArray(list) ? list.map(String) : null;
  } catch {
    return null;
  }
}

/**
 * @fires endcap-slate - with the slate, or null if there was none to be had
 * @fires endcap-add - from its tiles
 */
class EndcapCarousel extends LitElement {
  static properties = {
    slotName: { attribute: "slot-name" },
    heading: {},
    item: {},
    cart: { converter: ids },
    exclude: { converter: ids },
    k: { type: Number },
    currency: {},
    itemPath: { attribute: "item-path" },
    endpoint: {},
    ends: { state: true },
  };

  static styles = [look, roundButton, carouselStyle];

  #slate = new Asked(this);
  #ask = () => this.#slate.run(() => this.#question());
  #seen = new IntersectionObserver((entries) => this.#impressions(entries), { threshold: 0.5 });
  #size = new ResizeObserver(() => this.#measure());
  #impressed = new Set();

  constructor() {
    super();
    Object.assign(this, {
      heading: "",
      item: null,
      cart: [],
      exclude: [],
      k: null,
      currency: "",
      itemPath: "/item/",
      endpoint: "",
    });
    this.ends = { start: true, end: true };
    this.addEventListener("endcap-why", ({ detail }) => this.#why(detail));
  }

  connectedCallback() {
    super.connectedCallback();
    visitor.addEventListener("change", this.#ask);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    visitor.removeEventListener("change", this.#ask);
    this.#seen.disconnect();
    this.#size.disconnect();
  }

  willUpdate(changed) {
    if (this.endpoint) sendEventsTo(this.endpoint);
    if (REQUEST.some((name) => changed.has(name))) this.#ask();
  }

  updated() {
    const track = this.renderRoot.querySelector(".track");
    if (!track) return;
    this.#size.observe(track);
    for (const place of track.querySelectorAll("[data-position]")) this.#seen.observe(place);
  }

  render() {
    const { pending, value: slate, error } = this.#slate;
    if (slate && !slate.items.length && !pending) return nothing;
    return html`<section aria-labelledby="heading" aria-busy=${pending}>
      <header>
        <div>
          <h2 id="heading">${this.heading}</h2>
          ${slate && slate.tier !== "primary" ? this.#caption(slate) : nothing}
        </div>
        ${error ? nothing : this.#arrows()}
      </header>
      ${error ? this.#problem(error) : this.#track(slate)}
      <endcap-why></endcap-why>
    </section>`;
  }

  #problem(error) {
    const what = "This shelf could not be filled.";
    return html`<endcap-problem what=${what} .error=${error} @retry=${this.#ask}></endcap-problem>`;
  }

  #caption({ tier, reason }) {
    return html`<p class="caption">${tierCaption(tier)}${reason ? ` – because: ${reason}` : ""}</p>`;
  }

  #arrows() {
    const arrow = (label, direction, path, disabled) =>
      html`<button class="round" aria-label=${label} ?disabled=${disabled} @click=${() => this.#scroll(direction)}>
        <svg viewBox="0 0 20 20" aria-hidden="true"><path d=${path} /></svg>
      </button>`;
    if (this.ends.start && this.ends.end) return nothing;
    return html`<div class="arrows">
      ${arrow(`Back: ${this.heading}`, -1, "M12 4l-6 6 6 6", this.ends.start)}
      ${arrow(`Onward: ${this.heading}`, 1, "M8 4l6 6-6 6", this.ends.end)}
    </div>`;
  }

  #track(slate) {
    if (!slate)
      return html`<ul class="track" aria-label="Loading">
        ${Array.from({ length: 6 }, () => html`<li class="ghost"></li>`)}
      </ul>`;
    const from = ({ slate_id, tier }, index) => ({ slate_id, tier, position: index + 1 });
    return html`<ul class="track" @keydown=${this.#keys} @scroll=${this.#measure}>
      ${repeat(
        slate.items,
        ({ item_id }) => slate.slate_id + item_id,
        (item, index) =>
          html`<li data-position=${index + 1}>
            <endcap-tile
              .item=${item}
              .from=${from(slate, index)}
              currency=${this.currency}
              item-path=${this.itemPath}
            ></endcap-tile>
          </li>`,
      )}
    </ul>`;
  }

  async #question() {
    const { slotName: slot, item, cart, exclude, k, endpoint } = this;
    const request = { slot, item, cart, exclude, k, session: visitor.session, user: visitor.user, explain: true };
    let slate = null;
    try {
      return (slate = await recommend(request, endpoint));
    } finally {
      this.dispatchEvent(new CustomEvent("endcap-slate", { detail: slate, bubbles: true, composed: true }));
    }
  }

  /** An item counts as shown once, when half of its tile is in view. */
  #impressions(entries) {
    const { slate_id, items } = this.#slate.value ?? {};
    for (const { isIntersecting, target } of entries) {
      const position = Number(target.dataset.position);
      const shown = `${slate_id} ${position}`;
      if (!isIntersecting || !slate_id || this.#impressed.has(shown)) continue;
      this.#impressed.add(shown);
      note("impression", { item_id: items[position - 1].item_id, slate_id, position });
    }
  }

  #keys(event) {
    const tiles = [...this.renderRoot.querySelectorAll("endcap-tile")];
    const here = tiles.indexOf(event.target);
    const next = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: tiles.length - 1 }[event.key];
    if (!tiles[next]) return;
    event.preventDefault();
    tiles[next].focus();
  }

  #scroll(direction) {
    const track = this.renderRoot.querySelector(".track");
    track.scrollBy({ left: direction * 0.9 * track.clientWidth });
  }

  #measure() {
    const { scrollLeft, clientWidth, scrollWidth } = this.renderRoot.querySelector(".track") ?? {};
    const ends = { start: scrollLeft < 8, end: scrollLeft + clientWidth > scrollWidth - 8 };
    if (ends.start !== this.ends.start || ends.end !== this.ends.end) this.ends = ends;
  }

  #why({ item, position }) {
    this.renderRoot.querySelector("endcap-why").show(item, this.#slate.value, position);
  }
}

customElements.define("endcap-carousel", EndcapCarousel);
