export { api, bind, readProblem, unwrap } from './client';
export type * from './types';
