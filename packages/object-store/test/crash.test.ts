import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ObjectStore } from "@sluice/object-store";
import { DirectoryStore } from "@sluice/object-store/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BUCKET, judgeAll, Lane, randomFrom, type Writes } from "./crash-model.js";

const CHILD = fileURLToPath(new URL("./crash-child.mjs", import.meta.url));

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "sluice-crash-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const open = () => DirectoryStore.open(directory, { sync: false, limits: { minPartSize: 4 } });

interface Remote {
  readonly child: ChildProcess;
  readonly store: Writes;
  /** Called with the number of answers so far. */
  onAnswer: (count: number) => void;
  readonly ended: Promise<unknown>;
}

/** A store in another process, over the same directory. */
async function spawned(): Promise<Remote> {
  const child = fork(CHILD, [directory], { serialization: "advanced", execArgv: [] });
  const ended = once(child, "exit");
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let calls = 0;
  let answers = 0;
  const answered = (id: number) =>
    new Promise<unknown>((resolve, reject) => {
      waiting.set(id, { resolve, reject });
    });
  const call =
    (method: keyof Writes) =>
    (...args: unknown[]) => {
      const id = ++calls;
      const answer = answered(id);
      if (child.connected) child.send({ id, method, args }, () => undefined);
      else waiting.get(id)?.reject(new Error("killed"));
      return answer;
    };
  const methods = ["put", "copy", "delete", "deleteMany", "createMultipart"] as const;
  const multipart = ["putPart", "completeMultipart", "abortMultipart"] as const;
  const store = Object.fromEntries([...methods, ...multipart].map((name) => [name, call(name)]));
  const remote = { child, store: store as unknown as Writes, onAnswer: (_: number) => {}, ended };
  child.on("message", (message: { id: number; result?: unknown; error?: string }) => {
    const { id, result, error } = message;
    if (error === undefined) waiting.get(id)?.resolve(result);
    else waiting.get(id)?.reject(new Error(error));
    if (id > 0) remote.onAnswer(++answers);
  });
  const ready = answered(0);
  void ended.then(() => {
    for (const { reject } of waiting.values()) reject(new Error("killed"));
  });
  await ready;
  return remote;
}

const files = async () =>
  (await readdir(directory, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());

test("a store that is killed again and again has all that it acknowledged, whole, and nothing else", {
  timeout: 120_000,
}, async () => {
  const random = randomFrom(20_261_122);
  const lanes = ["l0", "l1", "l2", "l3", "l4"].map((name) => new Lane(name, random));
  let requests = 0;
  for (let kills = 0; kills < 10; kills++) {
    const remote = await spawned();
    if (kills === 0) await remote.store.put({ bucket: BUCKET, key: "first" }, new Uint8Array(1));
    if (kills === 0) await remote.store.delete({ bucket: BUCKET, key: "first" });
    const doomed = 5 + random(35);
    remote.onAnswer = (count) => {
      if (count >= doomed) remote.child.kill("SIGKILL");
    };
    await Promise.all(
      lanes.map(async (lane) => {
        while (!remote.child.killed) {
          requests++;
          await lane.step(remote.store).catch((error: Error) => {
            if (error.message !== "killed") throw error;
          });
        }
      }),
    );
    await remote.ended;
    const store = await open();
    expect(await readdir(join(directory, "tmp"))).toEqual([]);
    expect(await readdir(join(directory, "pending"))).toEqual([]);
    await judgeAll(store, lanes);
    await store.close();
  }
  expect(requests).toBeGreaterThan(200);
  // What is left is what is told: no file is left over when that is gone.
  const store = await open();
  for (const { target } of lanes.flatMap((lane) => lane.uploads)) await store.abortMultipart(target);
  for (const key of lanes.flatMap((lane) => [...lane.objects.keys()]))
    await store.delete({ bucket: BUCKET, key });
  expect((await files()).map(({ name }) => name).sort()).toEqual(["bucket.json", "sluice-store.json"]);
  await store.close();
});

test("a second process is refused as long as the first one lives, and harms nothing that it is writing", async () => {
  const first = await open();
  let send: (bytes: Uint8Array) => void = () => undefined;
  let asked: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        send = (bytes) => {
          controller.enqueue(bytes);
          controller.close();
        };
        asked();
      },
    },
    { highWaterMark: 0 },
  );
  const put = first.put({ bucket: BUCKET, key: "k" }, { stream, length: 5 });
  await begun;
  await expect(spawned()).rejects.toThrow(`the directory belongs to the process ${process.pid}`);
  send(new TextEncoder().encode("hello"));
  await put;
  expect(await text(first, "k")).toBe("hello");

  await first.close();
  const second = await spawned();
  await expect(open()).rejects.toMatchObject({ code: "OperationAborted", retryable: false });
  second.child.kill("SIGKILL");
  await second.ended;
  const third = await open();
  expect(await text(third, "k")).toBe("hello");
  expect(await readdir(join(directory, "owners"))).toHaveLength(1);
  await third.close();
  expect(await readdir(join(directory, "owners"))).toEqual([]);
});

test("a directory whose path is too long for a socket is held all the same", async () => {
  const outer = directory;
  directory = join(directory, "x".repeat(150));
  try {
    const remote = await spawned();
    await expect(open()).rejects.toMatchObject({ code: "OperationAborted" });
    remote.child.kill("SIGKILL");
    await remote.ended;
    await (await open()).close();
    expect(await readdir(join(directory, "owners"))).toEqual([]);
  } finally {
    directory = outer;
  }
});

const text = async (store: ObjectStore, key: string) =>
  new Response((await store.get({ bucket: BUCKET, key })).body).text();
