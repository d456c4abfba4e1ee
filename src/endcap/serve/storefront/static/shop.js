/** The demo shop: puts the page that the address names into the shell. */
import { ApiError, fetchShop } from "./api.js";
import { cart } from "./cart.js";
import "./pages/cart.js";
import "./pages/home.js";
import "./pages/item.js";
import "./pages/search.js";
import "./shell.js";
import { shopName, titleOf } from "./words.js";

const PAGES = [
  [/^\/item\/(.+)$/, "shop-item"],
  [/^\/cart$/, "shop-cart"],
  [/^\/search$/, "shop-search"],
  [/^\//, "shop-home"],
];

const [path, name] = PAGES.find(([pattern]) => pattern.test(location.pathname));
const page = document.createElement(name);
const id = path.exec(location.pathname)[1];
if (id) page.item = decoded(id);
document.getElementById("main").append(page);

document.addEventListener("endcap-add", ({ detail }) => {
  cart.add(detail.item, detail, detail.quantity);
  document.querySelector("shop-toast").say(`${titleOf(detail.item)} is in your cart`);
});

/** An id out of the address; one with a percent sign that somebody has not encoded is taken as it stands. */
function decoded(id) {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

function introduce(shop) {
  const said = { ...shop, name: shopName(shop.name) };
  for (const place of document.querySelectorAll("[data-shop]")) place.textContent = said[place.dataset.shop];
  document.title = [page.pageTitle, said.name].filter(Boolean).join(" · ");
}

fetchShop().then(introduce, (error) => {
  if (!(error instanceof ApiError)) throw error; // without an answer the shell stays nameless, and the page says why
});
