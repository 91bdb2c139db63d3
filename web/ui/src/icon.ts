import type { Component } from 'svelte';
import type { LucideProps } from '@lucide/svelte';

/** A component from @lucide/svelte/icons. */
export type Icon = Component<LucideProps>;
