/** What our widgets share in looks; a shop changes it through the `--endcap-*` properties. */
import { css } from "lit";

export const look = css`
  :host {
    --ink: var(--endcap-ink, #1f2b28);
    --quiet: var(--endcap-quiet, #5d6965);
    --paper: var(--endcap-paper, #fff);
    --line: var(--endcap-line, #e4e0d8);
    --accent: var(--endcap-accent, #14503f);
    --wash: var(--endcap-wash, #eef3ef);
    --heading: var(--endcap-heading, Georgia, serif);
    color: var(--ink);
  }
  :host([hidden]) {
    display: none;
  }
  * {
    box-sizing: border-box;
  }
  h2,
  h3,
  p,
  ul,
  dl,
  dd {
    margin: 0;
    padding: 0;
  }
  ul {
    list-style: none;
  }
  button {
    font: inherit;
    color: inherit;
    cursor: pointer;
  }
  a {
    color: inherit;
  }
  :focus-visible {
    outline: 3px solid var(--endcap-focus, #d08a1d);
    outline-offset: 3px;
  }
`;

/** A round button with a sign in it. */
export const roundButton = css`
  .round {
    display: inline-grid;
    place-items: center;
    width: 2.5rem;
    height: 2.5rem;
    padding: 0;
    border-radius: 50%;
    border: 1px solid var(--line);
    background: var(--paper);
    transition:
      background 0.15s,
      border-color 0.15s,
      color 0.15s;
  }
  .round:hover:not(:disabled) {
    background: var(--accent);
    border-color: var(--accent);
    color: #fff;
  }
  .round:disabled {
    opacity: 0.35;
    cursor: default;
  }
  .round svg {
    width: 1.1rem;
    height: 1.1rem;
    fill: none;
    stroke: currentColor;
    stroke-width: 2;
    stroke-linecap: round;
  }
`;
