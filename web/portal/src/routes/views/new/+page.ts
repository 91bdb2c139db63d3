import { forEditor } from '$lib/views/load';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent }) => {
  // The editor's text field and the parts below it are on their way while the rest is asked for.
  void import('$lib/views/editor');
  const parts = import('$lib/views/parts');
  await parent();
  return { parts, ...(await forEditor()) };
};
