import { describe, expect, it } from 'vitest';
import { HOME, localPath, oktaAddress, signInAddress } from '../src/lib/session/return';

const ORIGIN = 'https://reports.example';

describe('a return address', () => {
  it('is kept when it is a path of this site', () => {
    expect(localPath('/reports/completed?state=failed#top', ORIGIN)).toBe(
      '/reports/completed?state=failed#top',
    );
    expect(localPath('/reports/runs/1%2F2', ORIGIN)).toBe('/reports/runs/1%2F2');
  });

  it.each([
    null,
    undefined,
    '',
    'https://evil.example/',
    '//evil.example/',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/.//evil.example',
    '/..//evil.example',
    '/%2e//evil.example',
    'javascript:alert(1)',
    ' /reports',
    '/\t/evil.example',
    '/\n/evil.example',
    '/reports\u0000',
    'reports/available',
    'http:reports',
    'https:/evil.example',
  ])('that leads elsewhere or is odd goes home: %j', (asked) => {
    expect(localPath(asked, ORIGIN)).toBe(HOME);
  });

  it('never leads back to the sign-in page', () => {
    expect(localPath('/sign-in?return=/x', ORIGIN)).toBe(HOME);
    expect(localPath('/', ORIGIN)).toBe(HOME);
  });

  it('survives the way through the sign-in page and the org', () => {
    const path = '/reports/available?q=a&b#c';
    const page = new URL(signInAddress(path), ORIGIN);
    expect(localPath(page.searchParams.get('return'), ORIGIN)).toBe(path);
    expect(new URL(oktaAddress(path), ORIGIN).searchParams.get('return')).toBe(path);
    expect(signInAddress(HOME)).toBe('/sign-in');
  });
});
