// What needs SvelteKit's router, apart from the rest, so that a test without a router can take everything else.

export { default as SearchBox } from './SearchBox.svelte';
export { listQuery, setQuery } from './address';
export { guardLeaving } from './guard.svelte';
