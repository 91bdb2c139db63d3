// What was found in a query text or by the database, joined with what a publisher has said about it.
// Invariant: words that somebody typed for a parameter or a column come back when it comes back.

import type { Column, Parameter } from '$lib/api';

/** `MinimumRevenue` and `minimum_revenue` are asked for as "Minimum revenue". */
export function labelFrom(name: string): string {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[_\s]+/g, ' ')
    .trim();
  const small = words.replace(/ [A-Z](?=[a-z])/g, (letter) => letter.toLowerCase());
  return small.charAt(0).toUpperCase() + small.slice(1);
}

/** A View's name made from its title: `Pricing summary (new)` is `pricing_summary_new`. */
export function nameFrom(title: string): string {
  const plain = title.normalize('NFKD').replace(/[\u0300-\u036f]/g, '');
  return plain
    .toLowerCase()
    .replace(/[^a-z\d]+/g, '_')
    .replace(/^[_\d]+|_+$/g, '')
    .slice(0, 100);
}

/** The parameters of a text: those known keep their place and settings, new ones come after them. */
export function parametersFor(
  names: string[],
  known: Parameter[],
  gone: Map<string, Parameter>,
): Parameter[] {
  for (const parameter of known) if (!names.includes(parameter.name)) gone.set(parameter.name, parameter);
  const kept = known.filter(({ name }) => names.includes(name));
  const added = names
    .filter((name) => !kept.some((parameter) => parameter.name === name))
    .map((name): Parameter => gone.get(name) ?? newParameter(name));
  return [...kept, ...added];
}

function newParameter(name: string): Parameter {
  return { name, label: labelFrom(name), data_type: 'text', required: true, default: null, list: false };
}

/** The columns that the database found, in its order, with the words of the publisher. */
export function columnsFor(found: Pick<Column, 'name' | 'data_type'>[], known: Column[]): Column[] {
  return found.map(({ name, data_type }) => {
    const before = known.find((column) => column.name === name);
    if (before) return { ...before, data_type };
    return { name, label: labelFrom(name), data_type, format: null, width: null, visible: true };
  });
}
