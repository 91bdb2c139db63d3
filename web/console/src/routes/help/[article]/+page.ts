import { error } from '@sveltejs/kit';
import { ARTICLES } from '$lib/help';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, parent }) => {
  await parent();
  const article = ARTICLES[params.article];
  if (!article) error(404, 'There is no such article');
  return { article };
};
