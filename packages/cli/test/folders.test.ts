import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { collector, environment, interrupted, MiB, noise, run, serving } from "./harness.js";

let server: Awaited<ReturnType<typeof serving>>;
let folder: string;

beforeEach(async () => {
  server = await serving();
  folder = await mkdtemp(join(tmpdir(), "sluice-folders-"));
  for (const [name, value] of Object.entries(environment(server.url))) vi.stubEnv(name, value);
  await mkdir(at("up/deep"), { recursive: true });
  await writeFile(at("up/a"), "a");
  await writeFile(at("up/deep/b"), noise(11 * MiB));
  await writeFile(at("up/deep/empty"), "");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
  await rm(folder, { recursive: true });
});

const at = (name: string) => join(folder, name);
const keys = async () => (await server.store.list("box")).objects.map(({ key }) => key);
const leftOpen = async () => (await server.store.listMultiparts("box")).uploads.length;
const events = (err: string) =>
  err
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { event: string; [fact: string]: unknown });

test("cp -r takes a folder to S3 and back, in the smallest budget that there is", async () => {
  for (const to of ["s3://box/p", "s3://box/p/"]) {
    const { code, err } = await run(["cp", "-r", at("up"), to, "--budget", "5MiB"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
  }
  expect(await keys()).toEqual(["p/a", "p/deep/b", "p/deep/empty"]);
  const { code, err } = await run(["cp", "--recursive", "s3://box/p", at("down"), "--budget", "5MiB"]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect((await readdir(at("down"), { recursive: true })).sort()).toEqual([
    "a",
    "deep",
    "deep/b",
    "deep/empty",
  ]);
  expect((await readFile(at("down/deep/b"))).equals(noise(11 * MiB))).toBe(true);
});

test("a bare bucket takes the folder at its top", async () => {
  expect((await run(["cp", "-r", at("up/deep"), "s3://box", "--files", "1", "--slots", "2"])).code).toBe(0);
  expect(await keys()).toEqual(["b", "empty"]);
});

test("with --json each file is a line, and the last one counts them", async () => {
  await symlink(at("up/a"), at("up/link"));
  const lines = events((await run(["cp", "-r", at("up"), "s3://box/p", "--json"])).err);
  expect(lines[0]).toEqual({ event: "begin", from: at("up"), to: "s3://box/p" });
  expect(
    lines
      .filter(({ event }) => event === "file")
      .map(({ key }) => key)
      .sort(),
  ).toEqual(["p/a", "p/deep/b", "p/deep/empty"]);
  expect(lines.find(({ event }) => event === "skipped")).toMatchObject({ key: "p/link", why: "link" });
  expect(lines.at(-1)).toMatchObject({ event: "done", bytes: 11 * MiB + 1, files: 3, skipped: 1, failed: 0 });
});

test("links are skipped with a word, and with --follow-links they are not", async () => {
  await symlink(at("up/a"), at("up/link"));
  const skipped = await run(["cp", "-r", at("up"), "s3://box/p"]);
  expect(skipped).toMatchObject({
    code: 0,
    err: "sluice: skipped 1 entry that is a link, pipe, socket or device\n",
  });
  expect((await run(["cp", "-r", at("up"), "s3://box/p", "--quiet"])).err).toBe("");
  expect((await run(["cp", "-r", at("up"), "s3://box/p", "--follow-links"])).err).toBe("");
  expect(await keys()).toContain("p/link");
});

test("on a terminal, a line shows files and bytes", async () => {
  const screen = collector();
  const stderr = Object.assign(screen.stream, { isTTY: true });
  expect((await run(["cp", "-r", at("up"), "s3://box/p"], { stderr })).code).toBe(0);
  expect(screen.bytes().toString()).toMatch(/\d files \| .*MiB \| \d+ MiB\/s \| .* held/);
});

describe("what fails", () => {
  test("leaves the rest copied, is named line by line, and ends with 1", async () => {
    for (const key of ["p/fine", "p/../out", "p/x", "p/x/y"]) {
      await server.store.put({ bucket: "box", key }, Buffer.from("x"));
    }
    const { code, err } = await run(["cp", "-r", "s3://box/p", at("down")]);
    expect(code).toBe(1);
    expect(err).toMatch(/^sluice: s3:\/\/box\/p\/\.\.\/out: "p\/\.\.\/out" has .*\n/);
    expect(err).toMatch(
      /sluice: s3:\/\/box\/p\/x\/y: .* needs a folder where a file is.*\nsluice: 2 of 4 files were not copied\n$/,
    );
    expect((await readdir(at("down"))).sort()).toEqual(["fine", "x"]);
    const lines = events((await run(["cp", "-r", "s3://box/p", at("down"), "--json"])).err);
    expect(lines.filter(({ event }) => event === "file-failed")).toMatchObject([
      { key: "p/../out", code: "ERR_UNSAFE_KEY" },
      { key: "p/x/y", code: "ERR_UNSAFE_KEY" },
    ]);
    expect(lines.at(-1)).toMatchObject({ event: "error", code: "ERR_INCOMPLETE" });
  });

  test("is named without what would write to the terminal", async () => {
    await server.store.put({ bucket: "box", key: "p/\u001b[2J//x" }, Buffer.from("x"));
    const { err } = await run(["cp", "-r", "s3://box/p", at("down")]);
    expect(err).toMatch(/^sluice: s3:\/\/box\/p\/\?\[2J\/\/x: /);
  });

  test("is a bucket that does not exist, at once", async () => {
    const { code, err } = await run(["cp", "-r", at("up"), "s3://no-such-box/p"]);
    expect(err).toMatch(/^sluice: NoSuchBucket: .*\n$/);
    expect(code).toBe(1);
  });

  test("is a folder of S3 that has nothing in it", async () => {
    const { code, err } = await run(["cp", "-r", "s3://box/none", at("down")]);
    expect({ code, err }).toEqual({
      code: 1,
      err: "sluice: s3://box/none/: nothing is there; copy one object without --recursive\n",
    });
  });

  test("is a file with --recursive, and a folder without", async () => {
    const file = await run(["cp", "-r", at("up/a"), "s3://box/p"]);
    expect([file.code, file.err]).toEqual([
      1,
      `sluice: ${at("up/a")}: is no folder; copy it without --recursive\n`,
    ]);
    const one = await run(["cp", at("up"), "s3://box/p"]);
    expect([one.code, one.err]).toEqual([
      1,
      expect.stringMatching(/is a folder; copy all of it with --recursive/),
    ]);
    const missing = await run(["cp", "-r", at("none"), "s3://box/p"]);
    expect([missing.code, missing.err]).toEqual([
      1,
      `sluice: ${at("none")}: no such file or folder (ENOENT)\n`,
    ]);
  });

  test.each([
    ["from standard input", ["cp", "-r", "-", "s3://box/b"], /--recursive copies a folder to s3:/],
    ["a folder of S3 without it", ["cp", "s3://box/a/", "."], /or all of them with --recursive/],
    ["--files without it", ["cp", "a", "s3://box/b", "--files", "2"], /add --recursive/],
    ["--resume to S3", ["cp", "a", "s3://box/b", "--resume"], /--resume is for copies from S3 to a file/],
  ])("is a command line that makes no sense: %s", async (_what, argv, says) => {
    const { code, err } = await run(argv);
    expect([code, err]).toEqual([2, expect.stringMatching(says)]);
  });
});

describe("an interrupt ends with 130", () => {
  // The first event that says that bytes have moved; the next one may come too late.
  const interrupting = (interrupt: AbortController) => {
    const { stream, bytes } = collector();
    const write = stream.write.bind(stream);
    stream.write = ((text: string) => {
      if (/"loaded":[1-9]/.test(text)) interrupt.abort(interrupted());
      return write(text);
    }) as typeof stream.write;
    return { stream, bytes };
  };

  test("and leaves no upload on the server", async () => {
    await writeFile(at("up/deep/c"), noise(23 * MiB));
    const interrupt = new AbortController();
    const { stream, bytes } = interrupting(interrupt);
    const argv = ["cp", "-r", at("up/deep"), "s3://box/p", "--json", "--part-size", "5MiB", "--slots", "1"];
    expect((await run(argv, { stderr: stream, interrupt })).code).toBe(130);
    expect(bytes().toString()).toMatch(/"event":"error","code":"ERR_INTERRUPTED"/);
    expect(await leftOpen()).toBe(0);
  });

  test("and leaves no temporary file, but for --resume, which goes on from there", async () => {
    await server.store.put({ bucket: "box", key: "p/large" }, noise(23 * MiB));
    const argv = ["cp", "-r", "s3://box/p", at("down"), "--json", "--part-size", "5MiB", "--slots", "1"];
    for (const [more, left] of [
      [[], 0],
      [["--resume"], 2],
    ] as const) {
      const interrupt = new AbortController();
      const { stream } = interrupting(interrupt);
      expect((await run([...argv, ...more], { stderr: stream, interrupt })).code).toBe(130);
      expect(await readdir(at("down"))).toHaveLength(left);
    }
    const { code } = await run([...argv, "--resume"]);
    expect(code).toBe(0);
    expect(await readdir(at("down"))).toEqual(["large"]);
    expect((await readFile(at("down/large"))).equals(noise(23 * MiB))).toBe(true);
  });
});
