import { describe, expect, it } from 'vitest';
import { pageCommands } from '../src/commands';
import { frameKey } from '../src/frame-key';

function pressed(key: string, over: object = {}): KeyboardEvent {
  return {
    key,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    target: { tagName: 'BODY' },
    ...over,
  } as unknown as KeyboardEvent;
}

describe('the keys of the frame', () => {
  it('open the palette and the list of keys', () => {
    expect(frameKey(pressed('k', { ctrlKey: true }))).toBe('palette');
    expect(frameKey(pressed('K', { metaKey: true }))).toBe('palette');
    expect(frameKey(pressed('?'))).toBe('keys');
  });

  it('leave a question mark alone that is typed into a field or an editor', () => {
    expect(frameKey(pressed('?', { target: { tagName: 'TEXTAREA' } }))).toBeUndefined();
    expect(frameKey(pressed('?', { target: { tagName: 'DIV', isContentEditable: true } }))).toBeUndefined();
  });
});

describe('the pages of the navigation', () => {
  it('are commands that are found by their section too', () => {
    const icon = (() => undefined) as never;
    const commands = pageCommands([
      { label: 'Reports', entries: [{ label: 'Available', href: '/available', icon }] },
    ]);
    expect(commands).toMatchObject([{ label: 'Available', href: '/available', words: 'Reports' }]);
  });
});
