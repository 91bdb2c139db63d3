import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

// Contrast of the tokens in both schemes and with both accents (WCAG 2: 4.5:1 for text, 3:1 for borders of controls).

const css = readFileSync(new URL('../tokens.css', import.meta.url), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
const HUES = { portal: 195, console: 262 };

function token(name: string, scheme: 'light' | 'dark', hue: number): [number, number, number] {
  const value = new RegExp(
    `--${name}:\\s*light-dark\\(\\s*(oklch\\([^()]*(?:\\([^()]*\\)[^()]*)*\\)),\\s*(oklch\\([^()]*(?:\\([^()]*\\)[^()]*)*\\))`,
  ).exec(css);
  if (!value) throw new Error(`there is no token ${name}`);
  const [l, c, h] = value[scheme === 'light' ? 1 : 2]!.replaceAll('var(--hue)', String(hue))
    .replace(/oklch\(|\)/g, '')
    .split(/\s+/)
    .map(Number);
  return [l!, c!, h!];
}

/** Relative luminance of an OKLCH colour, clipped to sRGB as a screen does. */
function luminance([l, c, h]: [number, number, number]): number {
  const a = c * Math.cos((h * Math.PI) / 180);
  const b = c * Math.sin((h * Math.PI) / 180);
  const [x, y, z] = [
    (l + 0.3963377774 * a + 0.2158037573 * b) ** 3,
    (l - 0.1055613458 * a - 0.0638541728 * b) ** 3,
    (l - 0.0894841775 * a - 1.291485548 * b) ** 3,
  ];
  const clip = (value: number): number => Math.max(0, Math.min(1, value));
  const red = clip(4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z);
  const green = clip(-1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z);
  const blue = clip(-0.0041960863 * x - 0.7034186147 * y + 1.707614701 * z);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: number, other: number): number {
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

const GROUNDS = ['canvas', 'surface', 'sunken', 'raised', 'hover'];
const TEXT = [
  'ink',
  'ink-soft',
  'ink-faint',
  'accent-ink',
  'danger-ink',
  'success-ink',
  'warning-ink',
  'info-ink',
];
const PAIRS: [string, string, number][] = [
  ...TEXT.flatMap((text) => GROUNDS.map((ground): [string, string, number] => [text, ground, 4.5])),
  ...['success', 'warning', 'danger', 'info', 'accent'].flatMap((tone): [string, string, number][] => [
    [`${tone}-ink`, `${tone}-tint`, 4.5],
    ['ink', `${tone}-tint`, 4.5],
    ['ink-soft', `${tone}-tint`, 4.5],
  ]),
  ['ink', 'pressed', 4.5],
  ['on-accent', 'accent', 4.5],
  ['on-accent', 'accent-strong', 4.5],
  ['on-accent', 'danger', 4.5],
  ['on-accent', 'danger-strong', 4.5],
  ['line-control', 'surface', 3],
  ['line-control', 'raised', 3],
  ['line-control', 'canvas', 3],
  ['focus', 'surface', 3],
  ['focus', 'canvas', 3],
  ['focus', 'raised', 3],
];

describe.each(Object.entries(HUES))('the tokens of the %s', (_, hue) => {
  it.each(['light', 'dark'] as const)('can be read in the %s scheme', (scheme) => {
    const low = PAIRS.map(([front, ground, least]) => ({
      pair: `${front} on ${ground}`,
      least,
      ratio: Number(
        contrast(luminance(token(front, scheme, hue)), luminance(token(ground, scheme, hue))).toFixed(2),
      ),
    })).filter(({ ratio, least }) => ratio < least);
    expect(low).toEqual([]);
  });
});

describe('the measure itself', () => {
  it('gives the extremes their known contrast', () => {
    expect(contrast(luminance([0, 0, 0]), luminance([1, 0, 0]))).toBeCloseTo(21, 1);
    expect(contrast(luminance([0.5, 0, 0]), luminance([0.5, 0, 0]))).toBe(1);
  });
});

describe('raw colours', () => {
  it('stand in tokens.css alone', () => {
    for (const file of ['base.css', 'control.css', 'global.css']) {
      expect(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')).not.toMatch(
        /#[0-9a-f]{3,8}\b|rgb\(|oklch\(/i,
      );
    }
  });
});
