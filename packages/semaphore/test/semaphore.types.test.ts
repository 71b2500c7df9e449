import { MemoryBudget, type Permit, Semaphore } from "@sluice/semaphore";
import { expect, test } from "vitest";

declare function use(...values: unknown[]): void;

// Each line marked so must not compile; `pnpm typecheck` fails if one does.
export function neverCalled(semaphore: Semaphore, permit: Permit): void {
  // @ts-expect-error nobody returns what he does not hold: there is no release on the semaphore
  semaphore.release(1);
  // @ts-expect-error a permit returns its own weight, whole
  permit.release(1);
  // @ts-expect-error the weight of a permit is settled
  permit.weight = 2;
  // @ts-expect-error a size as text is for budgets only
  new Semaphore("64MiB");
  // @ts-expect-error what is held changes by acquiring and releasing only
  semaphore.held = 0;
  // @ts-expect-error the capacity changes by `resize` only
  semaphore.capacity = 2;
  // @ts-expect-error a part has a weight: there is no half by default
  permit.split();
  // @ts-expect-error shrinking gives nothing that could be held
  const rest: Permit = permit.shrink(1);
  const part: Permit = permit.split(1);
  const idle: Promise<void> = semaphore.whenIdle({ timeout: 1 });
  new MemoryBudget("64MiB");
  use(rest, part, idle);
}

test("the types have their sinners", () => {
  expect(neverCalled).toBeTypeOf("function");
});
