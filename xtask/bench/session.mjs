// A browser without a screen: keeps cookies, follows redirects by hand, fills in the forms that it is shown.
import { readFileSync } from 'node:fs';

const STEPS_MAX = 20;

/** The people on standard input, `login password` a line. */
export function people() {
  return readFileSync(0, 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const [login, password] = line.split(' ');
      return { login, password };
    });
}

export class Session {
  #cookies = new Map();
  #csrf;

  constructor(portal) {
    this.portal = portal;
  }

  /** Signs in from the portal's button to its answer about the session. */
  async signIn({ login, password }) {
    let response = await this.#send(new URL('/sign-in/okta?return=/', this.portal));
    for (let step = 0; step < STEPS_MAX; step += 1) {
      const here = new URL(response.url);
      const location = response.headers.get('location');
      if (location) {
        await response.arrayBuffer();
        response = await this.#send(new URL(location, here));
        continue;
      }
      const form = formOf(await response.text());
      if (!form) break;
      const fields = form.fields.map(({ name, type, value }) => {
        if (type === 'password') return [name, password];
        return [name, type === 'text' || type === 'email' ? login : value];
      });
      response = await this.#send(new URL(form.action || here.href, here), {
        method: 'POST',
        body: new URLSearchParams(fields),
      });
    }
    const session = await this.api('GET', '/session');
    this.#csrf = session.csrf_token;
    return session;
  }

  /** A call of the portal's API; fails on any other answer than a success. */
  async api(method, path, body) {
    const headers = { 'content-type': 'application/json', origin: this.portal };
    if (this.#csrf) headers['x-csrf-token'] = this.#csrf;
    const response = await this.#send(new URL(`/api/v1${path}`, this.portal), {
      method,
      headers,
      body: body && JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  async #send(url, options = {}) {
    const headers = new Headers(options.headers);
    const jar = this.#cookies.get(url.origin) ?? new Map();
    if (jar.size > 0) headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
    if (options.method === 'POST' && !headers.has('origin')) headers.set('origin', url.origin);
    const response = await fetch(url, { ...options, headers, redirect: 'manual' });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair, ...attributes] = cookie.split(';');
      const name = pair.slice(0, pair.indexOf('=')).trim();
      const isGone = attributes.some((attribute) => /^\s*max-age=0\s*$/i.test(attribute));
      if (isGone) jar.delete(name);
      else jar.set(name, pair.slice(pair.indexOf('=') + 1).trim());
    }
    this.#cookies.set(url.origin, jar);
    return response;
  }
}

/** The first form that is sent by POST, with its fields. */
function formOf(page) {
  for (const [, head, inside] of page.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)) {
    if (!/^post$/i.test(attribute(head, 'method') ?? '')) continue;
    const fields = [...inside.matchAll(/<input\b([^>]*)>/gi)]
      .map(([, input]) => ({
        name: attribute(input, 'name'),
        type: (attribute(input, 'type') ?? 'text').toLowerCase(),
        value: attribute(input, 'value') ?? '',
      }))
      .filter(({ name, type }) => name && type !== 'checkbox' && type !== 'submit');
    return { action: attribute(head, 'action'), fields };
  }
  return undefined;
}

function attribute(tag, name) {
  const found = tag.match(new RegExp(`\\b${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, 'i'));
  return found && unescape(found[1] ?? found[2] ?? found[3]);
}

function unescape(text) {
  const named = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(amp|lt|gt|quot|apos));/gi, (_, hex, decimal, name) => {
    if (name) return named[name.toLowerCase()];
    return String.fromCodePoint(hex ? parseInt(hex, 16) : Number(decimal));
  });
}
