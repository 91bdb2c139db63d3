// The files that a result can be written to, and their addresses.

import type { ExportFormat, Filter, SortKey } from '$lib/api';

export const FORMATS: { format: ExportFormat; label: string; note: string }[] = [
  { format: 'csv', label: 'CSV', note: 'text, any program' },
  { format: 'xlsx', label: 'Excel', note: 'XLSX' },
  { format: 'parquet', label: 'Parquet', note: 'typed, small' },
  { format: 'json', label: 'JSON', note: 'for programs' },
];

/** The file holds the order and the filter that are shown. */
export function exportAddress(
  run: string,
  format: ExportFormat,
  sort: SortKey[] = [],
  filter: Filter[] = [],
): string {
  const query = new URLSearchParams({ format });
  if (sort.length > 0) query.set('sort', JSON.stringify(sort));
  if (filter.length > 0) query.set('filter', JSON.stringify(filter));
  return `/api/v1/runs/${encodeURIComponent(run)}/export?${query}`;
}

export function isFormat(text: string | null): text is ExportFormat {
  return FORMATS.some(({ format }) => format === text);
}
