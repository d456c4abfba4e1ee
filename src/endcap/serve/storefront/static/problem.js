/** `<endcap-problem>`: says kindly that something did not work, and offers to try again. */
import { LitElement, css, html } from "lit";
import { look } from "./styles/look.js";

class EndcapProblem extends LitElement {
  static properties = { error: { attribute: false }, what: {} };

  static styles = [
    look,
    css`
      :host {
        display: block;
        padding: 1.5rem;
        border: 1px dashed var(--line);
        border-radius: 12px;
      }
      p + p {
        margin-top: 0.25rem;
        color: var(--quiet);
        font-size: 0.9rem;
      }
      button {
        margin-top: 0.9rem;
        padding: 0.45rem 1.1rem;
        border: 1px solid var(--accent);
        border-radius: 99px;
        background: none;
        color: var(--accent);
      }
      button:hover {
        background: var(--accent);
        color: #fff;
      }
    `,
  ];

  render() {
    return html`<div role="alert">
        <p>${this.what} Sorry about that.</p>
        <p>${this.error?.message}</p>
      </div>
      <button @click=${() => this.dispatchEvent(new Event("retry"))}>Try again</button>`;
  }
}

customElements.define("endcap-problem", EndcapProblem);
