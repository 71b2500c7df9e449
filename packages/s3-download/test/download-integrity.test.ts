import { type Checksum, type ChecksumAlgorithm, digestOf, MemoryStore } from "@sluice/object-store";
import { download } from "@sluice/s3-download";
import { beforeEach, expect, test } from "vitest";
import { at, bytes, drain } from "./metered.js";

let memory: MemoryStore;
beforeEach(() => {
  memory = new MemoryStore();
});

/** The store with this checksum in all its answers, whatever it knows itself. */
const claiming = (checksum: Checksum): MemoryStore =>
  new Proxy(memory, {
    get: (target, name) =>
      name === "get" || name === "head"
        ? async (...args: Parameters<MemoryStore["get"]>) => ({ ...(await target[name](...args)), checksum })
        : Reflect.get(target, name),
  });

const base64 = (digest: Uint8Array) => Buffer.from(digest).toString("base64");
const algorithms: readonly ChecksumAlgorithm[] = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"];

test.each(algorithms)(
  "a %s of all bytes is compared with them as they pass, whatever the ranges",
  async (algorithm) => {
    const whole = bytes(5000);
    await memory.put(at, whole);
    const value = base64(await digestOf(algorithm, whole));
    const right = claiming({ algorithm, value, type: "full-object" });
    const got = await download(right, at, { rangeSize: 700, integrity: "require" });
    expect(Buffer.from(await drain(got.body)).equals(whole)).toBe(true);

    const other = base64(await digestOf(algorithm, bytes(5000, 1)));
    const wrong = claiming({ algorithm, value: other, type: "full-object" });
    let read = 0;
    const count = ({ length }: Uint8Array) => {
      read += length;
    };
    const { body } = await download(wrong, at, { rangeSize: 700, integrity: "require" });
    await expect(drain(body, count)).rejects.toMatchObject({
      code: "ERR_INTEGRITY",
      message: expect.stringContaining(other),
    });
    // Never all of them: who writes them somewhere must not take them for whole.
    expect(read).toBeLessThan(5000);
  },
);

test.each([
  ["said to be composite", { value: "AAAAAA==", type: "composite" }],
  ["that looks composite", { value: "AAAAAA==-3" }],
] as const)(
  "a checksum %s is nothing to compare with: `require` refuses, `if-present` reads on",
  async (_what, said) => {
    await memory.put(at, bytes(50));
    const store = claiming({ algorithm: "crc32", ...said });
    await expect(download(store, at, { integrity: "require" })).rejects.toMatchObject({
      code: "ERR_INTEGRITY",
    });
    expect(await drain((await download(store, at)).body)).toHaveLength(50);
  },
);

test.each([64 * 1024, 8 * 2 ** 20])(
  "8 MiB in chunks of %d are digested in slices: the event loop turns in between",
  async (chunkSize) => {
    const whole = new Uint8Array(8 * 2 ** 20);
    memory = new MemoryStore({ chunkSize });
    await memory.put(at, whole);
    const value = base64(await digestOf("crc64nvme", whole));
    const { body } = await download(claiming({ algorithm: "crc64nvme", value }), at);
    let turns = 0;
    let over = false;
    const count = () => {
      turns++;
      if (!over) setImmediate(count);
    };
    setImmediate(count);
    await drain(body);
    over = true;
    expect(turns).toBeGreaterThanOrEqual(7);
  },
);

test("a range has no checksum, so it cannot be required to have one", async () => {
  await memory.put(at, bytes(50));
  const range = { start: 0, end: 49 };
  await expect(download(memory, at, { integrity: "require", range })).rejects.toMatchObject({
    code: "ERR_INTEGRITY",
  });
  expect(await drain((await download(memory, at, { range })).body)).toHaveLength(50);
});
