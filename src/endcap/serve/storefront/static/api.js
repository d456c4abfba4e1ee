/** The endcap HTTP API, as functions. */

/** An answer of the API that is not a success, or no answer at all. */
export class ApiError extends Error {
  /** @param {string} code @param {string} message @param {number} status 0 when nothing answered */
  constructor(code, message, status) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** @returns {Promise<object>} the slate for one slot; the request's fields are those of `POST /v1/recommend` */
export const recommend = (request, endpoint = "") => ask(`${endpoint}/v1/recommend`, posting(request));

/** @returns {Promise<{accepted: number}>} even if the page is left meanwhile */
export const record = (events, endpoint = "") =>
  ask(`${endpoint}/v1/events`, { ...posting({ events }), keepalive: true });

/** @returns {Promise<object>} one item with its variants */
export const fetchItem = (id) => ask(`/v1/items/${encodeURIComponent(id)}`);

/** @returns {Promise<{total: number, items: object[]}>} items whose title has all words of the query */
export const findItems = ({ query = "", category = "", limit = 24, offset = 0 }) =>
  ask(`/v1/items?${new URLSearchParams({ query, category, limit, offset })}`);

let shop;

/** @returns {Promise<object>} what is said about the shop as a whole; asked once for a page, unless that fails */
export const fetchShop = () => (shop ??= ask("/v1/shop").catch(forgotten));

function forgotten(error) {
  shop = undefined;
  throw error;
}

function posting(body) {
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

async function ask(url, options) {
  const response = await fetch(url, options).catch(() => null);
  if (!response) throw new ApiError("unreachable", "The shop's server cannot be reached.", 0);
  const body = await response.json().catch(() => null);
  if (response.ok && body) return body;
  const { code = "unexpected", message = `The server answered ${response.status}.` } = body?.error ?? {};
  throw new ApiError(code, message, response.status);
}
