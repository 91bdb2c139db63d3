// The events that the filters leave, as a CSV file.

import { writeCsv } from '$lib/csv';
import { download } from '$lib/download';
import { okta, path, withQuery, type LogEvent } from '$lib/okta';
import { nameOfSubject, targetsOf } from './words';

const PAGE_ROWS = 1_000;
/** More than a spreadsheet is comfortable with; the API gives the rest. */
export const ROWS_MAX = 50_000;

const COLUMNS: [string, (event: LogEvent) => string | null | undefined][] = [
  ['published', ({ published }) => published],
  ['eventType', ({ eventType }) => eventType],
  ['displayMessage', ({ displayMessage }) => displayMessage],
  ['severity', ({ severity }) => severity],
  ['outcome', ({ outcome }) => outcome?.result],
  ['reason', ({ outcome }) => outcome?.reason],
  ['actor', ({ actor }) => nameOfSubject(actor)],
  ['actorId', ({ actor }) => actor?.id],
  ['actorAlternateId', ({ actor }) => actor?.alternateId],
  ['targets', targetsOf],
  ['targetIds', ({ target }) => target?.map(({ id }) => id).join(' ')],
  ['ipAddress', ({ client }) => client?.ipAddress],
  ['userAgent', ({ client }) => client?.userAgent?.rawUserAgent],
  ['transactionId', ({ transaction }) => transaction?.id],
  ['uuid', ({ uuid }) => uuid],
];

/** Loads everything between two instants; `false`: there is more than the file holds. */
export async function exportLog(query: Record<string, string | number | undefined>): Promise<boolean> {
  const rows: string[][] = [COLUMNS.map(([name]) => name)];
  let next: string | undefined = withQuery(path`/api/v1/logs`, { ...query, limit: PAGE_ROWS });
  while (next && rows.length <= ROWS_MAX) {
    const page: { items: LogEvent[]; next: string | undefined } = await okta.list<LogEvent>(next);
    rows.push(...page.items.map((event) => COLUMNS.map(([, value]) => value(event) ?? '')));
    next = page.items.length > 0 ? page.next : undefined;
  }
  download(`system-log-${new Date().toISOString().slice(0, 10)}.csv`, writeCsv(rows, true));
  return next === undefined;
}
