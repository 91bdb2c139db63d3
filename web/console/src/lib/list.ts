// A list of the org: its first part comes from the page's load, the rest along the `Link` header.

import { MoreOf } from '@webreports/ui';
import { okta, type Page } from '$lib/okta';

export function listOf<Item>(first: () => Page<Item>): MoreOf<Item> {
  return new MoreOf<Item>(first, (next) => okta.list<Item>(next));
}
