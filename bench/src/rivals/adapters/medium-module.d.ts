// It brings no types; these are for what the adapter calls.
declare module "medium" {
  interface Chan {
    readonly buffer: unknown;
  }
  export const CLOSED: unique symbol;
  export function chan(capacity?: number): Chan;
  export function put(chan: Chan, item: unknown): Promise<boolean>;
  export function take(chan: Chan): Promise<unknown>;
  export function close(chan: Chan): void;
}
