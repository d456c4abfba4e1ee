/** `<shop-window>`: the drawing in the welcome, made of the motifs that stand for items. */
import { LitElement, css, html, svg } from "lit";
import { motif } from "../picture.js";

/** What stands on the boards, from the top left: a motif, the title that colours it, its size, and where. */
const THINGS = [
  ["teapot", "blue polkadot", 0.78, 16, 218],
  ["teacup", "pink rose", 0.5, 150, 218],
  ["cakestand", "ivory", 0.86, 238, 218],
  ["jar", "strawberry", 0.6, 404, 218],
  ["candle", "yellow", 0.66, 496, 218],
  ["plantpot", "turquoise", 0.74, 24, 388],
  ["clock", "red navy", 0.74, 160, 388],
  ["tote", "navy stripe", 0.8, 296, 388],
  ["mug", "green spot", 0.62, 440, 388],
  ["toy", "brown", 0.54, 530, 388],
];
const BOARDS = [218, 388];

/** Where flags hang on the string, from 0 to 1, and what they are dyed in. */
const FLAGS = [0.05, 0.14, 0.23, 0.32, 0.41, 0.5, 0.59, 0.68, 0.77, 0.86, 0.95];
const PLAIN = "#f6efe0";
const DYES = ["#c8453b", PLAIN, "#5583ad", PLAIN, "#e8b94a", PLAIN, "#6b9a6b", PLAIN, "#e79aab", PLAIN];

class ShopWindow extends LitElement {
  static styles = css`
    :host {
      display: block;
    }
    svg {
      display: block;
      width: 100%;
      height: auto;
    }
  `;

  render() {
    return html`<svg viewBox="0 0 640 440" aria-hidden="true">
      <clipPath id="arch"><path d="M0 440V150A150 150 0 0 1 150 0h340a150 150 0 0 1 150 150v290Z" /></clipPath>
      <g clip-path="url(#arch)">
        <rect width="640" height="440" fill="#e3ece6" />
        <path d="M0 14Q320 78 640 14" fill="none" stroke="#8d7a62" stroke-width="3" />
        ${FLAGS.map(flag)} ${BOARDS.map(board)} ${THINGS.map(thing)}
      </g>
    </svg>`;
  }
}

/** A flag, hanging at a right angle from the curve of the string. */
function flag(along, index) {
  const [x, y] = [640 * along, 14 + 128 * along * (1 - along)];
  const lean = (180 / Math.PI) * Math.atan(0.2 * (1 - 2 * along));
  const place = `translate(${x} ${y}) rotate(${lean})`;
  return svg`<path d="M-20-3h40L0 44Z" transform=${place} fill=${DYES[index % DYES.length]}/>`;
}

function board(y) {
  return svg`<rect y=${y} width="640" height="11" fill="#a9825a"/>
    <rect y=${y + 11} width="640" height="5" fill="#7f5f40"/>
    <rect y=${y + 16} width="640" height="12" fill="#1f2b28" opacity=".07"/>`;
}

function thing([name, title, size, x, y]) {
  return svg`<g transform=${`translate(${x} ${y - 167 * size}) scale(${size})`}>${motif(name, title)}</g>`;
}

customElements.define("shop-window", ShopWindow);
