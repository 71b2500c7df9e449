import { cpuUsage, stdout } from "node:process";
import { createDigest, type DigestAlgorithm, MemoryStore, type ObjectStore } from "@sluice/object-store";
import { upload } from "@sluice/s3-upload";

//  node --conditions @sluice/source --import tsx packages/s3-upload/test/digest-cost.ts
//
//  What a digest costs a byte, and the longest turn of the event loop, in processor time, while an upload makes digests of
//  parts of 64 MiB, two at a time. The store throws the parts away, so that nothing else is measured.

const MiB = 2 ** 20;
const ALGORITHMS: readonly DigestAlgorithm[] = ["crc32", "crc32c", "crc64nvme", "md5", "sha1", "sha256"];

async function nanosecondsPerByte(algorithm: DigestAlgorithm): Promise<number> {
  const bytes = crypto.getRandomValues(new Uint8Array(65_536));
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 6; round++) {
    const digest = createDigest(algorithm);
    const before = cpuUsage();
    for (let i = 0; i < 1_024; i++) digest.update(bytes);
    const { user, system } = cpuUsage(before);
    await digest.done();
    best = Math.min(best, ((user + system) * 1_000) / (1_024 * bytes.length));
  }
  return best;
}

function nowhere(): ObjectStore {
  const store = new MemoryStore({ limits: { maxPartSize: 64 * MiB } });
  const etag = '"e"';
  return Object.assign(Object.create(store) as ObjectStore, {
    limits: store.limits,
    createMultipart: async (target: object) => ({ ...target, uploadId: "u" }),
    putPart: async (_upload: unknown, partNumber: number) => ({ partNumber, etag }),
    completeMultipart: async () => ({ etag }),
  });
}

async function longestStop(integrity: DigestAlgorithm): Promise<number> {
  const chunk = new Uint8Array(MiB);
  let last: number | undefined;
  let longest = 0;
  let over = false;
  // Processor time, since on a busy machine the clock tells how others are doing.
  const tick = () => {
    const { user, system } = cpuUsage();
    if (last !== undefined) longest = Math.max(longest, user + system - last);
    last = user + system;
    if (!over) setImmediate(tick);
  };
  const body = (async function* () {
    for (let i = 0; i < 768; i++) {
      await new Promise(setImmediate);
      // From here on the memory of the parts is there, and the code is compiled.
      if (i === 256) tick();
      yield chunk;
    }
  })();
  await upload(nowhere(), { bucket: "b", key: "k" }, body, { partSize: 64 * MiB, slots: 2, integrity });
  over = true;
  return longest / 1e3;
}

stdout.write("digest      ns/byte   s/GiB   longest turn of the event loop\n");
for (const algorithm of ALGORITHMS) {
  const cost = await nanosecondsPerByte(algorithm);
  const stop = await longestStop(algorithm);
  const seconds = ((cost * 2 ** 30) / 1e9).toFixed(2);
  stdout.write(
    `${algorithm.padEnd(12)}${cost.toFixed(2).padStart(7)}${seconds.padStart(8)}${stop.toFixed(1).padStart(10)} ms\n`,
  );
}
