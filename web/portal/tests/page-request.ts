// Relative addresses need an origin where there is no page.

const RealRequest = globalThis.Request;

export class PageRequest extends RealRequest {
  constructor(input: RequestInfo | URL, init?: RequestInit) {
    super(typeof input === 'string' ? new URL(input, 'http://portal.test') : input, init);
  }
}
