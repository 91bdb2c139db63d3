import { describe, expect, it } from 'vitest';
import {
  example,
  found,
  groupsOf,
  limitsText,
  propertiesOf,
  typeText,
  type Document,
} from '../src/lib/openapi/document';

const document: Document = {
  openapi: '3.1.0',
  info: { title: 'WebReports', version: '0.1.0' },
  tags: [{ name: 'runs', description: 'Running reports.' }, { name: 'views' }],
  paths: {
    '/api/v1/views': {
      get: { tags: ['views'], summary: 'Views', responses: { 200: { description: 'The list' } } },
    },
    '/api/v1/runs/{id}': {
      get: {
        tags: ['runs'],
        description: 'One run.\nWith how far it is.',
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
        responses: {
          200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Run' } } } },
        },
      },
      delete: { tags: ['odd'], summary: 'Removes a run.' },
    },
  },
  components: {
    schemas: {
      Run: {
        type: 'object',
        required: ['id'],
        properties: {
          id: { type: 'string', description: 'Of the run.' },
          bytes: { type: ['integer', 'null'], format: 'int64' },
          problem: { oneOf: [{ type: 'null' }, { $ref: '#/components/schemas/Problem' }] },
          columns: { type: 'array', items: { $ref: '#/components/schemas/Column' } },
          before: { $ref: '#/components/schemas/Run' },
        },
      },
      Problem: { type: 'object', properties: { title: { type: 'string' } } },
      Column: {
        allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { width: { type: 'integer' } } }],
      },
      Circle: { $ref: '#/components/schemas/Circle' },
    },
  },
};
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

describe('operations', () => {
  it('stand by tag in the order of the document, with tags that it does not name at the end', () => {
    const groups = groupsOf(document);
    expect(groups.map(({ tag }) => tag)).toEqual(['runs', 'views', 'odd']);
    expect(groups[0]?.operations[0]).toMatchObject({
      id: 'get-api-v1-runs-id',
      method: 'GET',
      summary: 'One run.',
      description: 'With how far it is.',
    });
  });

  it('are found by words of method, path and summary', () => {
    const groups = groupsOf(document);
    expect(found(groups, 'delete RUN').flatMap(({ operations }) => operations)).toHaveLength(1);
    expect(found(groups, 'nowhere')).toEqual([]);
    expect(found(groups, ' ')).toBe(groups);
  });
});

describe('types', () => {
  it('are said in one line', () => {
    const { properties } = document.components!.schemas!.Run!;
    expect(typeText(properties!.bytes)).toBe('integer (int64) or null');
    expect(typeText(properties!.problem)).toBe('Problem or null');
    expect(typeText(properties!.columns)).toBe('list of Column');
    expect(typeText({ additionalProperties: { type: 'string' }, type: 'object' })).toBe('map to string');
    expect(typeText(undefined)).toBe('anything');
  });

  it('show their properties through references, lists and joined parts', () => {
    const run = propertiesOf(document, ref('Run'));
    expect(run.find(({ name }) => name === 'id')).toMatchObject({
      required: true,
      description: 'Of the run.',
    });
    expect(run.find(({ name }) => name === 'id')?.inner).toBeUndefined();
    const columns = run.find(({ name }) => name === 'columns');
    expect(propertiesOf(document, columns?.inner).map(({ name }) => name)).toEqual(['title', 'width']);
  });

  it('are followed by what they do not say: words, form and limits', () => {
    const named: Document = {
      ...document,
      components: { schemas: { State: { type: 'string', enum: ['queued', 'running'] } } },
    };
    expect(limitsText(named, { oneOf: [ref('State'), { type: 'null' }] })).toBe(
      'One of `queued`, `running`.',
    );
    expect(limitsText(named, { type: 'string', pattern: '^a$', minLength: 1, maxLength: 9 })).toBe(
      'Of the form `^a$`. 1 to 9 characters.',
    );
    expect(limitsText(named, { type: 'integer', minimum: 0 })).toBe('');
    expect(limitsText(named, { type: 'integer', minimum: 1, maximum: 500, default: 50 })).toBe(
      '1 to 500. 50 if not said.',
    );
  });

  it('that contain themselves end', () => {
    expect(propertiesOf(document, ref('Circle'))).toEqual([]);
    expect(example(document, ref('Run'))).toEqual({
      id: 'string',
      bytes: 0,
      problem: { title: 'string' },
      columns: [{ title: 'string', width: 0 }],
      before: null,
    });
  });
});
