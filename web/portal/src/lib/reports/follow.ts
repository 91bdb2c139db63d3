// Following a run: the server tells each change until the run is final. Should the stream break (a proxy, a sleep), the
// run is asked for instead until a new stream stands.

import { api, unwrap, type Run } from '$lib/api';

const ASK_MS = 2000;

export function isFinal(run: Run): boolean {
  return run.state !== 'queued' && run.state !== 'running';
}

/** Calls `told` with every change until the run is final or the returned function is called. */
export function follow(id: string, told: (run: Run) => void, failed: (thrown: unknown) => void): () => void {
  let ended = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stream = new EventSource(`/api/v1/runs/${encodeURIComponent(id)}/events`);

  const end = (): void => {
    ended = true;
    clearTimeout(timer);
    stream.close();
  };
  const tell = (run: Run): void => {
    if (ended) return;
    told(run);
    if (isFinal(run)) end();
  };
  const ask = async (): Promise<void> => {
    try {
      tell(await unwrap(api.GET('/api/v1/runs/{id}', { params: { path: { id } } })));
    } catch (thrown) {
      if (!ended) failed(thrown);
    }
    if (!ended && stream.readyState !== EventSource.OPEN) timer = setTimeout(() => void ask(), ASK_MS);
  };

  stream.addEventListener('run', (event: MessageEvent<string>) => tell(JSON.parse(event.data) as Run));
  stream.addEventListener('error', () => {
    clearTimeout(timer);
    if (!ended) timer = setTimeout(() => void ask(), ASK_MS);
  });
  return end;
}
