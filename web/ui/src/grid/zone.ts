// Instants in filters. A grid shows an instant in the reader's zone, so what a reader types to compare with is meant in that
// zone too; the server is told the instant.

/** `2026-01-31T08:30` in the reader's zone as the instant that the server compares with; what is none stays as it is. */
export function instantOf(local: string): string {
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? local : at.toISOString();
}

/** The instant as the field for a date and time holds it, in the reader's zone. */
export function localOf(instant: string): string {
  const at = new Date(instant);
  if (Number.isNaN(at.getTime())) return instant;
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${String(at.getFullYear()).padStart(4, '0')}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
