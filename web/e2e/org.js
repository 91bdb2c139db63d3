// The org's API as the page calls it: by the session of whoever is signed in at the console.

/** Calls the API; an answer that refuses is an error with what it says. */
export async function orgCaller(page) {
  const { csrfToken } = await page.evaluate(async () => (await fetch('/admin/api/session')).json());
  return async (method, path, body) => {
    const answer = await page.evaluate(
      async ([method, path, body, token]) => {
        const response = await fetch(`/api/v1${path}`, {
          method,
          headers: { 'content-type': 'application/json', 'x-csrf-token': token },
          body: body === undefined ? undefined : JSON.stringify(body),
        });
        return { ok: response.ok, text: await response.text() };
      },
      [method, path, body, csrfToken],
    );
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.text}`);
    return answer.text ? JSON.parse(answer.text) : undefined;
  };
}
