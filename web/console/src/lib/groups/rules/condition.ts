// The condition of a rule as the plain builder knows it: one attribute, one comparison, one value. What it writes it also
// reads again; any other expression is shown as it is.

export type Comparison = 'is' | 'contains' | 'starts';

export interface Condition {
  attribute: string;
  comparison: Comparison;
  value: string;
}

export const COMPARISONS: { value: Comparison; label: string }[] = [
  { value: 'is', label: 'is' },
  { value: 'contains', label: 'contains' },
  { value: 'starts', label: 'starts with' },
];

const FUNCTIONS: Record<Exclude<Comparison, 'is'>, string> = {
  contains: 'String.stringContains',
  starts: 'String.startsWith',
};
const TEXT = String.raw`"((?:[^"\\]|\\["\\])*)"`;
const EQUAL = new RegExp(String.raw`^\s*user\.([\w$]+)\s*==\s*${TEXT}\s*$`);
const CALL = new RegExp(
  String.raw`^\s*String\.(stringContains|startsWith)\(\s*user\.([\w$]+)\s*,\s*${TEXT}\s*\)\s*$`,
);

export function written({ attribute, comparison, value }: Condition): string {
  const text = `"${value.replace(/["\\]/g, '\\$&')}"`;
  return comparison === 'is'
    ? `user.${attribute}==${text}`
    : `${FUNCTIONS[comparison]}(user.${attribute}, ${text})`;
}

/** The condition of an expression that the builder could have written. */
export function read(expression: string): Condition | undefined {
  const plain = (text: string): string => text.replace(/\\(["\\])/g, '$1');
  const equal = EQUAL.exec(expression);
  if (equal) return { attribute: equal[1]!, comparison: 'is', value: plain(equal[2]!) };
  const call = CALL.exec(expression);
  if (!call) return undefined;
  const comparison = call[1] === 'startsWith' ? 'starts' : 'contains';
  return { attribute: call[2]!, comparison, value: plain(call[3]!) };
}
