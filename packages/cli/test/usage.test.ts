import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "./harness.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-usage-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("a command line that makes no sense ends with 2 and says what would be right", () => {
  test.each([
    ["an unknown unit", ["cp", "a", "s3://box/k", "--budget", "64MB x"], /such as "64MiB", got "64MB x"/],
    ["a budget without a unit", ["cp", "a", "s3://box/k", "--budget", "64"], /KiB, MiB, GiB/],
    [
      "a part below S3's smallest",
      ["cp", "a", "s3://box/k", "--part-size", "1MiB"],
      /at least 5MiB.*got 1 MiB/,
    ],
    ["a budget below one part", ["cp", "a", "s3://box/k", "--budget", "1MiB"], /a part of 5 MiB.*got 1 MiB/],
    ["an object onto itself", ["cp", "s3://box/a/k", "s3://box/a/"], /s3:\/\/box\/a\/k is both sides/],
    [
      "a folder into itself",
      ["cp", "-r", "s3://box/a", "s3://box/a/b/"],
      /a\/b\/ is inside of s3:\/\/box\/a/,
    ],
    ["a bucket into itself", ["cp", "-r", "s3://box", "s3://box/copy"], /copied again/],
    ["no slots", ["cp", "a", "s3://box/k", "--slots", "0"], /whole number from 1/],
    ["two local sides", ["cp", "a", "b"], /one side must be s3:\/\/bucket\/key, got "a" and "b"/],
    ["another scheme", ["cp", "http://x/y", "s3://box/k"], /http:\/\/.*s3:\/\/bucket\/key/],
    ["no bucket", ["cp", "s3:///k", "-"], /needs a bucket, got "s3:\/\/\/k"/],
    ["a folder as the source", ["cp", "s3://box/folder/", "-"], /names a folder/],
    ["standard input into a folder", ["cp", "-", "s3://box/folder/"], /has no name: write the whole key/],
    ["one side only", ["cp", "a"], /missing required argument 'to'/],
    ["an unknown command", ["copy", "a", "s3://box/k"], /unknown command 'copy'/],
    ["an unknown option", ["cp", "a", "s3://box/k", "--buget", "1MiB"], /Did you mean --budget/],
    [
      "an endpoint that is no URL",
      ["cp", "a", "s3://box/k", "--endpoint", "localhost"],
      /http:\/\/127.0.0.1:9000/,
    ],
    ["a port that is none", ["serve", "--port", "99999"], /from 0 to 65535/],
    ["half of the keys", ["serve", "--access-key", "a"], /--secret-key go together/],
    ["two stores", ["serve", "--memory", "--dir", "x"], /cannot be used with option '--dir/],
    ["keys for everybody", ["serve", "--anonymous", "--access-key", "a"], /cannot be used with/],
    ["half of a certificate", ["serve", "--tls-key", "a"], /--tls-cert and --tls-key go together/],
    ["a wait that is none", ["serve", "--wait", "soon"], /must be seconds/],
    ["a share of nothing", ["gateway", "--upstream", "http://x", "--max-share", "0"], /from 1% to 100%/],
    ["a scratch folder without a folder", ["serve", "--scratch"], /needs --dir/],
    ["a demo of nothing", ["demo", "--size", "0MiB"], /"0MiB"/],
    ["a bucket without a server", ["demo", "--bucket", "box"], /--bucket needs --endpoint/],
    ["no command", [], /Usage: sluice/],
  ])("%s", async (_what, argv, says) => {
    const { code, err, out } = await run(argv);
    expect(err).toMatch(says);
    expect({ code, out: out.length }).toEqual({ code: 2, out: 0 });
  });
});

test("help and the version go to standard output, and end with 0", async () => {
  const help = await run(["cp", "--help"]);
  expect(help.out.toString()).toMatch(/--part-size <size>/);
  expect({ code: help.code, err: help.err }).toEqual({ code: 0, err: "" });
  expect((await run(["--version"])).code).toBe(0);
});

describe("what cannot be done ends with 1 and one line", () => {
  test("a file that does not exist is named", async () => {
    const { code, err } = await run([
      "cp",
      join(folder, "none"),
      "s3://box/k",
      "--endpoint",
      "http://127.0.0.1:9",
    ]);
    expect(err).toBe(`sluice: ${folder}/none: no such file or folder (ENOENT)\n`);
    expect(code).toBe(1);
  });

  test("a folder is refused with a way to copy it", async () => {
    const { code, err } = await run(["cp", folder, "s3://box/k", "--endpoint", "http://127.0.0.1:9"]);
    expect(err).toMatch(/is a folder;.*tar c/);
    expect(code).toBe(1);
  });

  test("a scratch folder with something in it is left alone", async () => {
    const { code, err } = await run(["serve", "--dir", tmpdir(), "--scratch"]);
    expect(err).toMatch(/must be empty for --scratch/);
    expect(code).toBe(1);
  });
});
