import type { MultipartTarget, ObjectStore, ObjectTarget } from "@sluice/object-store";
import fc from "fast-check";
import type { Law } from "../law.js";
import { content, StallingSource } from "./content.js";
import type { MakeStore } from "./subject.js";
import { ending, law, type Trial } from "./trial.js";

type Request = (
  store: ObjectStore,
  at: ObjectTarget,
  upload: MultipartTarget,
  signal?: AbortSignal,
) => Promise<unknown>;

const bytes = new Uint8Array([1, 2, 3, 4, 5]);

/** Every request that there is. */
const REQUESTS: Readonly<Record<string, Request>> = {
  put: (store, at, _, signal) => store.put(at, bytes, { signal }),
  get: (store, at, _, signal) => store.get(at, { signal }),
  head: (store, at, _, signal) => store.head(at, { signal }),
  delete: (store, at, _, signal) => store.delete(at, { signal }),
  deleteMany: (store, { bucket, key }, _, signal) => store.deleteMany(bucket, [key], { signal }),
  copy: (store, at, _, signal) => store.copy(at, { ...at, key: `${at.key}-copy` }, { signal }),
  list: (store, { bucket }, _, signal) => store.list(bucket, { signal }),
  createMultipart: (store, at, _, signal) => store.createMultipart(at, { signal }),
  putPart: (store, _, upload, signal) => store.putPart(upload, 1, bytes, { signal }),
  copyPart: (store, at, upload, signal) => store.copyPart(upload, 1, at, { signal }),
  listParts: (store, _, upload, signal) => store.listParts(upload, { signal }),
  completeMultipart: (store, _, upload, signal) =>
    store.completeMultipart(upload, [{ partNumber: 1, etag: '"x"' }], { signal }),
  abortMultipart: (store, _, upload, signal) => store.abortMultipart(upload, { signal }),
  listMultiparts: (store, { bucket }, _, signal) => store.listMultiparts(bucket, { signal }),
};

const reason = Symbol("the caller's own reason");

async function expectReason(trial: Trial, what: string, request: Promise<unknown>): Promise<void> {
  const end = await ending(request);
  if (typeof end === "string")
    trial.breach(`${what} ${end === "hangs" ? "hangs" : "goes on"} after the abort`);
  if (end.rejectedWith !== reason)
    trial.breach(`${what} rejects with ${String(end.rejectedWith)}, not with the reason`);
}

// More than what may be under way in the buffers of a connection.
const large = () => new Uint8Array(2 ** 20).fill(7);

export const O9: Law<MakeStore> = law(
  "O9",
  "An abort signal stops the request.",
  "whatever is awaited without the signal",
  ["ignoresAbort", "wrapsTheReason", "publishesTheAborted", "leavesTheStream"],
  fc.record({ request: fc.constantFrom(...Object.keys(REQUESTS)), inPart: fc.boolean() }),
  async (trial, { request, inPart }) => {
    await trial.store.put(trial.at(), large());
    trial.at("object-copy");
    const upload = await trial.begin();
    trial.story.push(`${request} with a signal that has aborted`);
    await expectReason(
      trial,
      request,
      REQUESTS[request]!(trial.store, trial.at(), upload, AbortSignal.abort(reason)),
    );

    const stop = new AbortController();
    const { signal } = stop;
    const source = new StallingSource(content(trial.partSize(0), 2));
    const sending: Promise<unknown> = inPart
      ? trial.store.putPart(upload, 1, source.body, { signal })
      : trial.store.put(trial.at(), source.body, { signal });
    trial.story.push(`${inPart ? "a part" : "a put"} whose source has stalled is aborted`);
    await Promise.race([source.stalled, sending.catch(() => undefined)]);
    const reading = (await trial.store.get(trial.at(), { signal })).body.getReader();
    stop.abort(reason);
    await expectReason(trial, "it", sending);
    await expectReason(trial, "the body of a get", readAll(reading));
    if (source.stoppedWith.length === 0) trial.breach("the source is not told to stop");
    if (inPart && (await trial.store.listParts(upload)).parts.length > 0) trial.breach("the part is there");
    await trial.expect(trial.at(), large());
  },
);

async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  for (let step = await reader.read(); !step.done; step = await reader.read());
}

const nowhere = (trial: Trial) => trial.at("missing");

/** Requests that are refused for good, and why. */
const REFUSED: readonly {
  readonly code: string;
  readonly try: (trial: Trial, gone: MultipartTarget) => Promise<unknown>;
}[] = [
  { code: "NoSuchKey", try: (trial) => trial.store.get(nowhere(trial)) },
  { code: "NoSuchKey", try: (trial) => trial.store.head(nowhere(trial)) },
  { code: "NoSuchKey", try: (trial) => trial.store.copy(nowhere(trial), trial.at()) },
  {
    code: "NoSuchKey",
    try: async (trial) => trial.store.copyPart(await trial.begin(), 1, nowhere(trial)),
  },
  { code: "NoSuchUpload", try: (trial, gone) => trial.store.listParts(gone) },
  { code: "NoSuchUpload", try: (trial, gone) => trial.store.putPart(gone, 1, bytes) },
  { code: "NoSuchBucket", try: (trial) => trial.store.list(`laws-${trial.prefix.slice(5, -1)}`) },
  { code: "InvalidRange", try: (trial) => trial.store.get(trial.at(), { range: { start: 5 } }) },
];

export const O10: Law<MakeStore> = law(
  "O10",
  "A store error has one stable code, a `retryable` flag and the server's request id.",
  "what becomes of an error that the server answered with",
  ["hasNoCode", "hasNoRequestId", "retriesEverything", "changesItsCodes"],
  fc.shuffledSubarray([...REFUSED], { minLength: 2 }),
  async (trial, requests) => {
    await trial.store.put(trial.at(), bytes);
    const gone = await trial.begin();
    await trial.store.abortMultipart(gone);
    for (const { code, try: attempt } of requests) {
      const error = await attempt(trial, gone).then(
        () => trial.breach(`what must be refused with ${code} is not`),
        (cause: unknown) => cause,
      );
      if (!(error instanceof Error)) trial.breach(`what must be ${code} is no Error`);
      const {
        code: got,
        retryable,
        requestId,
      } = error as { code?: unknown; retryable?: unknown; requestId?: unknown };
      if (got !== code) trial.breach(`what must be ${code} is ${String(got)}`);
      if (retryable !== false) trial.breach(`the ${code} says retryable: ${String(retryable)}`);
      if (typeof requestId !== "string" || requestId === "") trial.breach(`the ${code} has no request id`);
    }
  },
);
