/** One question to the API, as a Lit controller: pending, then a value or an error; the last question wins. */
import { ApiError } from "./api.js";

export class Asked {
  pending = true;
  value = null;
  error = null;
  #host;
  #latest = null;

  /** @param {import("lit").ReactiveControllerHost} host is rendered again when there is news */
  constructor(host) {
    this.#host = host;
  }

  /** @param {() => Promise<unknown>} question */
  async run(question) {
    const mine = (this.#latest = question);
    this.#say({ pending: true, error: null });
    try {
      const value = await question();
      if (mine === this.#latest) this.#say({ pending: false, value });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (mine === this.#latest) this.#say({ pending: false, value: null, error });
    }
  }

  #say(news) {
    Object.assign(this, news);
    this.#host.requestUpdate();
  }
}
