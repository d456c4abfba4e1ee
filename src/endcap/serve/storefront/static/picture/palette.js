/** Colours for a generated picture, read out of an item's title. */

/**
 * @typedef {object} Palette
 * @property {string} main   the body of the thing
 * @property {string} deep   its shaded parts
 * @property {string} light  its lit parts
 * @property {string} accent a second colour, for details
 * @property {string} ground the wall behind it
 */

/** Colour words as [main, deep, light]. */
const COLOURS = {
  red: ["#c8453b", "#97302a", "#e98a7e"],
  pink: ["#e79aab", "#c66d84", "#f7cfd7"],
  blue: ["#5583ad", "#38618a", "#a5c4dd"],
  navy: ["#33486b", "#22324e", "#7488ab"],
  turquoise: ["#4fa7a2", "#327f7d", "#a4d6d1"],
  green: ["#6b9a6b", "#47744b", "#b3d0ab"],
  olive: ["#8f9455", "#6b703a", "#c7caa0"],
  yellow: ["#e8b94a", "#c08f27", "#f7dd9b"],
  orange: ["#e08a4a", "#b8652b", "#f4bf94"],
  purple: ["#8d74a8", "#685084", "#c5b5d6"],
  lilac: ["#b7a3cf", "#907ab0", "#ded3ea"],
  brown: ["#9a7355", "#73523a", "#c8a88c"],
  wood: ["#c19a6e", "#94714a", "#e2c7a2"],
  gold: ["#cfa24d", "#a27a2c", "#ecd196"],
  copper: ["#bd7b57", "#915739", "#e2b095"],
  silver: ["#b4bcc2", "#87929b", "#dfe4e7"],
  black: ["#3d4348", "#24292d", "#7d868d"],
  ivory: ["#f2e9d8", "#cfc0a4", "#fcf8ef"],
  white: ["#f7f5f1", "#cdc9c1", "#ffffff"],
  glass: ["#b9d5d6", "#86acb0", "#e4f1f0"],
  slate: ["#66727c", "#47525b", "#9ca8b1"],
};

/** Words of titles that stand for a colour above; a colour's own name needs no entry. */
const WORDS = {
  rose: "pink", fuschia: "pink", fuchsia: "pink", strawberry: "red", cherry: "red", ruby: "red", poppy: "red",
  christmas: "red", retrospot: "red", union: "blue", sky: "blue", denim: "blue", aqua: "turquoise", turq: "turquoise", mint: "green",
  sage: "green", emerald: "green", jade: "green", woodland: "green", garden: "green", botanical: "green",
  lavender: "lilac", amethyst: "purple", lemon: "yellow", honey: "yellow", sunflower: "yellow", apricot: "orange",
  amber: "orange", chocolate: "brown", wicker: "wood", wooden: "wood", bamboo: "wood", natural: "wood",
  rustic: "wood", brass: "gold", gilt: "gold", metal: "slate", zinc: "silver", grey: "slate", chrome: "silver",
  cream: "ivory", pearl: "ivory", vanilla: "ivory", lace: "ivory", crystal: "glass", chalkboard: "slate",
};

/** Pairs for titles without any colour word: the thing, its details. */
const PAIRS = [
  ["turquoise", "yellow"], ["pink", "red"], ["blue", "ivory"], ["green", "pink"], ["yellow", "blue"], ["lilac", "green"],
  ["orange", "turquoise"], ["red", "ivory"], ["navy", "pink"], ["olive", "orange"], ["wood", "green"], ["copper", "blue"],
];

/** Walls: quiet tints, each with the colours that would drown on it. */
const GROUNDS = [
  ["#f6e3dd", ["pink"]], ["#e2ebf1", ["glass", "silver"]], ["#e3ebdf", []], ["#f5ead0", ["ivory"]], ["#ebe4ef", ["lilac"]],
  ["#dcebe8", ["glass"]], ["#f2e4d6", ["ivory"]], ["#e9e6df", ["white", "silver"]],
];

/** Stronger walls, for things that are pale themselves. */
const STRONG_GROUNDS = ["#b9cfc4", "#c9d6e2", "#e5bcae", "#cfc6da", "#e6cf96", "#a9c4c8"];

const PALE = new Set(["white", "ivory", "glass", "silver"]);

/**
 * @param {string} title
 * @param {number} hash picks where the title leaves a choice
 * @returns {Palette}
 */
export function paletteOf(title, hash) {
  const named = colourNames(title);
  const [first, second] = named.length ? named : PAIRS[hash % PAIRS.length];
  const [main, deep, light] = COLOURS[first];
  const partner = second ?? PAIRS.find((pair) => pair[0] === first)?.[1] ?? (PALE.has(first) ? "red" : "ivory");
  return { main, deep, light, accent: COLOURS[partner][0], ground: groundFor(first, hash >>> 4) };
}

/** The one colour by which a variant is told from its siblings, or null. */
export function swatchOf(title) {
  const [name] = colourNames(title);
  return name ? COLOURS[name][0] : null;
}

function colourNames(title) {
  const words = title.toLowerCase().match(/[a-z]+/g) ?? [];
  const plain = words.filter((word) => word in COLOURS);
  const meant = words.filter((word) => word in WORDS).map((word) => WORDS[word]);
  return [...new Set([...plain, ...meant])];
}

function groundFor(name, hash) {
  if (PALE.has(name)) return STRONG_GROUNDS[hash % STRONG_GROUNDS.length];
  const fitting = GROUNDS.filter(([, drowned]) => !drowned.includes(name));
  return fitting[hash % fitting.length][0];
}
