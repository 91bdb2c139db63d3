// An error object of the org, as a problem that the pages can show.
// Invariant: words for the field of a form come from the error's causes (`login: ...`), never from its summary.

import { ProblemError, type Problem } from '@webreports/ui/problem';

interface ErrorObject {
  errorCode: string;
  errorSummary: string;
  errorId?: string;
  errorCauses?: { errorSummary: string }[];
}

/** Titles for the codes that people meet; the others show the org's own summary. */
const TITLES: Record<string, string> = {
  E0000001: 'The org did not accept this',
  E0000006: 'Your administrator role does not allow this',
  E0000007: 'This does not exist any more',
  E0000009: 'The org ran into an error of its own',
  E0000047: 'Too many calls in a short time',
};

const HINTS: Record<string, string> = {
  E0000006: 'Ask a super administrator of this org for a role that may do it.',
  E0000009: 'Quote the reference when you ask for help; the org’s log says more.',
};

/** The org's standing phrases about a field, in words that say what to do. */
const REASONS: [RegExp, string][] = [
  [/already exists in the current organization/i, 'This is taken already. Choose another.'],
  [/cannot be left blank/i, 'Fill this in.'],
];

const FIELD = /^([\w.[\]]+): (.+)$/s;

export class OktaError extends ProblemError {
  readonly code: string;

  constructor(code: string, problem: Problem) {
    super(problem);
    this.name = 'OktaError';
    this.code = code;
  }

  get status(): number {
    return this.problem.status;
  }
}

/** Reads the error out of an answer; what isn't one (a proxy's page, nothing) becomes one that says so. */
export async function readError(response: Response): Promise<OktaError> {
  let body: unknown;
  try {
    body = await response.json();
  } catch {
    // Not JSON: something between us and the org has answered.
  }
  if (!isErrorObject(body)) return unexpected(response);
  const causes = (body.errorCauses ?? []).map(({ errorSummary }) => errorSummary);
  const errors: Record<string, string> = {};
  const general: string[] = [];
  for (const cause of causes) {
    const field = FIELD.exec(cause);
    if (!field) {
      general.push(cause);
      continue;
    }
    const [, name, reason] = field as unknown as [string, string, string];
    errors[name] = errors[name] ? `${errors[name]}\n${reasonOf(reason)}` : reasonOf(reason);
  }
  // Beside words for fields, what belongs to none of them must not be taken for their summary.
  if (Object.keys(errors).length > 0 && general.length > 0) errors[''] = general.splice(0).join('\n');
  const title = TITLES[body.errorCode] ?? body.errorSummary;
  const said = body.errorCode === 'E0000001' && causes.length > 0 ? [] : [body.errorSummary];
  const detail = [...said, ...general].filter((line) => line !== title).join('\n');
  return new OktaError(body.errorCode, {
    type: `/problems/${body.errorCode}`,
    title,
    status: response.status,
    detail: body.errorCode === 'E0000009' ? undefined : detail || undefined,
    hint: hintOf(body.errorCode, response),
    reference: body.errorId,
    errors: Object.keys(errors).length > 0 ? errors : undefined,
  });
}

function reasonOf(cause: string): string {
  return REASONS.find(([pattern]) => pattern.test(cause))?.[1] ?? cause;
}

function hintOf(code: string, response: Response): string | undefined {
  if (code !== 'E0000047') return HINTS[code];
  const reset = Number(response.headers.get('X-Rate-Limit-Reset')) * 1000;
  const seconds = Math.ceil((reset - Date.now()) / 1000);
  return seconds > 0 && seconds < 3600 ? `Try again in ${seconds} s.` : 'Try again in a minute.';
}

function isErrorObject(body: unknown): body is ErrorObject {
  return typeof body === 'object' && body !== null && 'errorCode' in body && 'errorSummary' in body;
}

function unexpected(response: Response): OktaError {
  return new OktaError('', {
    type: '/problems/unexpected-answer',
    title: 'The org gave an answer that the console does not understand',
    status: response.status,
    detail: `HTTP ${response.status} ${response.statusText}`.trim(),
    hint: 'If a proxy stands before the org, its log says more.',
  });
}
