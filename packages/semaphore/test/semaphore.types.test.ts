import { MemoryBudget, type Permit, Semaphore } from "@sluice/semaphore";
import { expect, test } from "vitest";

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
  new MemoryBudget("64MiB");
}

test("the types have their sinners", () => {
  expect(neverCalled).toBeTypeOf("function");
});
