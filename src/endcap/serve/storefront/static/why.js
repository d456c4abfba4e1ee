/** `<endcap-why>`: a dialog with the decision record of one item in a slate. */
import { LitElement, html, nothing } from "lit";
import { look, roundButton } from "./styles/look.js";
import { whyStyle } from "./styles/why.js";
import "./picture.js";
import { humanised, scoreText, shareText, tierCaption, titleOf } from "./words.js";

class EndcapWhy extends LitElement {
  static properties = { shown: { state: true } };

  static styles = [look, roundButton, whyStyle];

  /** Open for an item of a slate; Escape, the button or a click outside closes it, and focus goes back. */
  async show(item, slate, position) {
    this.shown = { item, slate, position };
    await this.updateComplete;
    this.renderRoot.querySelector("dialog").showModal();
  }

  render() {
    if (!this.shown) return nothing;
    const { item, slate, position } = this.shown;
    return html`<dialog aria-labelledby="title" @click=${this.#outside}>
      <header>
        <endcap-picture .item=${item}></endcap-picture>
        <div>
          <p class="eyebrow">Why this?</p>
          <h2 id="title">${titleOf(item)}</h2>
        </div>
        <form method="dialog">
          <button class="round" aria-label="Close">
            <svg viewBox="0 0 20 20" aria-hidden="true"><path d="M5 5l10 10M15 5 5 15" /></svg>
          </button>
        </form>
      </header>
      <h3>Because of</h3>
      ${because(item)}
      <h3>Found by</h3>
      ${foundBy(item)}
      <h3>Chosen in</h3>
      <dl>
        <dt>Place</dt>
        <dd>${position} of ${slate.items.length} in ${slate.slot}</dd>
        <dt>Tier</dt>
        <dd>${humanised(item.tier ?? slate.tier)}${slate.reason ? html` (${slate.reason})` : nothing}</dd>
        <dt>Score</dt>
        <dd>${scoreText(item.score)}</dd>
        <dt>Variant</dt>
        <dd>${slate.variant}</dd>
        <dt>Bundle</dt>
        <dd>${slate.bundle}</dd>
        <dt>Slate</dt>
        <dd>${slate.slate_id}</dd>
      </dl>
      ${slate.trace ? steps(slate.trace) : nothing}
    </dialog>`;
  }

  #outside({ target, currentTarget }) {
    if (target === currentTarget) currentTarget.close();
  }
}

function because({ because: seeds, tier }) {
  if (!seeds?.length)
    return html`<p>No particular item led here${tier === "primary" ? "" : `. ${tierCaption(tier)}`}.</p>`;
  return html`<ul>
    ${seeds.map(
      (seed) =>
        html`<li>
          <span>${titleOf(seed)}</span><span class="number">${shareText(seed.share)}</span>
          <meter value=${seed.share} aria-label=${`Share of ${titleOf(seed)}`}></meter>
        </li>`,
    )}
  </ul>`;
}

function foundBy({ retrievers }) {
  const found = Object.entries(retrievers ?? {});
  if (!found.length) return html`<p>No retriever left a score.</p>`;
  return html`<ul>
    ${found.map(
      ([name, score]) =>
        html`<li><span>${humanised(name)}</span> <span class="number">score ${scoreText(score)}</span></li>`,
    )}
  </ul>`;
}

function steps(trace) {
  const total = trace.reduce((sum, step) => sum + step.microseconds, 0);
  return html`<details>
    <summary>${trace.length} steps in ${(total / 1000).toFixed(2)} ms</summary>
    <table>
      <tr>
        <th>Step</th>
        <th>Kind</th>
        <th>Items</th>
        <th>µs</th>
      </tr>
      ${trace.map(
        (step) =>
          html`<tr>
            <td>${step.step}</td>
            <td>${step.error ?? step.kind}</td>
            <td>${step.items}</td>
            <td>${Math.round(step.microseconds)}</td>
          </tr>`,
      )}
    </table>
  </details>`;
}

customElements.define("endcap-why", EndcapWhy);
