import { existsSync, readFileSync } from "node:fs";
import {
  type ChecksumAlgorithm,
  type HeadOptions,
  MemoryStore,
  type ObjectInfo,
  type ObjectStore,
} from "@sluice/object-store";
import { downloadToFile } from "@sluice/s3-download/node";
import { MemoryBudget } from "@sluice/semaphore";
import { beforeEach, describe, expect, test } from "vitest";
import { folder, useFolder } from "./folder.js";
import { at, bytes } from "./metered.js";

useFolder();
let memory: MemoryStore;
beforeEach(() => {
  memory = new MemoryStore({ limits: { minPartSize: 0 } });
});

const MiB = 2 ** 20;
const budget = new MemoryBudget(2 * MiB);
const required = { integrity: "require", rangeSize: 90, window: 3, budget, retry: { baseDelay: 0 } } as const;

/** Puts an object of parts of these sizes, whose checksum is of the parts' checksums. */
async function putParts(sizes: readonly number[], checksumAlgorithm: ChecksumAlgorithm = "sha256") {
  const target = await memory.createMultipart(at, { checksumAlgorithm });
  const content = bytes(sizes.reduce((sum, size) => sum + size, 0));
  const parts = [];
  let start = 0;
  for (const [i, size] of sizes.entries()) {
    parts.push(await memory.putPart(target, i + 1, content.subarray(start, start + size)));
    start += size;
  }
  await memory.completeMultipart(target, parts);
  return Buffer.from(content);
}

/** The store, whose HEADs are answered by `head`, and whose bytes have a flipped bit at `flip`. */
function changed(
  head: (info: ObjectInfo, options: HeadOptions | undefined) => ObjectInfo | Promise<ObjectInfo>,
  flip = -1,
): ObjectStore {
  const methods: Partial<ObjectStore> = {
    head: async (source, options) => head(await memory.head(source, options), options),
    get: async (source, options) => {
      const got = await memory.get(source, options);
      let offset = got.range.start;
      const flipping = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          const copy = chunk.slice();
          const i = flip - offset;
          if (i >= 0 && i < copy.length) copy[i]! ^= 1;
          offset += copy.length;
          controller.enqueue(copy);
        },
      });
      return { ...got, body: got.body.pipeThrough(flipping) };
    },
  };
  return new Proxy<ObjectStore>(memory, {
    get: (target, name) => {
      const value: unknown = Reflect.get(methods, name) ?? Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

const nothingLeft = () => expect([folder.names(), folder.open(), budget.held]).toEqual([[], [], 0]);

describe("a file of an object whose checksum is of the parts' checksums", () => {
  test.each([
    ["crc32", [100, 30, 7]],
    ["crc32c", [0, 50, 50, 1]],
    ["sha1", [90, 90, 90]],
    ["sha256", [MiB + 5, 700_000, 3]],
    ["sha256", [300]],
  ] as const)("is compared with %s of parts of %j bytes, in bounded memory", async (algorithm, sizes) => {
    const content = await putParts(sizes, algorithm);
    const rangeSize = content.length > 1000 ? 300_000 : 90;
    const { checksum } = await downloadToFile(memory, at, folder.at("file"), { ...required, rangeSize });
    expect(checksum).toEqual((await memory.head(at)).checksum);
    expect(checksum?.type).toBe("composite");
    expect(readFileSync(folder.at("file")).equals(content)).toBe(true);
    expect([folder.names(), folder.open(), budget.held]).toEqual([["file"], [], 0]);
  });

  test.each([0, 99, 100, 129, 130, 136])("gets no name when bit 0 of byte %d is wrong", async (flip) => {
    await putParts([100, 30, 7]);
    const store = changed((info) => info, flip);
    await expect(downloadToFile(store, at, folder.at("file"), required)).rejects.toMatchObject({
      code: "ERR_INTEGRITY",
      // The last part is what is left, and its own checksum is not asked for.
      message: expect.stringContaining(
        flip < 100 ? "part 1," : flip < 130 ? "part 2," : "of the parts' checksums",
      ),
    });
    nothingLeft();
  });

  test("is compared as a whole where the store does not tell the parts' own checksums", async () => {
    const content = await putParts([100, 30, 7]);
    const bare = (info: ObjectInfo): ObjectInfo => ({
      ...info,
      part: info.part && { ...info.part, checksum: undefined },
    });
    await downloadToFile(changed(bare), at, folder.at("file"), required);
    expect(readFileSync(folder.at("file")).equals(content)).toBe(true);
    const wrong = downloadToFile(changed(bare, 5), at, folder.at("other"), required);
    await expect(wrong).rejects.toMatchObject({ code: "ERR_INTEGRITY" });
    expect(existsSync(folder.at("other"))).toBe(false);
  });

  test("is refused before a byte is written where the store does not tell its parts", async () => {
    await putParts([100, 30, 7]);
    const store = changed((info) => ({ ...info, part: undefined, partsCount: undefined }));
    const refused = downloadToFile(store, at, folder.at("file"), required);
    await expect(refused).rejects.toMatchObject({
      code: "ERR_INTEGRITY",
      message: expect.stringMatching(/does not say where part 1 ends/),
    });
    nothingLeft();
    // Not required, it is written and not compared, at no request more.
    const { checksum } = await downloadToFile(store, at, folder.at("file"), { rangeSize: 90 });
    expect(checksum).toBe(undefined);
  });

  test("is compared with what an earlier call has left, too", async () => {
    const content = await putParts([400, 400, 400]);
    const stop = new AbortController();
    const resuming = { ...required, resume: true, syncEvery: 1 };
    const aborted = downloadToFile(memory, at, folder.at("file"), {
      ...resuming,
      signal: stop.signal,
      onProgress: ({ loaded }) => {
        if (loaded >= 500) stop.abort("enough");
      },
    });
    await expect(aborted).rejects.toBe("enough");
    const { resumed } = await downloadToFile(memory, at, folder.at("file"), resuming);
    expect(resumed).toBeGreaterThanOrEqual(500);
    expect(readFileSync(folder.at("file")).equals(content)).toBe(true);
  });

  test("is left by an abort while its parts are asked for, and nothing stays", async () => {
    await putParts([100, 30, 7]);
    const stop = new AbortController();
    const stalling = changed(async (info, options) => {
      if (options?.partNumber === 2) {
        const aborted = new Promise((_, reject) => {
          const { signal } = options;
          signal!.addEventListener("abort", () => reject(signal!.reason), { once: true });
        });
        stop.abort("enough");
        await aborted;
      }
      return info;
    });
    const left = downloadToFile(stalling, at, folder.at("file"), { ...required, signal: stop.signal });
    await expect(left).rejects.toBe("enough");
    nothingLeft();
  });

  test("fails when the object is replaced before all of its parts were asked for", async () => {
    await putParts([100, 30, 7]);
    let replaced = false;
    const store = changed(async (info, options) => {
      if (options?.partNumber !== 2 || replaced) return info;
      replaced = true;
      await memory.put(at, bytes(137, 1));
      return memory.head(at, options);
    });
    await expect(downloadToFile(store, at, folder.at("file"), required)).rejects.toMatchObject({
      code: "ERR_OBJECT_CHANGED",
    });
    nothingLeft();
  });

  test("of one part is compared without asking for it", async () => {
    await putParts([60]);
    const { checksum } = await downloadToFile(memory, at, folder.at("file"), { rangeSize: 90 });
    expect(checksum?.value).toMatch(/-1$/);
  });
});
