// Toasts say what was done, with Undo where that is possible. What failed is never a toast: it has to be read.

export interface Toast {
  id: number;
  text: string;
  undo?: () => void | Promise<void>;
}

export const TOAST_MS = 6000;
const TOASTS_MAX = 3;

class Toasts {
  #next = 1;
  list = $state<Toast[]>([]);

  done(text: string, undo?: Toast['undo']): void {
    this.list = [...this.list, { id: this.#next++, text, undo }].slice(-TOASTS_MAX);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
