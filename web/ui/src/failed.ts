// What a load or a page throws becomes a problem that the error page can show.

import { problemOf, ProblemError, type Problem } from './problem';

interface Failure {
  error: unknown;
  status: number;
  message: string;
}

/** SvelteKit's `handleError` hook of the browser. */
export function handleError({ error, status, message }: Failure): {
  message: string;
  reference?: string;
  problem?: Problem;
} {
  if (status === 404 && !(error instanceof ProblemError)) return { message };
  const problem = problemOf(error);
  return { message: problem.title, reference: problem.reference, problem };
}
