import { okta, path, withQuery, type LogEvent, type Page } from '$lib/okta';
import { OktaError } from '$lib/okta';
import type { Problem } from '@webreports/ui/problem';
import { DEFAULT_RANGE, expressionOf, RANGES } from '$lib/log/filters';
import type { PageLoad } from './$types';

const PAGE_ROWS = 100;
const BAD_REQUEST = 400;

export const load: PageLoad = async ({ parent, url, depends }) => {
  depends('console:log');
  const filters = {
    q: url.searchParams.get('q') ?? '',
    range: url.searchParams.get('range') ?? DEFAULT_RANGE,
    kind: url.searchParams.get('kind') ?? '',
    outcome: url.searchParams.get('outcome') ?? '',
    filter: url.searchParams.get('filter') ?? '',
    since: url.searchParams.get('since') ?? '',
    until: url.searchParams.get('until') ?? '',
    live: url.searchParams.get('live') === 'true',
  };
  await parent();
  const { since, until } = bounds(filters);
  const query = {
    since,
    until,
    sortOrder: 'DESCENDING',
    q: filters.q.trim(),
    filter: expressionOf(filters),
    limit: PAGE_ROWS,
  };
  let list: Page<LogEvent> = { items: [], next: undefined };
  let refused: Problem | undefined;
  try {
    list = await okta.list<LogEvent>(withQuery(path`/api/v1/logs`, query));
  } catch (thrown) {
    // A wrong expression is told beside its field, with what was typed still there.
    if (!(thrown instanceof OktaError) || thrown.status !== BAD_REQUEST) throw thrown;
    refused = thrown.problem;
  }
  return { list, refused, filters, query };
};

/** Both ends are given, so that pages fit together while new events arrive. */
function bounds(filters: { range: string; since: string; until: string }): { since: string; until: string } {
  const now = Date.now();
  if (filters.range === 'between') {
    const since = Date.parse(filters.since);
    const until = Date.parse(filters.until);
    return {
      since: new Date(Number.isNaN(since) ? now - RANGES[2]!.ms : since).toISOString(),
      until: new Date(Number.isNaN(until) ? now : until).toISOString(),
    };
  }
  const range = RANGES.find(({ value }) => value === filters.range) ?? RANGES[2]!;
  return { since: new Date(now - range.ms).toISOString(), until: new Date(now).toISOString() };
}
