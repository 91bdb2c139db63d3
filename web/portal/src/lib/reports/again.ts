// Running a report once more, with the values that a run had.

import { api, unwrap, type AvailableReport, type Run } from '$lib/api';
import { ProblemError } from '@webreports/ui/problem';

/** The report behind a run, as it is assigned now. Throws a problem when it is not any more. */
export async function reportOf(run: Run): Promise<AvailableReport> {
  let after: string | undefined;
  do {
    const list = await unwrap(
      api.GET('/api/v1/available', { params: { query: { q: run.title, ...(after ? { after } : {}) } } }),
    );
    const report = list.items.find(({ id }) => id === run.assignment_id);
    if (report) return report;
    after = list.next ?? undefined;
  } while (after);
  throw new ProblemError({
    type: '/problems/no-such-report',
    title: 'This report is not assigned to your roles any more',
    status: 404,
    hint: 'Ask an administrator or the publisher to assign it again.',
  });
}

/** The values of a run as a form holds them: those of a list one a line. */
export function givenOf(run: Run): Record<string, string | null> {
  return Object.fromEntries(run.parameters.map(({ name, values }) => [name, values.join('\n')]));
}
