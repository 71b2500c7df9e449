import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { collector, environment, interrupted, KEYS, MiB, noise, run, serving, stalling } from "./harness.js";

let server: Awaited<ReturnType<typeof serving>>;
let folder: string;

beforeEach(async () => {
  server = await serving();
  folder = await mkdtemp(join(tmpdir(), "sluice-cp-"));
  for (const [name, value] of Object.entries(environment(server.url))) vi.stubEnv(name, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
  await rm(folder, { recursive: true });
});

const put = (key: string, bytes: Uint8Array) => server.store.put({ bucket: "box", key }, bytes);
const bytesOf = async (key: string) => {
  const { body } = await server.store.get({ bucket: "box", key });
  return Buffer.from(await new Response(body).arrayBuffer());
};
const leftOpen = async () => (await server.store.listMultiparts("box")).uploads.length;

describe("to S3", () => {
  test("a file goes up in parts, and reads back byte for byte", async () => {
    const bytes = noise(13 * MiB + 7);
    await writeFile(join(folder, "f"), bytes);
    const { code, err } = await run(["cp", join(folder, "f"), "s3://box/k", "--part-size", "5MiB"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect((await bytesOf("k")).equals(bytes)).toBe(true);
  });

  test("a key that ends in a slash takes the name of the file, and so does a bare bucket", async () => {
    await writeFile(join(folder, "name.txt"), "x");
    await run(["cp", join(folder, "name.txt"), "s3://box/deep/"]);
    await run(["cp", join(folder, "name.txt"), "s3://box"]);
    const { objects } = await server.store.list("box");
    expect(objects.map(({ key }) => key)).toEqual(["deep/name.txt", "name.txt"]);
  });

  test("standard input goes up with its content type, whatever its chunks", async () => {
    const bytes = noise(6 * MiB);
    const stdin = Readable.from([
      bytes.subarray(0, 1),
      bytes.subarray(1, 5_555_555),
      bytes.subarray(5_555_555),
    ]);
    const { code } = await run(["cp", "-", "s3://box/k", "--content-type", "text/x", "--budget", "5MiB"], {
      stdin,
    });
    expect(code).toBe(0);
    expect((await bytesOf("k")).equals(bytes)).toBe(true);
    expect((await server.store.head({ bucket: "box", key: "k" })).contentType).toBe("text/x");
  });

  test("an empty input and an empty file make empty objects", async () => {
    await writeFile(join(folder, "empty"), "");
    expect((await run(["cp", "-", "s3://box/input"])).code).toBe(0);
    expect((await run(["cp", join(folder, "empty"), "s3://box/file"])).code).toBe(0);
    expect(await bytesOf("input")).toHaveLength(0);
    expect(await bytesOf("file")).toHaveLength(0);
  });

  test("an interrupt ends with 130 and leaves no upload, even while the input stalls", async () => {
    const interrupt = new AbortController();
    const stdin = stalling(noise(11 * MiB));
    const running = run(["cp", "-", "s3://box/k", "--part-size", "5MiB"], { stdin, interrupt });
    await vi.waitUntil(leftOpen, { timeout: 10_000 });
    interrupt.abort(interrupted());
    const { code, err } = await running;
    expect({ code, err, open: await leftOpen() }).toEqual({
      code: 130,
      err: "sluice: interrupted by SIGINT\n",
      open: 0,
    });
    expect(stdin.destroyed).toBe(true);
  });

  test("with --json, each event is a line, the last one says what was done", async () => {
    const stdin = Readable.from([noise(11 * MiB)]);
    const { err, out } = await run(["cp", "-", "s3://box/k", "--json"], { stdin });
    const events = err
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events[0]).toEqual({ event: "begin", from: "-", to: "s3://box/k" });
    expect(events.at(-2)).toMatchObject({ event: "progress", phase: "upload", loaded: 11 * MiB });
    expect(events.at(-1)).toMatchObject({ event: "done", bytes: 11 * MiB });
    expect(out).toHaveLength(0);
  });
});

describe("from S3", () => {
  test("an object comes down into a file, over what stood there, and nothing else is left", async () => {
    const bytes = noise(17 * MiB + 3);
    await put("k", bytes);
    await writeFile(join(folder, "f"), "old", { mode: 0o600 });
    const { code, err } = await run(["cp", "s3://box/k", join(folder, "f"), "--part-size", "5MiB"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect((await readFile(join(folder, "f"))).equals(bytes)).toBe(true);
    expect(await readdir(folder)).toEqual(["f"]);
  });

  test("a folder as the target takes the name of the object", async () => {
    await put("deep/name.txt", Buffer.from("x"));
    expect((await run(["cp", "s3://box/deep/name.txt", folder])).code).toBe(0);
    expect(await readdir(folder)).toEqual(["name.txt"]);
  });

  test("a link stays, and the file behind it changes", async () => {
    await put("k", Buffer.from("new"));
    await writeFile(join(folder, "real"), "old");
    await symlink(join(folder, "real"), join(folder, "link"));
    await run(["cp", "s3://box/k", join(folder, "link")]);
    expect(await readFile(join(folder, "real"), "utf8")).toBe("new");
    expect((await readdir(folder, { withFileTypes: true })).filter((e) => e.isSymbolicLink())).toHaveLength(
      1,
    );
  });

  test("a link to a file that is not there yet stays, and the file is made", async () => {
    await put("k", Buffer.from("new"));
    await symlink("real", join(folder, "link"));
    expect((await run(["cp", "s3://box/k", join(folder, "link")])).code).toBe(0);
    expect(await readFile(join(folder, "real"), "utf8")).toBe("new");
    expect((await readdir(folder)).sort()).toEqual(["link", "real"]);
  });

  test("an interrupt keeps what has come if --resume says so, and the next one goes on from there", async () => {
    const bytes = noise(23 * MiB);
    await put("k", bytes);
    const interrupt = new AbortController();
    const stderr = new Writable({
      write(line, _encoding, done) {
        if (/"loaded":[1-9]/.test(String(line))) interrupt.abort(interrupted());
        done();
      },
    });
    const argv = ["cp", "s3://box/k", join(folder, "f"), "--resume", "--json", "--part-size", "5MiB"];
    expect((await run(argv, { stderr, interrupt })).code).toBe(130);
    expect((await readdir(folder)).sort()).toEqual([".f.sluice-part", ".f.sluice-state"]);
    expect((await run(argv)).code).toBe(0);
    expect(await readdir(folder)).toEqual(["f"]);
    expect((await readFile(join(folder, "f"))).equals(bytes)).toBe(true);
  });

  test("a device is written to, and not replaced", async () => {
    await put("k", Buffer.from("x"));
    expect((await run(["cp", "s3://box/k", "/dev/null"])).code).toBe(0);
    expect((await import("node:fs")).statSync("/dev/null").isCharacterDevice()).toBe(true);
  });

  test("a failure leaves what stood there, and no temporary file", async () => {
    await writeFile(join(folder, "f"), "old");
    const { code, err } = await run(["cp", "s3://box/none", join(folder, "f")]);
    expect(err).toMatch(/^sluice: NoSuchKey: .*\n$/);
    expect(code).toBe(1);
    expect(await readdir(folder)).toEqual(["f"]);
    expect(await readFile(join(folder, "f"), "utf8")).toBe("old");
  });

  test("a target in a folder that does not exist is named", async () => {
    await put("k", Buffer.from("x"));
    const { code, err } = await run(["cp", "s3://box/k", join(folder, "no", "f")]);
    expect(err).toMatch(/no such file or folder/);
    expect(code).toBe(1);
  });

  test("standard output gets the bytes, and an empty object none", async () => {
    const bytes = noise(9 * MiB);
    await put("k", bytes);
    await put("empty", Buffer.alloc(0));
    const { out, code } = await run(["cp", "s3://box/k", "-"]);
    expect({ code, same: out.equals(bytes) }).toEqual({ code: 0, same: true });
    expect((await run(["cp", "s3://box/empty", "-"])).out).toHaveLength(0);
  });

  test("a reader that leaves early is no failure", async () => {
    await put("k", noise(9 * MiB));
    const stdout = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error("write EPIPE"), { code: "EPIPE" })),
    });
    stdout.on("error", () => {});
    const { code, err } = await run(["cp", "s3://box/k", "-"], { stdout });
    expect({ code, err }).toEqual({ code: 0, err: "" });
  });

  test("an interrupt ends with 130, even while the reader stalls", async () => {
    await put("k", noise(9 * MiB));
    const interrupt = new AbortController();
    const stdout = new Writable({ write: () => interrupt.abort(interrupted()) });
    const { code } = await run(["cp", "s3://box/k", "-"], { stdout, interrupt });
    expect(code).toBe(130);
  });
});

