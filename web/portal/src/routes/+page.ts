import { redirect } from '@sveltejs/kit';
import { HOME } from '$lib/session/return';

export const load = (): never => redirect(307, HOME);
