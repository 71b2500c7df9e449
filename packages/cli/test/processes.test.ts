import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import { awsStore } from "@sluice/s3-aws-sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KEYS, MAIN, MiB, noise, spawned, spawnServer, spawnSluice } from "./harness.js";

let root: string;
let server: Awaited<ReturnType<typeof spawnServer>>;
let client: S3Client;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "sluice-processes-"));
  server = await spawnServer(["--dir", join(root, "objects")]);
  const { url: endpoint } = server;
  client = new S3Client({ endpoint, region: "us-east-1", credentials: KEYS, forcePathStyle: true });
});
afterAll(async () => {
  client.destroy();
  server.child.kill();
  await server.ended;
  await rm(root, { recursive: true });
});

const shell = (script: string) =>
  spawned("bash", ["-o", "pipefail", "-c", script], {
    ...server.env,
    SLUICE: `${process.execPath} ${MAIN}`,
    ROOT: root,
  });

test("a folder goes through tar to S3 and comes back", async () => {
  const folder = await mkdtemp(join(root, "folder-"));
  await writeFile(join(folder, "one"), noise(7 * MiB));
  await writeFile(join(folder, "two"), "2");
  const up = shell(`tar c -C ${folder} . | $SLUICE cp - s3://box/folder.tar --part-size 5MiB`);
  expect(await up.ended, up.text("stderr")).toMatchObject({ code: 0 });
  const list = shell("$SLUICE cp s3://box/folder.tar - | tar t | sort");
  expect(await list.ended).toMatchObject({ code: 0 });
  expect(list.text("stdout")).toBe("./\n./one\n./two\n");
  const back = await mkdtemp(join(root, "back-"));
  expect(await shell(`$SLUICE cp s3://box/folder.tar - | tar x -C ${back}`).ended).toMatchObject({ code: 0 });
  expect((await readFile(join(back, "one"))).equals(noise(7 * MiB))).toBe(true);
});

test("a pipe that is closed early ends quietly with 0", async () => {
  await writeFile(join(root, "large"), noise(24 * MiB));
  expect(await shell("$SLUICE cp $ROOT/large s3://box/large").ended).toMatchObject({ code: 0 });
  const head = shell("$SLUICE cp s3://box/large - | head -c 5 | wc -c");
  expect(await head.ended).toMatchObject({ code: 0 });
  expect({ out: head.text("stdout").trim(), err: head.text("stderr") }).toEqual({ out: "5", err: "" });
});

test("Ctrl-C during an upload leaves no upload on the server, and ends with 130", async () => {
  const upload = spawnSluice(["cp", "-", "s3://box/stopped", "--part-size", "5MiB", "--json"], server.env);
  // Who is stopped may leave some of it in the pipe.
  upload.child.stdin?.on("error", () => undefined).write(noise(11 * MiB));
  await upload.seen("stderr", /"event":"progress"/);
  const store = awsStore(client);
  expect((await store.listMultiparts("box")).uploads).toHaveLength(1);
  upload.child.kill("SIGINT");
  expect(await upload.ended).toEqual({ code: 130, by: null });
  expect((await store.listMultiparts("box")).uploads).toHaveLength(0);
});

test("a server shows keys that it has made, and never keys that it was given", async () => {
  expect(server.text("stdout")).toContain(KEYS.accessKeyId);
  expect(server.text("stdout")).not.toContain(KEYS.secretAccessKey);
  const own = spawnSluice(["serve", "--port", "0", "--memory"]);
  await own.seen("stdout", /AWS_SECRET_ACCESS_KEY=\S{40}/);
  own.child.kill("SIGINT");
  expect(await own.ended).toEqual({ code: 0, by: null });
});

test("a gateway stands in front of another server, with keys of its own", async () => {
  const gateway = spawnSluice(["gateway", "--upstream", server.url, "--port", "0"], {
    ...server.env,
    SLUICE_ACCESS_KEY: "front",
    SLUICE_SECRET_KEY: "front-secret",
  });
  const [, url = ""] = await gateway.seen("stdout", /on (http:\S+),/);
  const front = { AWS_ENDPOINT_URL: url, AWS_ACCESS_KEY_ID: "front", AWS_SECRET_ACCESS_KEY: "front-secret" };
  const bytes = noise(11 * MiB);
  await writeFile(join(root, "file"), bytes);
  const up = spawnSluice(["cp", join(root, "file"), "s3://box/through"], { ...server.env, ...front });
  expect(await up.ended, up.text("stderr")).toMatchObject({ code: 0 });
  const { body } = await awsStore(client).get({ bucket: "box", key: "through" });
  expect(Buffer.from(await new Response(body).arrayBuffer()).equals(bytes)).toBe(true);
  const stranger = spawnSluice(["cp", join(root, "file"), "s3://box/x"], {
    ...server.env,
    AWS_ENDPOINT_URL: url,
  });
  expect(await stranger.ended).toMatchObject({ code: 1 });
  expect(stranger.text("stderr")).toMatch(/InvalidAccessKeyId/);
  gateway.child.kill();
  await gateway.ended;
});

