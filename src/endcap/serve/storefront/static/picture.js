/** `<endcap-picture>`: an item's image, or a picture drawn from its title when it has none. */
import { LitElement, css, html, svg } from "lit";
import { drawing, motifOf } from "./picture/motif.js";
import { paletteOf } from "./picture/palette.js";
import { print, scenery } from "./picture/scenery.js";

let drawn = 0;

/**
 * The generated picture of an item; the same item always looks the same.
 * @param {{item_id: string, title: string, category?: string}} item
 */
export function generated(item) {
  const hash = hashOf(item.item_id + item.title);
  const palette = paletteOf(item.title, hash);
  return html`<svg viewBox="0 0 200 200" aria-hidden="true">
    ${scenery(palette, hash >>> 8)}${thing(motifOf(item.title, item.category, hash), item.title, palette, hash >>> 12)}
  </svg>`;
}

/** One named motif in the colours of a title, without a wall: for decoration. */
export function motif(name, title) {
  return thing(name, title, paletteOf(title, hashOf(title)), 0);
}

function thing(name, title, palette, hash) {
  const { definition, paint } = print(title, palette, `print-${drawn++}`, hash);
  return svg`${definition}${drawing(name, { ...palette, paint })}`;
}

/** FNV-1a with a last mix, so that ids that differ in one letter look different. */
function hashOf(text) {
  let hash = 0x811c9dc5;
  for (const letter of text) hash = Math.imul(hash ^ letter.codePointAt(0), 0x01000193);
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x2c1b3c6d) >>> 0;
}

class EndcapPicture extends LitElement {
  static properties = { item: { attribute: false } };

  static styles = css`
    :host {
      display: block;
      aspect-ratio: 1;
      overflow: hidden;
      background: #efece5;
    }
    svg,
    img {
      display: block;
      width: 100%;
      height: 100%;
      object-fit: cover;
    }
  `;

  render() {
    if (!this.item) return null;
    return this.item.image ? html`<img src=${this.item.image} alt="" loading="lazy" />` : generated(this.item);
  }
}

customElements.define("endcap-picture", EndcapPicture);
