// openid-client, unmodified, signs a person in at the org: prints one JSON object with what it saw.
import * as oidc from 'openid-client';

const { ORG_URL, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, LOGIN, PASSWORD } = process.env;
const config = await oidc.discovery(new URL(ORG_URL), CLIENT_ID, undefined, oidc.ClientSecretBasic(CLIENT_SECRET), { execute: [oidc.allowInsecureRequests] });

const verifier = oidc.randomPKCECodeVerifier();
const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
const start = oidc.buildAuthorizationUrl(config, {
  redirect_uri: REDIRECT_URI,
  scope: 'openid profile email groups',
  code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
  state,
  nonce,
});

// A browser in miniature: cookies, redirects, one form.
const jar = new Map();
async function visit(url, init = {}) {
  const headers = { ...init.headers, cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') };
  const answer = await fetch(url, { ...init, headers, redirect: 'manual' });
  for (const line of answer.headers.getSetCookie()) {
    const [pair] = line.split(';');
    const at = pair.indexOf('=');
    jar.set(pair.slice(0, at), pair.slice(at + 1));
  }
  return answer;
}
function isDone(url) {
  return url.href.startsWith(REDIRECT_URI);
}
async function follow(url) {
  for (let turn = 0; turn < 10 && !isDone(url); turn += 1) {
    const answer = await visit(url);
    const location = answer.headers.get('location');
    if (!location) return { url, html: await answer.text() };
    url = new URL(location, url);
  }
  return { url };
}
const page = await follow(start);
const form = page.html.slice(page.html.indexOf('<form'), page.html.indexOf('</form>'));
const unescape = (text) => text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
const fields = new URLSearchParams();
for (const [tag] of form.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
  fields.set(tag.match(/ name="([^"]*)"/)[1], unescape(tag.match(/ value="([^"]*)"/)?.[1] ?? ''));
}
fields.set('username', LOGIN);
fields.set('password', PASSWORD);
const action = new URL(unescape(form.match(/ action="([^"]*)"/)?.[1] ?? ''), page.url);
const posted = await visit(action, { method: 'POST', body: fields, headers: { origin: action.origin } });
const back = await follow(new URL(posted.headers.get('location'), action));

const tokens = await oidc.authorizationCodeGrant(config, back.url, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce });
const claims = tokens.claims();
const info = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
const introspected = await oidc.tokenIntrospection(config, tokens.access_token);
await oidc.tokenRevocation(config, tokens.access_token);
const revoked = await oidc.tokenIntrospection(config, tokens.access_token);
let replayed = null;
try {
  await oidc.authorizationCodeGrant(config, back.url, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce });
} catch (error) {
  replayed = error.error;
}
console.log(
  JSON.stringify({
    issuer: claims.iss,
    login: claims.preferred_username,
    groups: claims.groups,
    email: info.email,
    active: introspected.active,
    afterRevocation: revoked.active,
    replayed,
  }),
);
