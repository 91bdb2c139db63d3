import { publishers } from '$lib/management/people';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent }) => {
  await parent();
  return { people: await publishers() };
};
