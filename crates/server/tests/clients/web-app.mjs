// A web application on each of two middlewares, unmodified: Okta's oidc-middleware and passport-okta-oauth. A person who is not signed in
// is sent to the org, comes back signed in, and signs out again. Prints one JSON object with what the application saw.
import { createServer } from 'node:http';

import oidcMiddleware from '@okta/oidc-middleware';
import express from 'express';
import session from 'express-session';
import passport from 'passport';
import { Strategy as OktaStrategy } from 'passport-okta-oauth';

import { Browser } from './browser.mjs';
import { register } from './register.mjs';

const { ORG_URL, LOGIN, PASSWORD } = process.env;
const app = express();
const server = createServer(app);
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const base = `http://localhost:${server.address().port}`;

const { client_id: clientId, client_secret: clientSecret } = await register(
  'Middlewares',
  { token_endpoint_auth_method: 'client_secret_basic' },
  {
    application_type: 'web',
    redirect_uris: [`${base}/authorization-code/callback`, `${base}/passport/callback`],
    post_logout_redirect_uris: [`${base}/`],
  },
);

app.use(session({ secret: 'of this test alone', resave: true, saveUninitialized: false }));
const oidc = new oidcMiddleware.ExpressOIDC({
  issuer: ORG_URL,
  client_id: clientId,
  client_secret: clientSecret,
  appBaseUrl: base,
  scope: 'openid profile email',
  testing: { disableHttpsCheck: ORG_URL.startsWith('http:') },
});
passport.use(
  new OktaStrategy(
    {
      audience: ORG_URL,
      clientID: clientId,
      clientSecret,
      scope: ['openid', 'profile', 'email'],
      response_type: 'code',
      callbackURL: `${base}/passport/callback`,
    },
    (_accessToken, _refreshToken, profile, done) => done(null, profile),
  ),
);
passport.serializeUser((user, done) => done(null, user));
passport.deserializeUser((user, done) => done(null, user));
app.get('/passport', passport.initialize(), passport.authenticate('okta', { session: false }));
app.get('/passport/callback', passport.initialize(), passport.authenticate('okta', { session: false }), (request, response) =>
  response.json({ username: request.user.username, name: request.user.displayName }),
);
// Each middleware keeps its person at a place of its own, so that the routes of the other come before it.
app.use(oidc.router);
app.get('/protected', oidc.ensureAuthenticated(), (request, response) => response.json(request.userContext.userinfo));
app.get('/', (request, response) => response.json({ home: true, signedIn: Boolean(request.userContext) }));
await new Promise((resolve, reject) => oidc.once('ready', resolve).once('error', reject));

const browser = new Browser();
const signedIn = await browser.signIn(`${base}/protected`, LOGIN, PASSWORD);
const again = await browser.follow(`${base}/protected`);
// The session at the org is still there, so that the other middleware needs no password.
const byPassport = await browser.follow(`${base}/passport`);
const stranger = await new Browser().follow(`${base}/protected`);
const left = await browser.visit(`${base}/logout`, { method: 'POST' });
const home = await browser.follow(new URL(left.headers.get('location'), base));
const afterwards = await browser.follow(`${base}/protected`);
server.close();
console.log(
  JSON.stringify({
    signedIn: JSON.parse(signedIn.html).home ? 'home' : JSON.parse(signedIn.html).preferred_username,
    again: JSON.parse(again.html).preferred_username,
    byPassport: JSON.parse(byPassport.html),
    strangerSees: new URL(stranger.url).origin === new URL(ORG_URL).origin ? 'the org' : stranger.html,
    home: JSON.parse(home.html),
    afterwards: new URL(afterwards.url).origin === new URL(ORG_URL).origin ? 'the org' : afterwards.html,
  }),
);
process.exit(0);