test("SIGTERM lets an answer in progress end, and is seen by who asks for its health", async () => {
  const own = spawnSluice(["serve", "--port", "0", "--admin-port", "0", "--anonymous", "--bucket", "box"]);
  const [, url = ""] = await own.seen("stdout", /on (http:\S+),/);
  const [, health = ""] = await own.seen("stdout", /metrics on (http:\S+)/);
  const bytes = noise(24 * MiB);
  await fetch(`${url}/box/large`, { method: "PUT", body: new Uint8Array(bytes) });
  const answer = await fetch(`${url}/box/large`);
  expect((await fetch(health)).status).toBe(200);
  own.child.kill("SIGTERM");
  await expect.poll(async () => (await fetch(health)).status).toBe(503);
  expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
  expect(await own.ended).toEqual({ code: 0, by: null });
});

test("a port that is taken is told in one line", async () => {
  const port = new URL(server.url).port;
  const second = spawnSluice(["serve", "--port", port]);
  expect(await second.ended).toMatchObject({ code: 1 });
  expect(second.text("stderr")).toMatch(/^sluice: .*the port is taken; choose another with --port\n$/);
});

describe("the demo", () => {
  const demo = async (...args: string[]) => {
    const temporary = await mkdtemp(join(root, "demo-"));
    const chart = join(root, "chart.svg");
    const run = spawnSluice(["demo", "--size", "32MiB", "--chart", chart, ...args], { TMPDIR: temporary });
    return { ...run, chart, left: () => readdir(temporary) };
  };

  test("sends and receives the same bytes inside its budget, draws it, and leaves nothing", async () => {
    const { ended, text, chart, left } = await demo("--budget", "24MiB");
    expect(await ended, text("stderr")).toMatchObject({ code: 0 });
    expect(text("stdout")).toMatch(/SHA-256 +the same both ways/);
    const [, held] = /peak bytes held +(\d+) MiB/.exec(text("stdout")) ?? [];
    expect(Number(held)).toBeGreaterThan(4);
    expect(Number(held)).toBeLessThanOrEqual(24);
    expect(await readFile(chart, "utf8")).toMatch(/^<svg [\s\S]*<polyline[\s\S]*<\/svg>\n$/);
    expect(await left()).toEqual([]);
  });

  const serverOf = async (run: Awaited<ReturnType<typeof demo>>) => {
    const [, pid] = await run.seen("stdout", /process (\d+)/);
    await run.seen("stderr", /upload {3} 10%/);
    return Number(pid);
  };
  const alive = (pid: number) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  test("that is interrupted leaves no process and no file, and ends with 130", async () => {
    const run = await demo("--size", "1GiB");
    const pid = await serverOf(run);
    run.child.kill("SIGINT");
    expect(await run.ended).toEqual({ code: 130, by: null });
    expect({ alive: alive(pid), left: await run.left() }).toEqual({ alive: false, left: [] });
  });

  test("whose server dies says so, ends with 1, and leaves no file", async () => {
    const run = await demo("--size", "1GiB");
    process.kill(await serverOf(run), "SIGKILL");
    expect(await run.ended).toEqual({ code: 1, by: null });
    expect(run.text("stderr")).toMatch(/^sluice: the embedded S3 server ended by SIGKILL$/m);
    expect(await run.left()).toEqual([]);
  });

  test("on a given server makes a bucket of its own, and takes it away again", async () => {
    const run = spawnSluice(
      ["demo", "--size", "12MiB", "--endpoint", server.url, "--chart", join(root, "c.svg")],
      {
        ...server.env,
      },
    );
    expect(await run.ended, run.text("stderr")).toMatchObject({ code: 0 });
    const names = (await awsStore(client).buckets?.list())?.map(({ name }) => name);
    expect(names).toEqual(["box"]);
  });

  test("on a given server, when it is interrupted, leaves that server as it was", async () => {
    const run = spawnSluice(["demo", "--endpoint", server.url, "--chart", join(root, "c.svg")], server.env);
    await run.seen("stderr", /upload {3} 10%/);
    run.child.kill("SIGTERM");
    expect(await run.ended).toEqual({ code: 130, by: null });
    const names = (await awsStore(client).buckets?.list())?.map(({ name }) => name);
    expect(names).toEqual(["box"]);
  });

  test("that is killed at once takes its server and the server's folder with it", async () => {
    const run = await demo("--size", "1GiB");
    const pid = await serverOf(run);
    const watched = spawned("tail", ["--pid", String(pid), "-f", "/dev/null"]);
    run.child.kill("SIGKILL");
    await watched.ended;
    expect(await run.left()).toEqual([]);
  });
});
