/** How things are said: titles, prices, tiers. */

const SMALL = new Set(["a", "an", "and", "as", "at", "by", "for", "in", "of", "on", "or", "the", "to", "with"]);
const CAPITALS = new Set(["LED", "USB", "UK", "DIY", "TV", "II", "III", "XL", "BBQ", "I"]);

/**
 * A catalog's SHOUTED title in title case; a title that does not shout is left alone.
 * @param {string} title
 */
export function titleCase(title) {
  const text = title
    .trim()
    .replace(/\s+/g, " ")
    .replace(/[\s.,;]+$/, "")
    .replace(/ ?,(?=\S| )/g, ",")
    .replace(/,(?=\S)/g, ", ");
  const letters = text.match(/\p{L}/gu) ?? [];
  const shouts = letters.filter((letter) => letter !== letter.toLowerCase()).length > 0.7 * letters.length;
  if (!shouts) return text;
  return text
    .split(" ")
    .map((word, index) => cased(word, index === 0))
    .join(" ");
}

/** @returns {string} the title of an item for people; an id that stands for a title stays as the shop writes it */
export const titleOf = ({ item_id, title }) => (title === item_id ? title : titleCase(title));

function cased(word, first) {
  if (CAPITALS.has(word)) return word;
  const low = word.toLowerCase();
  if (SMALL.has(low) && !first) return low;
  if (/^w\/\D/.test(low)) return `w/${cased(word.slice(2), false)}`;
  return low
    .replace(/(^|[-/+&("])(\p{L})/gu, (_, before, letter) => before + letter.toUpperCase())
    .replace(/^3d$/, "3D");
}

/** @returns {(amount: number|null) => string} says an amount in a currency (a bare number without one), "" if none */
export function pricesIn(currency) {
  const known = /^[A-Z]{3}$/i.test(currency ?? "");
  const style = known ? { style: "currency", currency } : { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  const format = new Intl.NumberFormat("en-GB", style);
  return (amount) => (amount == null ? "" : format.format(amount));
}

/** "1 item", "3 items" */
export const counted = (count, noun) => `${count.toLocaleString("en-GB")} ${noun}${count === 1 ? "" : "s"}`;

const TIERS = {
  popular: "Popular right now",
  popular_in_category: "Popular in this category",
  trending: "Trending right now",
  newest: "New in the shop",
};

/** What a shopper is told about a tier that is not the primary one. */
export function tierCaption(tier) {
  return TIERS[tier] ?? `Chosen by “${humanised(tier)}”`;
}

/** A configured name, as words: "popular_in_category" is "popular in category". */
export const humanised = (name) => name.replace(/[_-]+/g, " ");

/** A shop's configured name for people: "online-retail" is "Online Retail"; with capitals or spaces it is left alone. */
export const shopName = (name) => (/[\sA-Z]/.test(name) ? name : titleCase(humanised(name).toUpperCase()));

/** A category's name for people. */
export const categoryName = (name) => titleCase(name.toUpperCase());

/** A score of a model: three significant digits, or a dash if there is none. */
export const scoreText = (score) =>
  score == null ? "–" : Number(score).toLocaleString("en-GB", { maximumSignificantDigits: 3 });

/** A share of the whole, such as "70 %". */
export const shareText = (share) => `${Math.round(100 * share)} %`;

/**
 * What tells variants apart: each title without the words that all of them have.
 * @param {string[]} titles
 */
export function differences(titles) {
  const words = titles.map((title) => title.split(" "));
  const common = new Set(words[0].filter((word) => words.every((other) => other.includes(word))));
  return words.map((own, index) => own.filter((word) => !common.has(word)).join(" ") || titles[index]);
}
