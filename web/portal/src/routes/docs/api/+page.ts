import { ProblemError } from '@webreports/ui/problem';
import { api, unwrap } from '$lib/api';
import { isDocument } from '$lib/openapi/document';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent }) => {
  await parent();
  const document = await unwrap(api.GET('/api/v1/openapi.json'));
  if (!isDocument(document))
    throw new ProblemError({
      type: '/problems/unexpected-answer',
      title: 'The server did not describe its API',
      status: 0,
      hint: 'If a proxy stands before WebReports, its log says more.',
    });
  return { document };
};
