// A browser in miniature: cookies by host and port, redirects, and the form of the org's sign-in page.

const unescape = (text) =>
  text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
const TURNS_MAX = 20;

export class Browser {
  #jars = new Map();

  #jar(url) {
    const { host } = new URL(url);
    if (!this.#jars.has(host)) this.#jars.set(host, new Map());
    return this.#jars.get(host);
  }

  async visit(url, init = {}) {
    const jar = this.#jar(url);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { ...init, headers: { accept: 'text/html', ...init.headers, cookie }, redirect: 'manual' });
    for (const line of answer.headers.getSetCookie()) {
      const [pair] = line.split(';');
      const at = pair.indexOf('=');
      jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return answer;
  }

  /** Goes where it is sent, up to a page, or up to an address that is not to be opened. */
  async follow(url, isDone = () => false) {
    url = new URL(url);
    for (let turn = 0; turn < TURNS_MAX && !isDone(url); turn += 1) {
      const answer = await this.visit(url);
      const location = answer.headers.get('location');
      if (!location) return { url, status: answer.status, html: await answer.text() };
      url = new URL(location, url);
    }
    return { url };
  }

  /** Follows an address to the org's sign-in page, signs in there, and follows on. */
  async signIn(start, login, password, isDone) {
    const page = await this.follow(start);
    const form = page.html.slice(page.html.indexOf('<form'), page.html.indexOf('</form>'));
    const fields = new URLSearchParams();
    for (const [tag] of form.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
      fields.set(tag.match(/ name="([^"]*)"/)[1], unescape(tag.match(/ value="([^"]*)"/)?.[1] ?? ''));
    }
    fields.set('username', login);
    fields.set('password', password);
    const action = new URL(unescape(form.match(/ action="([^"]*)"/)?.[1] ?? ''), page.url);
    const posted = await this.visit(action, { method: 'POST', body: fields, headers: { origin: action.origin } });
    const location = posted.headers.get('location');
    if (!location) throw new Error(`the sign-in page answered ${posted.status}: ${await posted.text()}`);
    return this.follow(new URL(location, action), isDone);
  }
}
