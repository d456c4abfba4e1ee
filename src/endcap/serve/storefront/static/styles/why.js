/** The looks of the "why this?" dialog. */
import { css } from "lit";

export const whyStyle = css`
  dialog {
    width: min(27rem, calc(100vw - 2rem));
    max-height: min(86vh, 44rem);
    padding: 1.6rem;
    border: 0;
    border-radius: 18px;
    color: inherit;
    background: var(--paper);
    box-shadow: 0 30px 80px -20px rgb(20 30 28 / 0.55);
    overflow: auto;
  }
  dialog::backdrop {
    background: rgb(31 43 40 / 0.45);
  }
  header {
    display: grid;
    grid-template-columns: 4.5rem 1fr auto;
    gap: 1rem;
    align-items: start;
  }
  header endcap-picture {
    border-radius: 10px;
  }
  .eyebrow {
    color: var(--quiet);
    font-size: 0.82rem;
    letter-spacing: 0.04em;
  }
  h2 {
    font: 600 1.15rem/1.25 var(--heading);
    text-wrap: balance;
  }
  h3 {
    margin: 1.4rem 0 0.5rem;
    font: 600 0.95rem/1.3 var(--heading);
  }
  li {
    display: grid;
    grid-template-columns: 1fr auto;
    gap: 0.15rem 1rem;
    padding: 0.4rem 0;
    font-size: 0.92rem;
  }
  li + li {
    border-top: 1px solid var(--line);
  }
  .number {
    font-variant-numeric: tabular-nums;
    color: var(--quiet);
  }
  meter {
    grid-column: 1 / -1;
    width: 100%;
    height: 6px;
    border: 0;
    border-radius: 3px;
    background: var(--wash);
    appearance: none;
  }
  meter::-webkit-meter-bar {
    height: 6px;
    border: 0;
    border-radius: 3px;
    background: var(--wash);
  }
  meter::-webkit-meter-optimum-value {
    border-radius: 3px;
    background: var(--accent);
  }
  meter::-moz-meter-bar {
    border-radius: 3px;
    background: var(--accent);
  }
  dl {
    display: grid;
    grid-template-columns: auto 1fr;
    gap: 0.3rem 1rem;
    font-size: 0.86rem;
  }
  dt {
    color: var(--quiet);
  }
  dd {
    overflow-wrap: anywhere;
  }
  p {
    font-size: 0.92rem;
    line-height: 1.5;
  }
  details {
    margin-top: 1.2rem;
    font-size: 0.86rem;
  }
  summary {
    cursor: pointer;
    color: var(--quiet);
  }
  table {
    width: 100%;
    margin-top: 0.5rem;
    border-collapse: collapse;
    font-variant-numeric: tabular-nums;
  }
  th {
    font-weight: 500;
    color: var(--quiet);
    text-align: left;
  }
  th,
  td {
    padding: 0.25rem 0.5rem 0.25rem 0;
  }
  td:nth-child(n + 3),
  th:nth-child(n + 3) {
    padding-right: 0;
    text-align: right;
  }
  @media (max-width: 480px) {
    dialog {
      width: 100vw;
      max-width: 100vw;
      margin: auto 0 0;
      border-radius: 18px 18px 0 0;
    }
  }
  @media (prefers-reduced-motion: no-preference) {
    dialog[open] {
      animation: rise 0.22s ease-out;
    }
    @keyframes rise {
      from {
        opacity: 0;
        transform: translateY(14px);
      }
    }
  }
`;
