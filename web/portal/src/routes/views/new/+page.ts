import { forEditor } from '$lib/views/load';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent }) => {
  // The editor's text field is on its way while the rest is asked for.
  void import('$lib/views/editor');
  await parent();
  return forEditor();
};
