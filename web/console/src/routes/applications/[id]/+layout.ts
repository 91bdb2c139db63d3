import { okta, path, type Application } from '$lib/okta';
import type { LayoutLoad } from './$types';

export const load: LayoutLoad = async ({ params, parent, depends }) => {
  depends('console:application');
  await parent();
  return { app: await okta.get<Application>(path`/api/v1/apps/${params.id}`) };
};
