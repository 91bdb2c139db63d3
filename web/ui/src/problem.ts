// A problem as the server tells it (RFC 9457), and the way from anything thrown to one that can be shown.

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  hint?: string;
  /** What to quote when one asks for help. */
  reference?: string;
  /** Words per field of the form that was sent; under an empty name what belongs to none of them. */
  errors?: Record<string, string>;
}

/** Carries a problem through `throw`, so that one `catch` can show it. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.title);
    this.name = 'ProblemError';
    this.problem = problem;
  }

  get slug(): string {
    return slugOf(this.problem);
  }
}

/** The last part of a problem's type: `/problems/not-found` is `not-found`. */
export function slugOf(problem: Problem): string {
  return problem.type.split('/').at(-1) ?? '';
}

export const OFFLINE: Problem = {
  type: '/problems/offline',
  title: 'The server can’t be reached',
  status: 0,
  detail: 'Nothing was lost. Check the connection and try again.',
};

/** Whatever was thrown, as something a person can read. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof ProblemError) return thrown.problem;
  // The browsers' words for a call, a page's code or its style sheet that did not come.
  if (thrown instanceof TypeError && /fetch|network|load failed|imported module/i.test(thrown.message))
    return OFFLINE;
  if (thrown instanceof Error && /^unable to preload/i.test(thrown.message)) return OFFLINE;
  return {
    type: '/problems/page',
    title: 'This page ran into an error of its own',
    status: 0,
    detail: thrown instanceof Error ? thrown.message : String(thrown),
    hint: 'Load the page again. If it happens once more, tell an administrator what you did.',
  };
}

/** Was it only that somebody stopped waiting? Nothing to show then. */
export function isAbort(thrown: unknown): boolean {
  return thrown instanceof DOMException && thrown.name === 'AbortError';
}

/**
 * The server's words begin in lower case and name things in backticks, as errors do there; here they are a sentence. An address or an
 * identifier that they begin with stays as it is.
 */
export function sentence(words: string): string {
  const named = words.replace(/`([^`]*)`/g, '“$1”');
  const first = /^\p{Ll}[\p{L}’'-]*(?=[\s,;]|$)/u.test(named)
    ? named.charAt(0).toUpperCase() + named.slice(1)
    : named;
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
