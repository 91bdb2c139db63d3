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
  '/api/v1/people': { get: Operation<t.List<t.Person>, undefined, undefined, t.ListQuery> };
  '/api/v1/people/{id}': { get: Operation<t.PersonDetails, undefined, Id> };
  '/api/v1/people/{id}/fields/{field_id}': {
    put: Operation<undefined, { value: string | null }, { id: string; field_id: string }>;
  };
  '/api/v1/roles': {
    get: Operation<t.List<t.Role>, undefined, undefined, t.ListQuery>;
    post: Operation<t.Role, { name: string }>;
  };
  '/api/v1/defined-fields': {
    get: Operation<t.List<t.DefinedField>, undefined, undefined, t.ListQuery>;
    post: Operation<t.DefinedField, t.NewDefinedField>;
  };
  '/api/v1/defined-fields/{id}': {
    put: Operation<t.DefinedField, t.NewDefinedField, Id>;
    delete: Operation<undefined, undefined, Id>;
  };
  '/api/v1/connections': {
    get: Operation<t.List<t.Connection>, undefined, undefined, t.ListQuery>;
    post: Operation<t.Connection, t.NewConnection>;
  };
  '/api/v1/connections/{id}': {
    get: Operation<t.Connection, undefined, Id>;
    put: Operation<t.Connection, t.NewConnection, Id>;
    delete: Operation<undefined, undefined, Id>;
  };
  '/api/v1/connections/{id}/test': { post: Operation<t.ConnectionTest, undefined, Id> };
  '/api/v1/connections/{id}/catalog': { get: Operation<t.Catalog, undefined, Id> };
  '/api/v1/views': {
    get: Operation<t.List<t.ListedView>, undefined, undefined, t.ListQuery>;
    post: Operation<t.View, t.NewView>;
  };
  '/api/v1/views/{id}': {
    get: Operation<t.View, undefined, Id>;
    put: Operation<t.View, t.NewView, Id>;
    delete: Operation<undefined, undefined, Id>;
  };
  '/api/v1/views/{id}/versions/{version}': {
    get: Operation<t.View, undefined, { id: string; version: number }>;
  };
  '/api/v1/views/inspect': { post: Operation<t.Inspection, { sql: string }> };
  '/api/v1/views/preview': { post: Operation<t.Preview, t.NewPreview> };
  '/api/v1/assignments': {
    get: Operation<t.List<t.Assignment>, undefined, undefined, t.ListQuery>;
    post: Operation<t.List<t.Assignment>, t.NewAssignments>;
  };
  '/api/v1/assignments/{id}': { delete: Operation<undefined, undefined, Id> };
  '/api/v1/logs': { get: Operation<t.List<t.LogEntry>, undefined, undefined, t.ListQuery> };
  '/api/v1/openapi.json': { get: Operation<unknown> };
}
