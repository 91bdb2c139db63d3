// openid-client, unmodified, signs a person in at the org: prints one JSON object with what it saw.
import * as oidc from 'openid-client';

import { Browser } from './browser.mjs';

const { ORG_URL, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, LOGIN, PASSWORD } = process.env;
const config = await oidc.discovery(new URL(ORG_URL), CLIENT_ID, undefined, oidc.ClientSecretBasic(CLIENT_SECRET), { execute: ORG_URL.startsWith('http:') ? [oidc.allowInsecureRequests] : [] });

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

const back = await new Browser().signIn(start, LOGIN, PASSWORD, (url) => url.href.startsWith(REDIRECT_URI));

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
