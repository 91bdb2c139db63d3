// Network zones: addresses as people type them, one a line, and as the org takes them.

import type { Zone, ZoneAddress } from '$lib/okta';

const V4 = /^(\d{1,3})(\.\d{1,3}){3}$/;

/** `10.0.0.0/8` is CIDR, `10.0.0.1-10.0.0.9` a range, a single address a CIDR of itself alone. */
export function addressesOf(typed: string): ZoneAddress[] {
  return typed
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map((text) => {
      if (text.includes('-')) return { type: 'RANGE', value: text };
      if (text.includes('/')) return { type: 'CIDR', value: text };
      return { type: 'CIDR', value: `${text}/${text.includes(':') ? 128 : 32}` };
    });
}

export function typedOf(addresses: ZoneAddress[] | null | undefined): string {
  return (addresses ?? [])
    .map(({ value }) => value.replace(/(?<=\.\d{1,3})\/32$|(?<=:[\da-f]*)\/128$/i, ''))
    .join('\n');
}

/** Words for the first address that is none; the org checks them all again. */
export function wrongAddress(typed: string): string | false {
  for (const { type, value } of addressesOf(typed)) {
    const ends = type === 'RANGE' ? value.split('-') : [value.split('/')[0]!];
    const bits = type === 'CIDR' ? Number(value.split('/')[1]) : 0;
    const fine =
      ends.length <= 2 &&
      ends.every(isAddress) &&
      Number.isInteger(bits) &&
      bits >= 0 &&
      bits <= (ends[0]!.includes(':') ? 128 : 32);
    if (!fine)
      return `“${value}” is not an address, a range (10.0.0.1-10.0.0.9) or a CIDR block (10.0.0.0/8).`;
  }
  return false;
}

function isAddress(text: string): boolean {
  if (text.includes(':')) return /^[\da-f:.]+$/i.test(text);
  return V4.test(text) && text.split('.').every((part) => Number(part) <= 255);
}

export function summaryOf(zone: Zone): string {
  const all = typedOf(zone.gateways).split('\n').filter(Boolean);
  if (all.length === 0) return 'No address';
  return all.length > 3 ? `${all.slice(0, 3).join(', ')} and ${all.length - 3} more` : all.join(', ');
}
