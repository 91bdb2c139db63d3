import type { HandleClientError } from '@sveltejs/kit';
import { problemOf, ProblemError } from '@webreports/ui/problem';

/** What a load or a page throws becomes a problem that the error page can show. */
export const handleError: HandleClientError = ({ error, status, message }) => {
  if (status === 404 && !(error instanceof ProblemError)) return { message };
  const problem = problemOf(error);
  return { message: problem.title, reference: problem.reference, problem };
};
