// The articles of the help, in the order in which one needs them.

export interface Article {
  slug: string;
  title: string;
  /** What one can do after reading it. */
  lead: string;
  for: 'Everybody' | 'Publishers' | 'Administrators';
}

export const ARTICLES: Article[] = [
  {
    slug: 'running-reports',
    title: 'Running reports',
    lead: 'Find a report, give it its values, read its rows while they come.',
    for: 'Everybody',
  },
  {
    slug: 'results',
    title: 'Results',
    lead: 'Sort and filter a result, take it to a file, find it again, run it once more.',
    for: 'Everybody',
  },
  {
    slug: 'publishing',
    title: 'Publishing Views',
    lead: 'Make a query into a report, with parameters and columns, and give it to roles.',
    for: 'Publishers',
  },
  {
    slug: 'row-security',
    title: 'Rows for each reader',
    lead: 'Show everybody their own rows of the same report, with Defined Fields.',
    for: 'Publishers',
  },
  {
    slug: 'connections',
    title: 'Connection profiles',
    lead: 'Connect a database for reading only, within limits, and test it line by line.',
    for: 'Administrators',
  },
  {
    slug: 'connect-okta',
    title: 'Connect Okta',
    lead: 'From an API token to people who sign in, step by step.',
    for: 'Administrators',
  },
];

export function article(slug: string): Article {
  const found = ARTICLES.find((known) => known.slug === slug);
  if (!found) throw new Error(`there is no article ${slug}`);
  return found;
}
