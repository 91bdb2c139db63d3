// Values of parameters between a form, where all is text, and the API. The server is the judge of what is valid; here
// only what can't be meant is caught early.

import type { Parameter, ParameterValue } from '$lib/api';

/** What each field of the form holds, by parameter name. */
export type Typed = Record<string, string>;

/** The form at first: what was given before, else the defaults. */
export function typedAtFirst(parameters: Parameter[], given: Record<string, string | null> = {}): Typed {
  return Object.fromEntries(
    parameters.map(({ name, default: fallback }) => [name, given[name] ?? fallback ?? '']),
  );
}

/** What is missing or can't be meant, by parameter name. */
export function check(parameters: Parameter[], typed: Typed): Record<string, string> {
  const errors: Record<string, string> = {};
  for (const parameter of parameters) {
    const error = checkOne(parameter, typed[parameter.name] ?? '');
    if (error) errors[parameter.name] = error;
  }
  return errors;
}

function checkOne(parameter: Parameter, text: string): string | undefined {
  const values = valuesOf(parameter, text);
  if (values.length === 0) return parameter.required ? `Give a value for ${parameter.label}.` : undefined;
  for (const value of values) {
    if (parameter.data_type === 'integer' && !/^[+-]?\d+$/.test(value))
      return 'Write a whole number without spaces or signs between the digits, like 2026.';
    if (parameter.data_type === 'decimal' && !/^[+-]?\d+(\.\d+)?$/.test(value))
      return 'Write a number with a point, like 1200.50.';
  }
  return undefined;
}

function valuesOf(parameter: Parameter, text: string): string[] {
  const lines = parameter.list ? text.split('\n') : [text];
  return lines
    .map((line) => (parameter.data_type === 'text' && !parameter.list ? line : line.trim()))
    .filter((line) => line !== '');
}

/** What is sent. A field left empty is left out: the View's default holds, or there is no value. */
export function valuesToSend(parameters: Parameter[], typed: Typed): Record<string, ParameterValue> {
  const sent: Record<string, ParameterValue> = {};
  for (const parameter of parameters) {
    const values = valuesOf(parameter, typed[parameter.name] ?? '');
    if (values.length === 0) continue;
    if (parameter.list) sent[parameter.name] = values;
    else if (parameter.data_type === 'boolean') sent[parameter.name] = values[0] === 'true';
    else sent[parameter.name] = values[0]!;
  }
  return sent;
}
