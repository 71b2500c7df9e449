import { createHash, randomUUID } from "node:crypto";
import { crc32 } from "node:zlib";
import { fail, faulty, StoreError } from "@sluice/object-store";
import { type ResumeToken, upload } from "@sluice/s3-upload";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, lines } from "./real-server.js";

const MiB = 2 ** 20;
const bucket = `sluice-${randomUUID()}`;
const store = connect();
// Of Ceph 16, no checksum comes back: it ignores all of them, CRC64NVME too. The embedded server knows each.
const knowsChecksums = process.env.SLUICE_S3_SERVER === "embedded";

beforeAll(() => store.buckets!.create(bucket));
afterAll(async () => {
  for (const open of (await store.listMultiparts(bucket)).uploads) await store.abortMultipart(open);
  for (const { key } of (await store.list(bucket)).objects) await store.delete({ bucket, key });
  await store.buckets!.delete(bucket);
});

async function sha256Of(key: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of (await store.get({ bucket, key })).body) hash.update(chunk);
  return hash.digest("hex");
}

const SIZE = 16 * MiB + 3;

for (const integrity of ["crc32", "crc32c", "crc64nvme", "sha256", "md5"] as const) {
  test(`an object of parts arrives whole by ${integrity}; where the server knows checksums, by that of the full object`, async () => {
    const hash = createHash("sha256");
    const key = `by ${integrity}`;
    const { checksum } = await upload(store, { bucket, key }, lines(SIZE, hash), {
      partSize: "5MiB",
      integrity,
    });
    expect(await sha256Of(key)).toBe(hash.digest("hex"));
    const type = integrity === "sha256" ? "composite" : "full-object";
    const known = knowsChecksums && integrity !== "md5";
    expect(checksum).toEqual(known ? { algorithm: integrity, value: expect.any(String), type } : undefined);
    if (!known || integrity !== "crc32") return;
    let sum = 0;
    for (const chunk of lines(SIZE)) sum = crc32(chunk, sum);
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(sum);
    expect(checksum?.value).toBe(bytes.toString("base64"));
  });
}

test("an upload that fails at its third part goes on from there by its token", async () => {
  for (const integrity of ["crc32", "md5"] as const) {
    const key = `resumed by ${integrity}`;
    const denied = () => new StoreError("AccessDenied", "no", { status: 403 });
    const dying = faulty(store, [fail("putPart", denied, 3)]);
    const tokens: ResumeToken[] = [];
    const options = {
      partSize: "5MiB",
      slots: 1,
      integrity,
      onCheckpoint: (token: ResumeToken) => tokens.push(token),
    };
    await expect(upload(dying, { bucket, key }, lines(SIZE), options)).rejects.toMatchObject({
      code: "AccessDenied",
    });

    const watched = faulty(store, []);
    const hash = createHash("sha256");
    // The one before the last: the store has a part more than the token knows of.
    const [resume] = tokens.slice(-2);
    await upload(watched, { bucket, key }, lines(SIZE, hash), { resume });
    const sent = watched.calls.flatMap(({ method, args }) => (method === "putPart" ? [args[1]] : []));
    // A server that lists no checksums still lists ETags that are MD5s.
    expect(sent.sort()).toEqual([3, 4]);
    expect(await sha256Of(key)).toBe(hash.digest("hex"));
  }
});
