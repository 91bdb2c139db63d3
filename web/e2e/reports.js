// What a test publishes for itself, through the portal's API with the page's own session.
import assert from 'node:assert/strict';

/** Calls the portal as the page's person does; a refusal fails the test in the server's own words. */
export async function caller(page, site) {
  const { csrf_token: csrf } = await (await page.request.get(`${site.portal}/api/v1/session`)).json();
  return async (method, path, data) => {
    const answer = await page.request.fetch(`${site.portal}/api/v1${path}`, {
      method,
      data,
      headers: { 'x-csrf-token': csrf, origin: site.portal },
    });
    const text = await answer.text();
    assert.ok(answer.ok(), `${method} ${path}: ${text}`);
    return text ? JSON.parse(text) : undefined;
  };
}

/** Publishes a View and assigns it to roles by their names. */
export async function publish(call, connection, { roles, types = ['Details'], ...view }) {
  const made = await call('POST', '/views', {
    parameters: [],
    columns: [],
    connection_id: connection,
    ...view,
  });
  const known = await call('GET', '/roles');
  await call('POST', '/assignments', {
    view_ids: [made.id],
    connection_id: connection,
    role_ids: known.items.filter(({ name }) => roles.includes(name)).map(({ id }) => id),
    types,
  });
  return made;
}
