// What a page needs of an OpenAPI 3.1 document: operations by tag, references followed, types in words, an example.
// Invariant: whatever the document holds, nothing here loops: a schema that contains itself ends at its own name.

export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  enum?: unknown[];
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  const?: unknown;
  default?: unknown;
  example?: unknown;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  additionalProperties?: boolean | Schema;
  propertyNames?: Schema;
}

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header' | 'cookie';
  description?: string;
  required?: boolean;
  schema?: Schema;
}

type Content = Record<string, { schema?: Schema }>;

interface RawOperation {
  operationId?: string;
  tags?: string[];
  summary?: string;
  description?: string;
  deprecated?: boolean;
  parameters?: Parameter[];
  requestBody?: { required?: boolean; description?: string; content: Content };
  responses?: Record<string, { description?: string; content?: Content }>;
}

export interface Document {
  openapi: string;
  info: { title: string; version: string; description?: string };
  tags?: { name: string; description?: string }[];
  paths: Record<string, Record<string, RawOperation>>;
  components?: { schemas?: Record<string, Schema> };
}

export interface Body {
  mediaType: string;
  schema: Schema | undefined;
}

export interface Operation {
  /** Stands in the address: `#get-api-v1-runs-id`. */
  id: string;
  method: string;
  path: string;
  summary: string;
  description: string;
  deprecated: boolean;
  parameters: Parameter[];
  body: (Body & { required: boolean }) | undefined;
  answers: { status: string; description: string; bodies: Body[] }[];
}

export interface Group {
  tag: string;
  description: string;
  operations: Operation[];
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

export function isDocument(found: unknown): found is Document {
  return typeof found === 'object' && found !== null && 'openapi' in found && 'paths' in found;
}

/** Operations by tag, in the order in which the document names the tags; then those of unnamed tags. */
export function groupsOf(document: Document): Group[] {
  const groups = new Map<string, Group>(
    (document.tags ?? []).map(({ name, description }) => [
      name,
      { tag: name, description: description ?? '', operations: [] },
    ]),
  );
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const raw = item[method];
      if (!raw) continue;
      for (const tag of raw.tags ?? ['other']) {
        const group = groups.get(tag) ?? { tag, description: '', operations: [] };
        groups.set(tag, group);
        group.operations.push(operationOf(method, path, raw));
      }
    }
  }
  return [...groups.values()].filter(({ operations }) => operations.length > 0);
}

function operationOf(method: string, path: string, raw: RawOperation): Operation {
  const body = bodiesOf(raw.requestBody?.content)[0];
  const [summary, ...rest] = (raw.summary ?? raw.description ?? '').split('\n');
  const id = `${method}-${path}`
    .toLowerCase()
    .replace(/[^a-z\d]+/g, '-')
    .replace(/^-|-$/g, '');
  return {
    id,
    method: method.toUpperCase(),
    path,
    summary: summary ?? '',
    description: raw.summary ? (raw.description ?? '') : rest.join('\n').trim(),
    deprecated: raw.deprecated ?? false,
    parameters: raw.parameters ?? [],
    body: body && { ...body, required: raw.requestBody?.required ?? false },
    answers: Object.entries(raw.responses ?? {}).map(([status, { description, content }]) => ({
      status,
      description: description ?? '',
      bodies: bodiesOf(content),
    })),
  };
}

function bodiesOf(content: Content | undefined): Body[] {
  return Object.entries(content ?? {}).map(([mediaType, { schema }]) => ({ mediaType, schema }));
}

/** The operations that hold every word typed, in their groups. */
export function found(groups: Group[], typed: string): Group[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return groups;
  return groups
    .map((group) => ({
      ...group,
      operations: group.operations.filter(({ method, path, summary }) => {
        const text = `${method} ${path} ${summary} ${group.tag}`.toLowerCase();
        return words.every((word) => text.includes(word));
      }),
    }))
    .filter(({ operations }) => operations.length > 0);
}

/** `RunBody` of `#/components/schemas/RunBody`. */
export function nameOf(schema: Schema | undefined): string | undefined {
  return schema?.$ref?.split('/').at(-1);
}

/** The schema itself: references followed, `null` beside one other taken off. */
export function resolve(document: Document, schema: Schema | undefined): Schema {
  const seen = new Set<string>();
  let current = schema ?? {};
  for (;;) {
    const name = nameOf(current);
    const one = name === undefined ? notNull(current) : undefined;
    if (name !== undefined) {
      if (seen.has(name)) return {};
      seen.add(name);
      current = document.components?.schemas?.[name] ?? {};
    } else if (one) current = one;
    else return current;
  }
}

/** Of "this or null" the one that isn't null. */
function notNull(schema: Schema): Schema | undefined {
  const parts = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  const rest = parts?.filter(({ type }) => type !== 'null');
  return rest?.length === 1 ? rest[0] : undefined;
}

