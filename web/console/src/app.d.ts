declare global {
  namespace App {
    interface Error {
      message: string;
      reference?: string;
      problem?: import('@webreports/ui/problem').Problem;
    }
  }
}

export {};
