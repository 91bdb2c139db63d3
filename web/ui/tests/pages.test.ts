import { describe, expect, it } from 'vitest';
import { PAGE_ROWS, Pages, PAGES_MAX } from '../src/grid/pages';
import type { GridLoad, Page, PageRequest } from '../src/grid/query';

interface Asked {
  request: PageRequest;
  signal: AbortSignal;
  answer: (page: Page) => void;
  fail: (thrown: unknown) => void;
}

/** A server whose answers the test gives by hand. */
class Server {
  asked: Asked[] = [];
  load: GridLoad = (request, signal) =>
    new Promise((resolve, reject) => {
      this.asked.push({ request, signal, answer: resolve, fail: reject });
      signal.addEventListener('abort', () => reject(new DOMException('stopped', 'AbortError')));
    });

  async answer(index: number, total: number, final = true): Promise<void> {
    const { request, answer } = this.asked[index]!;
    const length = Math.max(0, Math.min(request.limit, total - request.offset));
    answer({
      offset: request.offset,
      total,
      total_final: final,
      rows: Array.from({ length }, (_, row) => [request.offset + row]),
    });
    await settled();
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

function begin(): { server: Server; pages: Pages; changes: () => number } {
  const server = new Server();
  let changes = 0;
  const pages = new Pages(() => (changes += 1));
  pages.ask({ load: server.load, sort: [], filter: [] });
  return { server, pages, changes: () => changes };
}

describe('the pages of a grid', () => {
  it('asks for the page that is seen and gives its rows', async () => {
    const { server, pages } = begin();
    pages.want(0, 20);
    expect(server.asked.map(({ request }) => [request.offset, request.limit])).toEqual([[0, PAGE_ROWS]]);
    expect(pages.row(3)).toBeUndefined();
    await server.answer(0, 1000);
    expect(pages.total).toBe(1000);
    expect(pages.row(3)).toEqual([3]);
  });

  it('asks for both pages when the view lies across their border, and for none twice', async () => {
    const { server, pages } = begin();
    pages.want(0, 1);
    await server.answer(0, 1000);
    pages.want(PAGE_ROWS - 5, PAGE_ROWS + 5);
    pages.want(PAGE_ROWS - 4, PAGE_ROWS + 6);
    expect(server.asked.map(({ request }) => request.offset)).toEqual([0, PAGE_ROWS]);
  });

  it('drops what nobody waits for any more', async () => {
    const { server, pages } = begin();
    pages.want(0, 1);
    await server.answer(0, 1_000_000);
    pages.want(200_000, 200_020);
    pages.want(800_000, 800_020);
    expect(server.asked[1]!.signal.aborted).toBe(true);
    expect(server.asked[2]!.signal.aborted).toBe(false);
  });

  it('never shows an answer to an older question', async () => {
    const { server, pages } = begin();
    pages.want(0, 1);
    pages.ask({ load: server.load, sort: [{ column: 'a', descending: true }], filter: [] });
    pages.want(0, 1);
    await server.answer(0, 5);
    expect(pages.answered).toBe(false);
    await server.answer(1, 7);
    expect(pages.total).toBe(7);
  });

  it('keeps the old rows in sight until the new ones come', async () => {
    const { server, pages } = begin();
    pages.want(0, 1);
    await server.answer(0, 10);
    pages.ask({ load: server.load, sort: [], filter: [{ column: 'a', op: 'null' }] });
    expect(pages.row(2)).toEqual([2]);
    pages.want(0, 1);
    await server.answer(1, 1);
    expect(pages.row(2)).toBeUndefined();
  });

  it('holds a bounded number of pages', async () => {
    const { server, pages } = begin();
    pages.want(0, 1);
    await server.answer(0, 10_000_000);
    for (let page = 1; page < PAGES_MAX + 20; page += 1) {
      pages.want(page * PAGE_ROWS, page * PAGE_ROWS + 1);
      await server.answer(server.asked.length - 1, 10_000_000);
    }
    expect(pages.pagesHeld).toBe(PAGES_MAX);
    expect(pages.row(0)).toBeUndefined();
  });

  it('grows at the end while a run fills, and asks again for the page that was cut', async () => {
    const { server, pages } = begin();
    pages.want(0, 20);
    await server.answer(0, 150, false);
    pages.grow(450);
    expect(pages.total).toBe(450);
    expect(pages.row(3)).toEqual([3]);
    await server.answer(1, 450, false);
    expect(pages.row(180)).toEqual([180]);
    pages.want(380, 400);
    expect(server.asked.at(-1)!.request.offset).toBe(PAGE_ROWS);
  });

  it('shows a problem, asks no more, and tries again when told to', async () => {
    const { server, pages } = begin();
    pages.want(0, 1);
    server.asked[0]!.fail(new Error('broken'));
    await settled();
    expect(pages.problem).toBeInstanceOf(Error);
    pages.want(0, 1);
    expect(server.asked).toHaveLength(1);
    pages.retry();
    expect(server.asked).toHaveLength(2);
  });

  it('reads rows across pages for copying', async () => {
    const { server, pages } = begin();
    pages.want(0, 1);
    await server.answer(0, 1000);
    const copied = pages.rows(PAGE_ROWS - 2, PAGE_ROWS + 2, new AbortController().signal);
    await settled();
    await server.answer(1, 1000);
    expect(await copied).toEqual([[198], [199], [200], [201]]);
  });

  it('copies rows of one order, and none once another is asked for or the grid is gone', async () => {
    for (const change of ['ask', 'close'] as const) {
      const { server, pages } = begin();
      pages.want(0, 10);
      await server.answer(0, 1000);
      const copying = pages.rows(PAGE_ROWS - 1, 2 * PAGE_ROWS + 1, new AbortController().signal);
      const copied = copying.then(
        () => 'copied',
        (thrown: Error) => thrown.message,
      );
      await server.answer(1, 1000);
      if (change === 'close') pages.close();
      else pages.ask({ load: server.load, sort: [{ column: 'id', descending: true }], filter: [] });
      await server.answer(2, 1000);
      expect(await copied).toBe('other rows are asked for');
    }
  });
});
