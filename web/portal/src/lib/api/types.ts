// The API's bodies by the names that the pages use. All of them come out of `schema.d.ts`, which `npm run types` writes from
// the server's own description; `npm run check` fails when it is older than that.

import type { components, operations } from './schema';

type Schemas = components['schemas'];

/** The server's, and those that a page makes itself: the server out of reach. */
export type { Problem } from '@webreports/ui/problem';
export type Instant = Schemas['Instant'];

export type SignInOptions = Schemas['SignInOptions'];
export type Session = Schemas['SessionBody'];
export type Permission = Schemas['Permission'];
export type Claim = Schemas['Claim'];

export type CheckName = Schemas['CheckName'];
export type Check = Schemas['CheckBody'];
export type Setup = Schemas['SetUpBody'];
export type SetupChange = Schemas['Connect'];
export type PlanRequest = Schemas['Wish'];
export type PlanStep = Schemas['PlanStepBody'];
export type PlanOutcome = Schemas['AppliedStep'];
export type Bridge = Schemas['BridgeBody'];
export type HealthState = Schemas['Lamp'];

export type ParameterType = Schemas['DataType'];
export type ReportType = Schemas['ReportType'];
export type Parameter = Schemas['ParameterBody'];
export type ParameterValue = Schemas['ParameterValue'];
export type Column = Schemas['ColumnBody'];
export type AvailableReport = Schemas['AvailableBody'];

export type Run = Schemas['RunBody'];
export type RunState = Schemas['RunState'];
export type NewRun = Schemas['NewRun'];
export type ExportFormat = Schemas['FileFormat'];
export type Cell = Schemas['Cell'];
export type SortKey = Required<Schemas['SortBody']>;
export type Filter = Schemas['FilterBody'];
export type PageRequest = Schemas['NewPage'];
export type Page = Schemas['PageBody'];

export type Person = Schemas['PersonBody'];
export type PersonDetails = Schemas['PersonDetails'];
export type Role = Schemas['RoleBody'];
export type DefinedField = Schemas['FieldBody'];
export type NewDefinedField = Schemas['NewField'];

export type Connection = Schemas['ConnectionBody'];
export type ConnectionKind = Schemas['ConnectionKind'];
export type Encryption = Schemas['Encryption'];
export type NewConnection = Schemas['NewConnection'];
export type ConnectionTest = Schemas['TestBody'];
export type Catalog = Schemas['CatalogBody'];

export type ListedView = Schemas['ListedViewBody'];
export type View = Schemas['ViewBody'];
export type ColumnSettings = Schemas['ColumnSettings'];
export type NewView = Schemas['NewView'];
export type QueryProblem = Schemas['TextProblem'];
export type Inspection = Schemas['Inspected'];
export type NewPreview = Schemas['NewPreview'];
export type Preview = Schemas['PreviewBody'];

export type Assignment = Schemas['AssignmentBody'];
export type NewAssignments = Schemas['NewAssignments'];
export type LogEntry = Schemas['LogBody'];

/** One page of a list, whatever it holds. */
export type List<Item> = Omit<Schemas['List_RunBody'], 'items'> & { items: Item[] };

/** What each list can be asked: `QueryOf<'getRuns'>`. */
export type QueryOf<Operation extends keyof operations> = NonNullable<
  operations[Operation]['parameters']['query']
>;
