import { readFileSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import {
  digestOf,
  type Fault,
  fail,
  faulty,
  flipBit,
  MemoryStore,
  StoreError,
  truncate,
} from "@sluice/object-store";
import { downloadToFile } from "@sluice/s3-download/node";
import { MemoryBudget } from "@sluice/semaphore";
import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { folder, useFolder } from "./folder.js";
import { at, bytes, metered } from "./metered.js";

useFolder();
afterEach(() => {
  vi.restoreAllMocks();
});

const LEFT = [".file.sluice-part", ".file.sluice-state"];

type Trouble =
  | { readonly kind: "cut"; readonly nth: number; readonly after: number }
  | { readonly kind: "refuse"; readonly nth: number }
  | { readonly kind: "flip"; readonly nth: number }
  | { readonly kind: "abort"; readonly after: number }
  | { readonly kind: "replace"; readonly after: number }
  | { readonly kind: "disk"; readonly method: "write" | "sync"; readonly after: number };

const nth = fc.integer({ min: 1, max: 12 });
const after = fc.nat(25);
const trouble: fc.Arbitrary<Trouble> = fc.oneof(
  fc.record({ kind: fc.constant("cut" as const), nth, after }),
  fc.record({ kind: fc.constant("refuse" as const), nth }),
  fc.record({ kind: fc.constant("flip" as const), nth }),
  fc.record({ kind: fc.constant("abort" as const), after }),
  fc.record({ kind: fc.constant("replace" as const), after }),
  fc.record({
    kind: fc.constant("disk" as const),
    method: fc.constantFrom("write" as const, "sync" as const),
    after,
  }),
);

const call = fc.record({
  rangeSize: fc.integer({ min: 4, max: 60 }),
  window: fc.integer({ min: 1, max: 5 }),
  capacity: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
  syncEvery: fc.integer({ min: 10, max: 80 }),
  resume: fc.boolean(),
  troubles: fc.array(trouble, { maxLength: 3 }),
});

const faultOf = (one: Trouble): Fault[] => {
  if (one.kind === "cut") return [truncate(one.after, { when: one.nth })];
  if (one.kind === "refuse") return [fail("get", () => new StoreError("AccessDenied", "no"), one.nth)];
  return one.kind === "flip" ? [flipBit("get", 0, one.nth)] : [];
};

const EXPECTED = ["AccessDenied", "ERR_OBJECT_CHANGED", "ERR_INTEGRITY", "ERR_DISK_FULL", "IncompleteBody"];

test("whatever fails, and however often: the file is the object, or there is a clear error and nothing is held", async () => {
  const probe = await open("/dev/null");
  const methods = Object.getPrototypeOf(probe) as typeof probe;
  await probe.close();

  const plan = fc.record({
    size: fc.nat(200),
    calls: fc.array(call, { minLength: 1, maxLength: 4 }),
    chunks: fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
  });
  await fc.assert(
    fc.asyncProperty(plan, fc.scheduler(), async ({ size, calls, chunks }, s) => {
      const memory = new MemoryStore();
      let seed = 0;
      const put = async () => {
        const value = Buffer.from(await digestOf("crc32", bytes(size, seed))).toString("base64");
        await memory.put(at, bytes(size, seed), { checksum: { algorithm: "crc32", value } });
      };
      await put();
      // Twice more, without any trouble: what was left must not stand in the way, but for wrong bytes, and those but once.
      const last = { ...calls[0]!, resume: true, troubles: [] };
      let spoilt = false;
      for (const { troubles, capacity, ...options } of [...calls, last, last]) {
        spoilt ||= troubles.some(({ kind }) => kind === "flip");
        const inner = faulty(memory, troubles.flatMap(faultOf));
        const stop = new AbortController();
        let steps = 0;
        const turn = async (what: string) => {
          await s.schedule(Promise.resolve(), what);
          steps++;
          if (troubles.some((one) => one.kind === "abort" && one.after === steps)) stop.abort("enough");
          if (troubles.some((one) => one.kind === "replace" && one.after === steps)) {
            seed++;
            await put();
          }
        };
        const { store, meter } = metered(inner, { turn, cut: () => chunks.next().value });
        // No power is lost here, and it takes the most of the time.
        vi.spyOn(methods, "sync").mockResolvedValue();
        for (const one of troubles) {
          if (one.kind !== "disk") continue;
          const real = methods[one.method] as (...args: never[]) => Promise<never>;
          let left = one.after;
          vi.spyOn(methods, one.method).mockImplementation(function (this: never, ...args: never[]) {
            if (left-- > 0) return real.apply(this, args as never) as never;
            return Promise.reject(Object.assign(new Error("ENOSPC"), { code: "ENOSPC" })) as never;
          } as never);
        }
        const budget = capacity === undefined ? undefined : new MemoryBudget(capacity);
        let done = false;
        const running = downloadToFile(store, at, folder.at("file"), {
          ...options,
          budget,
          integrity: "require",
          signal: stop.signal,
          retry: { attempts: 3, baseDelay: 0 },
          onProgress: ({ held }) => expect(held).toBeLessThanOrEqual(capacity ?? Number.POSITIVE_INFINITY),
        }).finally(() => {
          done = true;
        });
        const outcome = running.then(
          () => "done",
          (error: unknown) => error,
        );
        while (!done) {
          if (s.count() > 0) await s.waitOne();
          else await new Promise((resolve) => setImmediate(resolve));
        }
        const result = await outcome;
        vi.restoreAllMocks();
        expect([folder.open(), budget?.held ?? 0]).toEqual([[], 0]);
        // What is on its way when all has ended is told to stop, and heeds that at its next turn.
        while (s.count() > 0) await s.waitOne();
        for (let i = 0; i < 20 && meter.open > 0; i++) await new Promise((resolve) => setImmediate(resolve));
        expect(meter.open).toBe(0);
        if (result === "done") {
          const file = readFileSync(folder.at("file"));
          const versions = Array.from({ length: seed + 1 }, (_, i) => bytes(size, i));
          expect(versions.some((version) => file.equals(version))).toBe(true);
          expect(folder.names()).toEqual(["file"]);
        } else {
          const code = result === "enough" ? "aborted" : (result as { code?: string }).code;
          expect([...EXPECTED, "aborted"]).toContain(code);
          if (troubles.length === 0) expect([code, spoilt]).toEqual(["ERR_INTEGRITY", true]);
          if (code === "ERR_INTEGRITY") spoilt = false;
          const left = folder.names().filter((name) => name !== "file");
          expect(options.resume ? [[], LEFT] : [[]]).toContainEqual(left);
        }
      }
      await rm(folder.at("file"));
    }),
    { numRuns: 25 },
  );
});
