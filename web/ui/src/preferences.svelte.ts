// What a person chose for this browser: scheme, density, width of the navigation, widths of columns.
// Invariant: a page works the same when storage is switched off; choices are then kept until it is closed.

export type Scheme = 'system' | 'light' | 'dark';
export type Density = 'dense' | 'comfortable';

const PREFIX = 'webreports.';

function read(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

function write(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, value);
  } catch {
    // Nothing to keep it in; the choice lasts as long as the page.
  }
}

function mark(name: 'scheme' | 'density' | 'rail', value: string | null): void {
  if (value === null) delete document.documentElement.dataset[name];
  else document.documentElement.dataset[name] = value;
}

class Preferences {
  #scheme = $state<Scheme>('system');
  #density = $state<Density>('dense');
  #rail = $state(false);

  constructor() {
    const scheme = read('scheme');
    if (scheme === 'light' || scheme === 'dark') this.#scheme = scheme;
    if (read('density') === 'comfortable') this.#density = 'comfortable';
    this.#rail = read('rail') === 'yes';
  }

  get scheme(): Scheme {
    return this.#scheme;
  }
  set scheme(scheme: Scheme) {
    this.#scheme = scheme;
    write('scheme', scheme === 'system' ? null : scheme);
    mark('scheme', scheme === 'system' ? null : scheme);
  }

  get density(): Density {
    return this.#density;
  }
  set density(density: Density) {
    this.#density = density;
    write('density', density === 'dense' ? null : density);
    mark('density', density === 'dense' ? null : density);
  }

  /** The navigation as a strip of icons. */
  get rail(): boolean {
    return this.#rail;
  }
  set rail(rail: boolean) {
    this.#rail = rail;
    write('rail', rail ? 'yes' : null);
    mark('rail', rail ? 'yes' : null);
  }

  /** Widths in pixels by column name, as a person left them for one grid. */
  widths(grid: string): Record<string, number> {
    try {
      const stored: unknown = JSON.parse(read(`widths.${grid}`) ?? '{}');
      if (typeof stored !== 'object' || stored === null) return {};
      return Object.fromEntries(
        Object.entries(stored).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
      );
    } catch {
      return {};
    }
  }

  keepWidths(grid: string, widths: Record<string, number>): void {
    write(`widths.${grid}`, Object.keys(widths).length === 0 ? null : JSON.stringify(widths));
  }
}

export const preferences = new Preferences();
