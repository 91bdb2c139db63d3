// What people do in a browser, in steps that several tests take.

/** Signs in on the org's page, which the browser shows already. */
export async function fillSignIn(page, login, password) {
  await page.getByLabel('User name').fill(login);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** Signs a person of the demo in at the portal, through the org, as they would. */
export async function signIn(page, site, login, path = '/reports/available') {
  await page.goto(`${site.portal}/sign-in?return=${encodeURIComponent(path)}`);
  await page
    .getByRole('link', { name: /Sign in with Okta/ })
    .or(page.getByRole('button', { name: /Sign in with Okta/ }))
    .click();
  await fillSignIn(page, login, site.password(login));
  await page.waitForURL((url) => url.href.startsWith(site.portal) && !url.pathname.startsWith('/sign-in'));
}

/** Signs the org's administrator in at the Admin Console. */
export async function signInToConsole(page, site, login) {
  await page.goto(`${site.org}/admin/`);
  await fillSignIn(page, login, site.password(login));
  await page.waitForURL((url) => url.pathname.startsWith('/admin'));
}

/** Waits until nothing is loading and fonts are there, so that a picture shows the page and not its skeleton. */
export async function settled(page) {
  await page.waitForLoadState('networkidle');
  await page.evaluate(() => document.fonts.ready);
}
