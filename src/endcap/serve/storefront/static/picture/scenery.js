/** What is around and on a pictured thing: the wall behind it, and the print on its surface. */
import { nothing, svg } from "lit";

const GROUNDS = [
  () => nothing,
  (light) => svg`<circle cx="100" cy="92" r="78" fill=${light} opacity=".55"/>`,
  (light) => svg`<path d="M34 200V100a66 66 0 0 1 132 0v100Z" fill=${light} opacity=".5"/>`,
  (light) => svg`<rect y="150" width="200" height="50" fill=${light} opacity=".6"/>`,
  (light) => svg`<path d="M0 148q50-34 100-12t100-14v78H0Z" fill=${light} opacity=".5"/>`,
  (light) => svg`<path d="M200 0v120A120 120 0 0 1 80 0Z" fill=${light} opacity=".5"/>`,
  (light) => svg`<path d="M0 0h200v16
    a12.5 12.5 0 0 1-25 0 12.5 12.5 0 0 1-25 0 12.5 12.5 0 0 1-25 0 12.5 12.5 0 0 1-25 0
    12.5 12.5 0 0 1-25 0 12.5 12.5 0 0 1-25 0 12.5 12.5 0 0 1-25 0 12.5 12.5 0 0 1-25 0Z" fill=${light} opacity=".6"/>`,
  (light) => svg`<path d="M0 200V74L74 0h70L0 144Z M200 60v70l-70 70H60Z" fill=${light} opacity=".32"/>`,
];

/** The wall, in one of several quiet arrangements. */
export function scenery(palette, hash) {
  return svg`<rect width="200" height="200" fill=${palette.ground}/>${GROUNDS[hash % GROUNDS.length]("#fffdf8")}`;
}

/** Words of titles that tell the print; the first line that matches wins. */
const PRINTS = [
  [/polka|spot|dots?\b|dotty/i, "dots"],
  [/strip(e|y)|deckchair|regatta/i, "stripes"],
  [/gingham|check(ed)?\b|tartan|patchwork|picnic/i, "checks"],
  [/paisley|swirl|baroque|damask|filigree|curl/i, "drops"],
  [/hearts?\b|love|sweetheart|cupid/i, "hearts"],
  [/ros(e|ie)|flor|flower|daisy|blossom|botanical|poppy|morris|garden|strawberr|cherr/i, "flowers"],
  [/star|space|christmas|circus|magic/i, "stars"],
];

/** The prints of titles that tell none: mostly none. */
const OTHERS = [null, null, null, "stripes", "dots", "checks"];

const TILES = {
  dots: (ink) => svg`<circle cx="6" cy="6" r="3.6" fill=${ink}/><circle cx="16" cy="16" r="3.6" fill=${ink}/>`,
  stripes: (ink) => svg`<rect width="9" height="20" fill=${ink}/>`,
  checks: (ink) => svg`<path d="M0 0h10v20H0z M0 0h20v10H0z" fill=${ink} opacity=".6"/>`,
  drops: (ink) => svg`<path d="M5 15c-4-5 0-11 7-12-3 4 3 7-1 12-2 2-4 2-6 0Z" fill=${ink}/>
    <circle cx="16" cy="16" r="1.8" fill=${ink}/>`,
  hearts: (ink) => svg`<path d="M10 16C3 11 4 5 7.4 5 9 5 10 6.2 10 7.2 10 6.2 11 5 12.6 5 16 5 17 11 10 16Z" fill=${ink}/>`,
  flowers: (ink) => svg`<g fill=${ink}><circle cx="10" cy="5.5" r="3"/><circle cx="14.3" cy="8.6" r="3"/>
    <circle cx="12.7" cy="13.6" r="3"/><circle cx="7.3" cy="13.6" r="3"/><circle cx="5.7" cy="8.6" r="3"/></g>`,
  stars: (ink) => svg`<path d="m10 3 2 5 5 .4-4 3.3 1.3 5.3-4.3-2.9L5.7 17 7 11.7 3 8.4 8 8Z" fill=${ink}/>`,
};

/**
 * The print that a title names, as a pattern definition and the paint that uses it.
 * @returns {{definition: unknown, paint: string}} without a print, the paint is the main colour
 */
export function print(title, palette, id, hash) {
  const name = PRINTS.find(([words]) => words.test(title))?.[1] ?? OTHERS[hash % OTHERS.length];
  if (!name) return { definition: nothing, paint: palette.main };
  const definition = svg`<defs><pattern id=${id} width="20" height="20" patternUnits="userSpaceOnUse">
    <rect width="20" height="20" fill=${palette.main}/>${TILES[name](palette.light)}</pattern></defs>`;
  return { definition, paint: `url(#${id})` };
}