function mayBeNull(schema: Schema): boolean {
  const parts = schema.oneOf ?? schema.anyOf ?? [];
  return (
    (Array.isArray(schema.type) && schema.type.includes('null')) || parts.some(({ type }) => type === 'null')
  );
}

/** A type in one line: `string (date-time) or null`, `list of RunBody`. */
export function typeText(schema: Schema | undefined): string {
  if (!schema) return 'anything';
  const or = mayBeNull(schema) ? ' or null' : '';
  const name = nameOf(schema);
  if (name) return name;
  const one = notNull(schema);
  if (one) return typeText(one) + or;
  const parts = schema.oneOf ?? schema.anyOf;
  if (parts)
    return (
      parts
        .filter(({ type }) => type !== 'null')
        .map(typeText)
        .join(' or ') + or
    );
  const types = (Array.isArray(schema.type) ? schema.type : [schema.type]).filter(
    (type): type is string => type !== undefined && type !== 'null',
  );
  const words = types.map((type) => {
    if (type === 'array') return `list of ${typeText(schema.items)}`;
    if (type === 'object' && typeof schema.additionalProperties === 'object')
      return `map to ${typeText(schema.additionalProperties)}`;
    return schema.format ? `${type} (${schema.format})` : type;
  });
  return (words.join(' or ') || 'anything') + or;
}

/** What a type does not say: the words of a closed list, the form, the limits. */
export function limitsText(document: Document, schema: Schema | undefined): string {
  const here = resolve(document, schema);
  const said = [
    here.enum && `One of ${here.enum.map((word) => `\`${String(word)}\``).join(', ')}.`,
    here.pattern && `Of the form \`${here.pattern}\`.`,
    range(here.minLength, here.maxLength, 'characters'),
    range(here.minItems, here.maxItems, 'items'),
    // That a number is not below 0 is its type's doing, and says nothing.
    range(here.minimum || undefined, here.maximum, ''),
    here.default !== undefined && `${JSON.stringify(here.default)} if not said.`,
  ];
  return said.filter(Boolean).join(' ');
}

function range(least: number | undefined, most: number | undefined, of: string): string {
  const unit = of && ` ${of}`;
  if (most === undefined) return least === undefined ? '' : `At least ${least}${unit}.`;
  return least === undefined ? `At most ${most}${unit}.` : `${least} to ${most}${unit}.`;
}

/** The properties of a schema, through references and lists: what a reader wants to see below its name. */
export interface Property {
  name: string;
  type: string;
  required: boolean;
  description: string;
  limits: string;
  /** What opens below it; undefined for what has no properties of its own. */
  inner: Schema | undefined;
}

export function propertiesOf(document: Document, schema: Schema | undefined): Property[] {
  const whole = flat(document, schema, 0);
  return Object.entries(whole.properties ?? {}).map(([name, property]) => ({
    name,
    type: typeText(property),
    required: whole.required?.includes(name) ?? false,
    description: property.description ?? '',
    limits: limitsText(document, property),
    inner: hasProperties(document, property) ? property : undefined,
  }));
}

const DEPTH_MAX = 8;

/** `allOf` joined, the items of a list taken for the list. */
function flat(document: Document, schema: Schema | undefined, depth: number): Schema {
  if (depth > DEPTH_MAX) return {};
  const here = resolve(document, schema);
  if (here.items) return flat(document, here.items, depth + 1);
  if (!here.allOf) return here;
  const parts = here.allOf.map((part) => flat(document, part, depth + 1));
  return {
    ...here,
    properties: Object.assign(
      {},
      ...parts.map(({ properties }) => properties ?? {}),
      here.properties ?? {},
    ) as Record<string, Schema>,
    required: [...parts.flatMap(({ required }) => required ?? []), ...(here.required ?? [])],
  };
}

function hasProperties(document: Document, schema: Schema): boolean {
  return Object.keys(flat(document, schema, 0).properties ?? {}).length > 0;
}

/** A body as it could be sent, made from its types. */
export function example(document: Document, schema: Schema | undefined, within: string[] = []): unknown {
  const name = nameOf(schema);
  if (name && within.includes(name)) return null;
  const path = name ? [...within, name] : within;
  const here = resolve(document, schema);
  if (path.length > DEPTH_MAX) return null;
  if (here.example !== undefined) return here.example;
  if (here.default !== undefined) return here.default;
  if (here.const !== undefined) return here.const;
  if (here.enum) return here.enum[0];
  const type = Array.isArray(here.type) ? here.type.find((one) => one !== 'null') : here.type;
  if (type === 'array') return [example(document, here.items, path)];
  const whole = flat(document, here, 0);
  if (whole.properties)
    return Object.fromEntries(
      Object.entries(whole.properties).map(([key, property]) => [key, example(document, property, path)]),
    );
  if (type === 'integer' || type === 'number') return 0;
  if (type === 'boolean') return false;
  if (type === 'object') return {};
  if (type === 'string' && here.format === 'date-time') return '2026-01-31T09:30:00.000Z';
  if (type === 'string') return here.format === 'password' ? '…' : 'string';
  return null;
}
