import {
  join,
  LawBrokenError,
  type LawId,
  LEDGER,
  ReferenceSemaphore,
  SlowSemaphore,
  semaphoreLaws,
  settle,
} from "@sluice/laws";
import { expect, test } from "vitest";

class ForgetsTheNext extends SlowSemaphore {
  override leave(ids: readonly number[]) {
    this.line = this.line.filter(([id]) => !ids.includes(id));
    return [];
  }
}

const forgetful = () =>
  semaphoreLaws((capacity, options) => new ReferenceSemaphore(capacity, options, ForgetsTheNext));
const lawful = (waivers = {}) =>
  semaphoreLaws((capacity, options) => new ReferenceSemaphore(capacity, options), waivers);
const the = (id: LawId, runs: ReturnType<typeof lawful>) => runs.find((run) => run.id === id)!;

test("a broken law names its sentence, the schedule, the seed and where to look", async () => {
  const law = the("M5", forgetful());
  const error: unknown = await law.run({ seed: 7 }).catch((broken: unknown) => broken);
  expect(error).toBeInstanceOf(LawBrokenError);
  expect(error).toMatchObject({ code: "ERR_LAW_BROKEN", id: "M5", says: law.says, seed: 7 });
  const { message, story, hint } = error as LawBrokenError;
  expect(message).toContain(law.says);
  expect(message).toContain("run({ seed: 7 })");
  expect(message).toContain(hint);
  for (const line of story) expect(message).toContain(line);
  expect(story.length).toBeLessThan(10);
});

test("the same seed gives the same counterexample", async () => {
  const law = {
    id: "M1",
    kind: "must",
    says: "Half is enough.",
    hint: "the middle",
    sinners: [],
    check: async (_make: undefined, { seed }: { seed: number }) => {
      throw new Error(`half of ${seed}`);
    },
  } as const;
  const [run] = join([law], undefined);
  await expect(run?.run({ seed: 3 })).rejects.toThrow("half of 3");
  await expect(run?.run({ seed: 3 })).rejects.toMatchObject({ seed: 3 });
  const stories = await Promise.all(
    [1, 2].map(() =>
      the("M3", forgetful())
        .run({ seed: 11, runs: 20 })
        .catch((error: LawBrokenError) => error.story),
    ),
  );
  expect(stories[0]).toEqual(stories[1]);
});

test("a waived law says why, and never counts as passed", async () => {
  const run = the("M9", lawful({ M9: "it is slow on purpose" }));
  expect(run.waived).toBe("it is slow on purpose");
  await expect(run.run()).rejects.toMatchObject({ code: "ERR_NO_VERDICT", reason: "it is slow on purpose" });
});

test("a law without a check is as good as waived, not as good as kept", async () => {
  const open = lawful().filter(({ kind }) => kind === "unverified");
  for (const { waived, run } of open) {
    expect(waived).toBeTruthy();
    await expect(run()).rejects.toMatchObject({ code: "ERR_NO_VERDICT" });
  }
});

test("a waiver needs a law of the subject, and a reason", () => {
  expect(() => lawful({ C1: "this is no channel" })).toThrow("C1");
  expect(() => lawful({ M99: "there is none" })).toThrow(expect.objectContaining({ code: "ERR_BAD_WAIVER" }));
  expect(() => lawful({ M4: " " })).toThrow("gives no reason");
  expect(() => lawful({ consume: "this is no channel" })).toThrow("names none of M1");
});

test("what a subject lacks waives all laws that need it, with one reason", async () => {
  const waived = lawful({ signal: "it knows no signals", M5: "for another reason" }).flatMap((run) =>
    run.waived === undefined ? [] : [[run.id, run.waived]],
  );
  expect(waived).toEqual([
    ["M4", "it knows no signals"],
    ["M5", "for another reason"],
    ["M10", "it knows no signals"],
  ]);
});

test("a kept law says in how many schedules", async () => {
  expect(await the("M3", lawful()).run({ runs: 20, operations: 2 })).toEqual({ walked: 8, random: 20 });
});

test("the ledger has every law once, in order, with a sinner or with the reason why not", () => {
  const letters = [...new Set(LEDGER.map(({ id }) => id.charAt(0)))];
  expect(letters.join("")).toBe("MCRSOUDG");
  for (const letter of letters) {
    const ids = LEDGER.map(({ id }) => id).filter((id) => id.startsWith(letter));
    expect(ids).toEqual(ids.map((_, place) => `${letter}${place + 1}`));
  }
  for (const { checked, kind, sinners, reason } of LEDGER) {
    expect(checked).toBe(kind !== "unverified");
    expect(checked ? sinners.length > 0 : reason).toBeTruthy();
  }
});

test("what settles after some turns is waited for, and what never settles is found without a time-out", async () => {
  let settled = false;
  const chain = Array.from({ length: 30 }).reduce<Promise<void>>(
    (before) => before.then(),
    Promise.resolve(),
  );
  chain.then(() => {
    settled = true;
  });
  expect(await settle(() => settled)).toBe(true);
  expect(await settle(() => false)).toBe(false);
});
