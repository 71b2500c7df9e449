import { EventEmitter } from "node:events";
import { S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@sluice/s3-upload/lib-storage";
import fc from "fast-check";
import { expect, test } from "vitest";

// Ours beside Node's, by the same calls.

type Emitter = Pick<
  EventEmitter,
  (typeof ADDING)[number] | (typeof REMOVING)[number] | "emit" | "eventNames"
> &
  Pick<EventEmitter, "removeAllListeners" | "listenerCount" | "listeners">;

const ADDING = ["on", "addListener", "once", "prependListener", "prependOnceListener"] as const;
const REMOVING = ["off", "removeListener"] as const;

const client = new S3Client({ region: "eu-central-1" });
const ours = () => new Upload({ client, params: { Bucket: "bucket", Key: "key" } }) as unknown as Emitter;

const name = fc.constantFrom("httpUploadProgress", "other");
const who = fc.nat(2);
const step = fc.oneof(
  fc.record({ call: fc.constantFrom(...ADDING, ...REMOVING, "listenerCount" as const), name, who }),
  fc.record({ call: fc.constantFrom("emit" as const, "removeAllListeners" as const), name, who }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What is heard and answered; the first listener removes the second whenever it hears something. */
function play(emitter: Emitter, steps: readonly Step[]): unknown[] {
  const story: unknown[] = [];
  const listeners = [0, 1, 2].map((i) => (payload: unknown) => {
    story.push([`listener ${i}`, payload]);
    if (i === 0) emitter.off("httpUploadProgress", listeners[1]!);
  });
  for (const { call, name, who } of steps) {
    const listener = listeners[who]!;
    if (call === "emit") story.push(emitter.emit(name, { loaded: who }));
    else if (call === "removeAllListeners") emitter.removeAllListeners(name);
    else if (call === "listenerCount") story.push(emitter.listenerCount(name, listener));
    else expect(emitter[call](name, listener)).toBe(emitter);
    story.push(
      emitter.eventNames(),
      emitter.listeners(name).map((each) => listeners.indexOf(each as never)),
    );
  }
  return story;
}

test("the drop-in calls its listeners when and as Node's EventEmitter does", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      expect(play(ours(), steps)).toEqual(play(new EventEmitter().setMaxListeners(0), steps));
    }),
    { numRuns: 500 },
  );
});

test("the drop-in tells of listeners that come and go, as Node's EventEmitter does", () => {
  const stories = [ours(), new EventEmitter()].map((emitter) => {
    const story: unknown[] = [];
    const first = () => emitter.emit("other");
    const second = () => story.push("second");
    emitter.on("newListener", (name) => story.push(`${String(name)} has one more`));
    emitter.on("removeListener", (name) => story.push(`${String(name)} has one less`));
    emitter.on("httpUploadProgress", first);
    emitter.once("other", second);
    // An event within an event finds the second before the first one does.
    emitter.prependOnceListener("other", first);
    emitter.emit("httpUploadProgress");
    emitter.removeAllListeners("httpUploadProgress");
    return story;
  });
  expect(stories[0]).toEqual(stories[1]);
  expect(stories[0]?.filter((word) => word === "second")).toHaveLength(1);
});

test("an error that nobody listens to is thrown, and no listener is no function", () => {
  const failure = new Error("nobody hears");
  expect(() => ours().emit("error", failure)).toThrow(failure);
  expect(() => ours().emit("error", "words")).toThrow("Unhandled error. (words)");
  expect(() => ours().on("other", undefined as never)).toThrow(TypeError);
});
