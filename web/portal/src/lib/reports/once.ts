// The key under which a run is asked for. The same request asked for again, because its answer did not come, has the same key:
// the server then gives the run that it has begun instead of beginning a second one.

export class Once {
  #asked = '';
  #key = '';

  /** The key for this request: a new one unless it is the request of the last time. */
  keyFor(request: unknown): string {
    const asked = JSON.stringify(request);
    if (asked !== this.#asked) {
      this.#asked = asked;
      const drawn = crypto.getRandomValues(new Uint8Array(16));
      this.#key = Array.from(drawn, (byte) => byte.toString(16).padStart(2, '0')).join('');
    }
    return this.#key;
  }
}
