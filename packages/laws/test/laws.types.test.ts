import { channelLaws, LEDGER, type SemaphoreLike, semaphoreLaws } from "@sluice/laws";
import { expect, test } from "vitest";

// Each line marked so must not compile; `pnpm typecheck` fails if one does.
export function neverCalled(semaphore: SemaphoreLike, withoutHeld: Omit<SemaphoreLike, "held">): void {
  semaphoreLaws(() => semaphore, { M4: "no signals" });
  semaphoreLaws(() => semaphore, { resize: "its capacity is settled" });
  // @ts-expect-error nothing is called so
  semaphoreLaws(() => semaphore, { teleport: "no such feature" });
  // @ts-expect-error there are no laws under X
  semaphoreLaws(() => semaphore, { X1: "unheard of" });
  // @ts-expect-error a waiver says why
  semaphoreLaws(() => semaphore, { M4: true });
  // @ts-expect-error what is held cannot be judged unless it is shown
  semaphoreLaws(() => withoutHeld);
  // @ts-expect-error a semaphore is no channel
  channelLaws(() => semaphore);
  // @ts-expect-error the ledger is for reading
  LEDGER.pop();
}

test("the types have their sinners", () => {
  expect(neverCalled).toBeTypeOf("function");
});
