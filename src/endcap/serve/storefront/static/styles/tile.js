/** The looks of a tile. */
import { css } from "lit";

export const tileStyle = css`
  :host {
    display: block;
    height: 100%;
    container-type: inline-size;
  }
  article {
    position: relative;
    display: flex;
    flex-direction: column;
    height: 100%;
  }
  a {
    text-decoration: none;
    border-radius: 14px;
  }
  endcap-picture {
    border-radius: 14px;
    transition:
      transform 0.35s cubic-bezier(0.2, 0.7, 0.2, 1),
      box-shadow 0.35s;
  }
  a:hover endcap-picture {
    transform: translateY(-4px);
    box-shadow: 0 14px 28px -16px rgb(31 43 40 / 0.5);
  }
  h3 {
    margin-top: 0.8rem;
    font: 500 0.97rem/1.35 var(--endcap-body, inherit);
    text-wrap: balance;
  }
  a:hover h3 {
    color: var(--accent);
  }
  footer {
    display: flex;
    align-items: center;
    gap: 0.5rem;
    margin-top: auto;
    padding-top: 0.35rem;
  }
  .price {
    font-variant-numeric: tabular-nums;
    font-weight: 600;
  }
  .tag {
    font-size: 0.78rem;
    color: var(--quiet);
  }
  .why {
    margin-left: auto;
    padding: 0.3rem 0;
    border: 0;
    background: none;
    color: var(--quiet);
    font-size: 0.84rem;
    text-decoration: underline;
    text-decoration-color: var(--line);
    text-underline-offset: 3px;
    white-space: nowrap;
  }
  .why:hover {
    color: var(--accent);
    text-decoration-color: currentColor;
  }
  .add {
    position: absolute;
    right: 0.6rem;
    top: calc(100cqw - 3.1rem);
    border-color: transparent;
    box-shadow: 0 3px 10px -4px rgb(31 43 40 / 0.5);
  }
  @media (prefers-reduced-motion: reduce) {
    endcap-picture {
      transition: none;
    }
    a:hover endcap-picture {
      transform: none;
    }
  }
`;