test("cat writes objects one after the other", async () => {
  await put("one", Buffer.from("1"));
  await put("two", Buffer.from("22"));
  const { code, out } = await run(["cat", "s3://box/one", "s3://box/two", "s3://box/one"]);
  expect({ code, out: out.toString() }).toEqual({ code: 0, out: "1221" });
});

test("on a terminal, a bar shows how far a copy is and what it holds", async () => {
  const screen = collector();
  await writeFile(join(folder, "f"), noise(11 * MiB));
  const argv = ["cp", join(folder, "f"), "s3://box/k", "--part-size", "5MiB"];
  expect((await run(argv, { stderr: Object.assign(screen.stream, { isTTY: true }) })).code).toBe(0);
  expect(screen.bytes().toString()).toMatch(/100% \| 11 MiB of 11 MiB \| \d+ MiB\/s \| .* held/);
});

describe("what the server refuses is told in one line, without secrets", () => {
  test.each([
    ["a bucket that does not exist", "s3://none/k", {}, /NoSuchBucket/],
    [
      "an access key that it does not know",
      "s3://box/k",
      { AWS_ACCESS_KEY_ID: "OTHER" },
      /AWS_ACCESS_KEY_ID/,
    ],
    ["a wrong secret", "s3://box/k", { AWS_SECRET_ACCESS_KEY: "wrong-secret" }, /AWS_SECRET_ACCESS_KEY/],
    [
      "a server that is not there",
      "s3://box/k",
      { AWS_ENDPOINT_URL: "http://127.0.0.1:9" },
      /127.0.0.1:9 \(ECONNREFUSED\)/,
    ],
  ])("%s", async (_what, to, env, says) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const { code, err } = await run(["cp", "-", to], { stdin: Readable.from([Buffer.from("x")]) });
    expect(err).toMatch(says);
    expect(err).toMatch(/^sluice: [^\n]*\n$/);
    expect(err).not.toContain(KEYS.secretAccessKey);
    expect(err).not.toContain("wrong-secret");
    expect(code).toBe(1);
  });
});
