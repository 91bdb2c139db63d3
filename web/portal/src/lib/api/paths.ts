// The operations that the pages call, in the shape that openapi-typescript writes, so that `schema.d.ts` can stand in.

import type * as t from './types';

type Answer<Body> = { headers: Record<string, unknown>; content: { 'application/json': Body } };

type Failure = { headers: Record<string, unknown>; content: { 'application/problem+json': t.Problem } };
type PathOf<Path> = Path extends undefined ? { path?: never } : { path: Path };
type QueryOf<Query> = Query extends undefined ? { query?: never } : { query?: Query };
type HeaderOf<Header> = Header extends undefined ? { header?: never } : { header?: Header };
type BodyOf<Body> = Body extends undefined
  ? { requestBody?: never }
  : { requestBody: { content: { 'application/json': Body } } };

type Operation<Result, Body = undefined, Path = undefined, Query = undefined, Header = undefined> = {
  parameters: PathOf<Path> & QueryOf<Query> & HeaderOf<Header> & { cookie?: never };
  responses: { 200: Answer<Result>; default: Failure };
} & BodyOf<Body>;

type Id = { id: string };

export interface paths {
  '/api/v1/sign-in-options': { get: Operation<t.SignInOptions> };
  '/api/v1/session': {
    get: Operation<t.Session>;
    post: Operation<t.Session, { login: string; password: string }>;
    delete: Operation<{ sign_out_url: string | null }>;
  };
  '/api/v1/setup/claim': { post: Operation<t.Session, t.Claim> };
  '/api/v1/setup': { get: Operation<t.Setup>; put: Operation<t.Setup, t.SetupChange> };
  '/api/v1/setup/checks/{name}': { post: Operation<t.Check, undefined, { name: string }> };
  '/api/v1/setup/plan': { post: Operation<{ steps: t.PlanStep[] }, t.PlanRequest> };
  '/api/v1/setup/plan/apply': {
    post: Operation<{ steps: t.PlanOutcome[]; client_id?: string }, t.PlanRequest>;
  };
  '/api/v1/setup/plan/undo': { post: Operation<{ steps: t.PlanOutcome[] }> };
  '/api/v1/setup/enable': { post: Operation<t.Setup> };
  '/api/v1/setup/disable': { post: Operation<t.Setup> };
  '/api/v1/bridge': { get: Operation<t.Bridge> };
  '/api/v1/available': {
    get: Operation<t.List<t.AvailableReport>, undefined, undefined, t.ListQuery>;
  };
  '/api/v1/assignments/{id}/runs': {
    post: Operation<t.Run, t.NewRun, Id, undefined, { 'Idempotency-Key'?: string }>;
  };
  '/api/v1/runs': {
    get: Operation<t.List<t.Run>, undefined, undefined, t.ListQuery & { state?: string }>;
  };
  '/api/v1/runs/{id}': {
    get: Operation<t.Run, undefined, Id>;
    delete: Operation<undefined, undefined, Id>;
  };
  '/api/v1/runs/{id}/cancel': { post: Operation<t.Run | undefined, undefined, Id> };
  '/api/v1/runs/{id}/page': { post: Operation<t.Page, t.PageRequest, Id> };
}
