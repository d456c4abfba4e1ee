/** The events of this page, sent to endcap in batches. */
import { record } from "./api.js";
import { visitor } from "./visitor.js";

/** How long events gather before they are sent, in milliseconds. */
const PAUSE = 400;
/** The most events in one request, and the most that wait for a server that is away. */
const BATCH = 100;
const KEPT = 1000;

let waiting = [];
let timer = 0;
let endpoint = "";

/** Send events to another origin than this page's. */
export function sendEventsTo(address) {
  endpoint = address;
}

/**
 * Note that something happened.
 * @param {"impression"|"view"|"click"|"cart"|"uncart"|"purchase"|"return"|"search"} kind
 * @param {object} details any of item_id, slate_id, position, quantity, price, order_id, query
 */
export function note(kind, details) {
  waiting.push({ kind, session_id: visitor.session, user_id: visitor.user, ...details });
  schedule();
}

/** Send what is waiting now; events that nobody took are kept for the next time. */
export async function flush() {
  clearTimeout(timer);
  timer = 0;
  while (waiting.length) {
    const batch = waiting.splice(0, BATCH);
    try {
      await record(batch, endpoint);
    } catch (error) {
      if (worthRepeating(error)) {
        waiting = [...batch, ...waiting].slice(0, KEPT);
        schedule(10 * PAUSE);
      }
      return;
    }
  }
}

function schedule(pause = PAUSE) {
  timer ||= setTimeout(flush, pause);
}

/** Not taken and not refused: nothing answered, or the server asks to come back later. */
function worthRepeating({ status }) {
  return status === 0 || status === 429 || status === 503;
}

addEventListener("pagehide", flush);
document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && flush());
