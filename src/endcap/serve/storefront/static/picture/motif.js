/** Which motif stands for an item: the first line whose words occur in its title. */
import { nothing, svg } from "lit";
import { gifts } from "./gifts.js";
import { house } from "./house.js";
import { table } from "./table.js";

const MOTIFS = { ...table, ...house, ...gifts };

/** Containers and objects first, emblems last: a heart-shaped t-light holder is a t-light holder. */
const LINES = [
  ["hottie", "hot water bottle|hottie|hand warmer"],
  ["lunchbox", "lunch box|snack box|picnic box|bento"],
  ["tealight", "t-?lights?|tealight|night ?light|votive"],
  ["cakestand", "cake ?stand"],
  ["teapot", "tea ?pot|kettle|tea ?cosy"],
  ["teacup", "tea ?cup|cup and saucer|cup & saucer|saucer|tea set"],
  ["mug", "mugs?|cup|cups|beaker|tumbler"],
  ["plantpot", "plant pot|flower pot|pots?|planter|herb|seeds?|grow|watering can|trough"],
  ["tin", "tins?|canister|caddy|bucket|pail|money box|bank"],
  ["doormat", "door ?mat|rug|mat|placemats?|coasters?"],
  ["lantern", "lanterns?"],
  ["candle", "candles?|candle ?holders?|candlestick|incense|candelabra|tapers?"],
  ["lights", "fairy lights?|lights|string of|light garland"],
  ["bunting", "bunting|garland|paper chain|pennant|banner|streamer"],
  ["lamp", "lamp|lampshade|light|torch|chandelier"],
  ["clock", "clocks?|watch|timer"],
  ["umbrella", "umbrella|parasol"],
  ["purse", "purse|wallet|pouch|make ?up"],
  ["cushion", "cushion|pillow|throw|quilt|blanket|seat pad|duvet"],
  ["apron", "apron|tea towel|oven glove|towel|flannel|pinny|raincoat|poncho"],
  ["lunchbag", "lunch bags?|charlotte bags?|cool bag"],
  ["tote", "jumbo|shopper|tote|storage bags?|recycling"],
  ["bag", "bags?|handbag|rucksack|backpack|suitcase"],
  ["basket", "baskets?|hamper|trug"],
  ["jar", "jars?|jam|preserve|pickle|honey|sweets"],
  ["bottle", "bottles?|decanter|vase|perfume|wine|soap|bath"],
  ["jug", "jugs?|pitcher|milk|creamer"],
  ["cutlery", "cutlery|spoons?|forks?|knife|knives|whisk|scoop|spatula|chopsticks|utensils?"],
  ["bowl", "bowls?|basin|colander|dish|pan|tureen|ashtray"],
  ["plate", "plates?|trays?|platter|doil(?:y|ies|ey)|board"],
  ["egg", "eggs?|easter"],
  ["cake", "cakes?|cupcake|muffin|baking|bake|cookie|pudding|biscuit|chocolate"],
  ["mirror", "mirrors?|compact"],
  ["frame", "frames?|photo|picture|painting|canvas|art"],
  ["sign", "signs?|plaque|chalkboard|blackboard|memo|slate|letters?|block|word"],
  ["hanger", "coat hanger|hangers?|hanger"],
  ["hook", "hooks?|coat rack|rack|rail|key ring|key|knob|handle|peg"],
  ["cabinet", "cabinet|drawers?|chest|cupboard|shelf|shelves|table|stool|chair|bench"],
  ["ribbon", "ribbons?|tape|reel|thread|sewing|string|twine"],
  ["ring", "rings?|diamante|gem"],
  ["jewellery", "necklaces?|bracelets?|earrings?|pendant|brooch|bangle|beads?|charm|jewel\\w*|choker|anklet|hair\\w*|tiara"],
  ["book", "books?|notebooks?|journal|diary|album|sketchbook|recipe|passport|organiser"],
  ["pencil", "pencils?|pens?|crayons?|chalks?|sharpener|ruler|rubbers?|erasers?|paint\\w*|stationery"],
  ["card", "cards?|postcard|envelope|stickers?|notelets?|invit\\w+|gift tags?|tags?"],
  ["wrap", "wrap|gift ?wrap|wrapping|paper|tissues?|napkins?|tube|crackers?"],
  ["box", "box|boxes|gift|kit|present|case"],
  ["tree", "christmas tree|trees?|woodland|reindeer"],
  ["bauble", "baubles?|decorations?|ornament|bells?|drop|christmas|wreath|snow\\w*"],
  ["doll", "doll\\w*|babushka|girls?|ballerina|princess|fairy|angel"],
  ["toy", "toys?|teddy|bear|rabbit|bunny|dog|cat|kitten|mouse|elephant|owl|doorstop"],
  ["toy", "spaceboy|skittles|jigsaw|game|puzzle|dominoes|craft|playhouse"],
  ["bird", "birds?|robin|hen|chick\\w*|cockerel|duck|dove|parrot|feather"],
  ["butterfly", "butterfl(?:y|ies)|bug|dragonfly|bee|ladybird|magnets?"],
  ["star", "stars?|magic|party|balloons?|cones?"],
  ["heart", "hearts?|love|sweetheart|cupid|valentine"],
  ["flower", "flowers?|floral|rose|roses|daisy|lily|orchid|sunflower|petals?|blossom|tulip|garden|leaf|lavender"],
].map(([motif, words]) => [motif, new RegExp(`\\b(?:${words})\\b`, "i")]);

const FALLBACKS = ["parcel", "box", "star", "flower", "heart"];

/** What hangs or lies, and so throws no shadow on the ground. */
const HANGING = new Set(
  "bauble bunting butterfly doormat frame hanger heart hook jewellery lights plate sign star".split(" "),
);

/** The name of the motif for an item: its title decides, then its category, then its hash. */
export function motifOf(title, category, hash) {
  const line = LINES.find(([, words]) => words.test(title)) ?? LINES.find(([, words]) => words.test(category ?? ""));
  return line?.[0] ?? FALLBACKS[hash % FALLBACKS.length];
}

/** A motif by its name, with its shadow if it stands. */
export function drawing(name, paint) {
  const shadow = svg`<ellipse cx="100" cy="168" rx="62" ry="6" fill="#2b2520" opacity=".13"/>`;
  return svg`${HANGING.has(name) ? nothing : shadow}${MOTIFS[name](paint)}`;
}
