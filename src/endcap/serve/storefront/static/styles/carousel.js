/** The looks of a shelf. */
import { css } from "lit";

export const carouselStyle = css`
  :host {
    display: block;
  }
  header {
    display: flex;
    align-items: end;
    gap: 0.75rem;
    margin-bottom: 1.1rem;
  }
  h2 {
    font: 600 clamp(1.35rem, 1.1rem + 1vw, 1.75rem)/1.15 var(--heading);
    letter-spacing: -0.01em;
    text-wrap: balance;
  }
  .caption {
    margin-top: 0.3rem;
    color: var(--quiet);
    font-size: 0.88rem;
  }
  .arrows {
    display: flex;
    gap: 0.5rem;
    margin-left: auto;
  }
  .track {
    display: grid;
    grid-auto-flow: column;
    grid-auto-columns: clamp(8.8rem, 23%, 13.2rem);
    gap: clamp(0.9rem, 2vw, 1.5rem);
    overflow-x: auto;
    scroll-snap-type: x proximity;
    scrollbar-width: none;
    margin: -8px -6px;
    padding: 8px 6px;
    scroll-padding: 6px;
  }
  .track::-webkit-scrollbar {
    display: none;
  }
  li {
    scroll-snap-align: start;
    min-width: 0;
  }
  .ghost {
    aspect-ratio: 1 / 1.42;
    border-radius: 14px;
    background: linear-gradient(100deg, #efece5 40%, #f7f5f0 50%, #efece5 60%) 0 / 300% 100%;
  }
  @media (prefers-reduced-motion: no-preference) {
    .track {
      scroll-behavior: smooth;
    }
    .ghost {
      animation: shimmer 1.6s infinite linear;
    }
    @keyframes shimmer {
      from {
        background-position: 100% 0;
      }
      to {
        background-position: -50% 0;
      }
    }
  }
`;
