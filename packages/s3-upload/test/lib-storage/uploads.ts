import { setTimeout as soon } from "node:timers/promises"; // real time: that something never happens
import type { S3Client } from "@aws-sdk/client-s3";
import { Upload as Theirs } from "@aws-sdk/lib-storage";
import { type Options, Upload as Ours, type Progress } from "@sluice/s3-upload/lib-storage";
import { type Call, type Operation, ScriptedS3, type Twist } from "./scripted-s3.js";

export type AnyUpload = Ours | Theirs;
export type Make = (options: Options) => AnyUpload;

export const ours: Make = (options) => new Ours(options);
// Its types know nothing of async iterables and budgets; in the tests, it is to say so itself.
export const theirs: Make = (options) => new Theirs(options as ConstructorParameters<typeof Theirs>[0]);

/** Parts of 4 bytes instead of 5 MiB, and 5 of them instead of 10,000. */
export const PART = 4;
export const MAX_PARTS = 5;

export function withSmallParts(): () => void {
  const classes = [Ours, Theirs];
  const before = classes.map((each) => Reflect.get(each, "MIN_PART_SIZE"));
  for (const each of classes) Reflect.set(each, "MIN_PART_SIZE", PART);
  return () => {
    classes.forEach((each, i) => {
      Reflect.set(each, "MIN_PART_SIZE", before[i]);
    });
  };
}

export const fewParts = (upload: AnyUpload): AnyUpload => {
  Reflect.set(upload, "MAX_PARTS", MAX_PARTS);
  return upload;
};

/** What an upload has done, as far as its caller and the store can see. */
export interface Outcome {
  readonly calls: readonly Call[];
  readonly result?: unknown;
  readonly error?: { readonly name: string; readonly message: string };
  readonly events: readonly Progress[];
  readonly uploadId: string | undefined;
  readonly published: readonly string[];
  /** Multipart uploads that are still open. */
  readonly left: number;
  /** What the scenario itself has seen. */
  readonly notes: readonly string[];
}

export type Note = (text: string) => void;

export interface Play {
  /** Anew for each upload: a body can be read once. */
  readonly options: (note: Note) => Partial<Options> | Promise<Partial<Options>>;
  readonly client?: (s3: ScriptedS3) => S3Client;
  readonly twist?: (note: Note) => Twist;
  readonly during?: (upload: AnyUpload, note: Note) => void;
}

export const NEVER = "never settled";

/** `patience`: milliseconds after which an upload is taken for one that never ends. */
export async function play(make: Make, scene: Play, patience = 15_000): Promise<Outcome> {
  const notes: string[] = [];
  const note: Note = (text) => void notes.push(text);
  const s3 = new ScriptedS3(scene.twist?.(note));
  const events: Progress[] = [];
  let upload: AnyUpload | undefined;
  let ending: Pick<Outcome, "result" | "error">;
  try {
    const client = scene.client?.(s3) ?? s3.client();
    upload = fewParts(make({ client, ...(await scene.options(note)) } as Options));
    upload.on("httpUploadProgress", (progress) => events.push(progress));
    scene.during?.(upload, note);
    const never = new AbortController();
    const late = soon(patience, undefined, { signal: never.signal }).then(() => {
      throw new Error(NEVER);
    });
    late.catch(() => undefined);
    const result = await Promise.race([upload.done(), late]).finally(() => never.abort());
    ending = { result };
  } catch (error) {
    const { name, message } = error as Error;
    ending = { error: { name, message } };
  }
  return {
    calls: s3.calls.toSorted(byPart),
    ...ending,
    events,
    uploadId: upload?.uploadId,
    published: [...s3.objects.values()],
    left: s3.open.size,
    notes,
  };
}

// Parts are sent at once, and arrive as they will.
const byPart = (a: Call, b: Call) =>
  a.operation === "UploadPart" && b.operation === "UploadPart" ? a.part! - b.part! : 0;

export const operations = (outcome: Outcome): Operation[] => outcome.calls.map(({ operation }) => operation);
