// API tokens: the words for their state and for where calls with them may come from.

import CircleCheck from '@lucide/svelte/icons/circle-check';
import CircleDashed from '@lucide/svelte/icons/circle-dashed';
import Hourglass from '@lucide/svelte/icons/hourglass';
import ShieldAlert from '@lucide/svelte/icons/shield-alert';
import type { Icon, Tone } from '@webreports/ui';
import type { ApiToken, TokenNetwork, Zone } from '$lib/okta';

/** Okta's word for every zone of the org. */
export const ANY_ZONE = 'ALL_IP_ZONES';

interface StateWords {
  tone: Tone;
  icon: Icon;
  /** Beside the icon, so that the colour is never alone. */
  label: string;
  meaning: string;
}

export const TOKEN_STATES: Record<ApiToken['state'], StateWords> = {
  green: {
    tone: 'success',
    icon: CircleCheck,
    label: 'In use',
    meaning: 'Used within the last 3 days.',
  },
  grey: {
    tone: 'neutral',
    icon: CircleDashed,
    label: 'Idle',
    meaning: 'Not used for 3 days; lapses in more than 7 days.',
  },
  red: {
    tone: 'danger',
    icon: Hourglass,
    label: 'Lapsing',
    meaning: 'Lapses within 7 days, unless it is used before.',
  },
  yellow: {
    tone: 'warning',
    icon: ShieldAlert,
    label: 'Suspicious',
    meaning: 'Its owner is not known any more. Look at its calls in the System Log.',
  },
};

/** Where calls may come from, as the form asks. */
export type Origin = 'any' | 'any-zone' | 'zones';

export interface NetworkForm {
  origin: Origin;
  zones: string[];
  /** Zones that another tool has excluded; kept as they are. */
  exclude: string[];
}

export function formOf(network: TokenNetwork | undefined): NetworkForm {
  const include = network?.include ?? [];
  const exclude = network?.exclude ?? [];
  if (!network || network.connection === 'ANYWHERE') return { origin: 'any', zones: [], exclude: [] };
  if (include.includes(ANY_ZONE)) return { origin: 'any-zone', zones: [], exclude };
  return { origin: 'zones', zones: [...include], exclude };
}

export function networkOf(form: NetworkForm): TokenNetwork {
  if (form.origin === 'any') return { connection: 'ANYWHERE' };
  const include = form.origin === 'any-zone' ? [ANY_ZONE] : form.zones;
  return { connection: 'ZONE', include, exclude: form.exclude };
}

export function networkText(network: TokenNetwork, zones: Zone[]): string {
  if (network.connection === 'ANYWHERE') return 'Any IP';
  const named = (ids: string[]): string =>
    ids.map((id) => zones.find((zone) => zone.id === id)?.name ?? id).join(', ');
  const include = network.include ?? [];
  const exclude = network.exclude ?? [];
  const from = include.includes(ANY_ZONE) ? 'Any network zone' : include.length > 0 ? named(include) : '';
  const without =
    exclude.length === 0 ? '' : `not ${exclude.includes(ANY_ZONE) ? 'any zone' : named(exclude)}`;
  return [from, without].filter(Boolean).join('; ') || 'Nowhere';
}
