// Okta's Node JWT verifier and okta-auth-js, unmodified: a person's tokens of the default authorization server are verified, tokens that
// were tampered with are not. Prints one JSON object with what they saw.
import { OktaAuth } from '@okta/okta-auth-js';
import OktaJwtVerifier from '@okta/jwt-verifier';

import { Browser } from './browser.mjs';
import { register } from './register.mjs';

const { ORG_URL, REDIRECT_URI, LOGIN, PASSWORD } = process.env;
const issuer = `${ORG_URL}/oauth2/default`;
// It has no secret: a client in a browser could not keep one.
const { client_id: CLIENT_ID } = await register(
  'Single page',
  { token_endpoint_auth_method: 'none', pkce_required: true },
  { application_type: 'browser', redirect_uris: [REDIRECT_URI] },
);
const auth = new OktaAuth({
  issuer,
  clientId: CLIENT_ID,
  redirectUri: REDIRECT_URI,
  scopes: ['openid', 'profile', 'email'],
});

// What okta-auth-js asks of a browser is done by hand; the rest is its own.
const asked = await auth.token.prepareTokenParams({ responseType: 'code' });
const start = new URL(`${issuer}/v1/authorize`);
for (const [name, value] of Object.entries({
  client_id: CLIENT_ID,
  redirect_uri: REDIRECT_URI,
  response_type: 'code',
  scope: asked.scopes.join(' '),
  state: asked.state,
  nonce: asked.nonce,
  code_challenge: asked.codeChallenge,
  code_challenge_method: asked.codeChallengeMethod,
})) {
  start.searchParams.set(name, value);
}
const back = await new Browser().signIn(start, LOGIN, PASSWORD, (url) => url.href.startsWith(REDIRECT_URI));
const { tokens } = await auth.token.exchangeCodeForTokens({
  ...asked,
  authorizationCode: back.url.searchParams.get('code'),
});
const { accessToken, idToken } = tokens;
const verified = await auth.token.verify(idToken, { accessToken: accessToken.accessToken });
const info = await auth.token.getUserInfo(accessToken, idToken);

const verifier = new OktaJwtVerifier({ issuer, clientId: CLIENT_ID, testing: { disableHttpsCheck: ORG_URL.startsWith('http:') } });
const access = await verifier.verifyAccessToken(accessToken.accessToken, 'api://default');
const identity = await verifier.verifyIdToken(idToken.idToken, CLIENT_ID, asked.nonce);
const refusal = (verification) => verification.then(() => null, (error) => error.userMessage ?? error.message);
const [head, body, signature] = accessToken.accessToken.split('.');
const forged = JSON.parse(Buffer.from(body, 'base64url'));
forged.sub = 'somebody.else@demo.example';
const tampered = [head, Buffer.from(JSON.stringify(forged)).toString('base64url'), signature].join('.');

console.log(
  JSON.stringify({
    login: access.claims.sub,
    audience: access.claims.aud,
    scopes: access.claims.scp.toSorted(),
    issuer: identity.claims.iss === issuer,
    name: identity.claims.name,
    verified: verified.claims.sub === identity.claims.sub,
    email: info.email,
    tampered: await refusal(verifier.verifyAccessToken(tampered, 'api://default')),
    otherAudience: await refusal(verifier.verifyAccessToken(accessToken.accessToken, 'api://other')),
    otherNonce: await refusal(verifier.verifyIdToken(idToken.idToken, CLIENT_ID, 'other')),
  }),
);
