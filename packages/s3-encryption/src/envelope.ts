import { InvalidValueError, type ObjectSource, refusal } from "@sluice/object-store";
import { NotSealedError, OtherSealError } from "./errors.js";

// 1.NAME.FRAMESIZE.put.HEADER: what is kept about an object in its metadata, and about an upload in its id. An id is
// STORE'S~ENVELOPE: S3 tells nobody the metadata of an upload that is not complete, so whoever sends a part brings it.

/** The name that user metadata cannot have. */
export const ENVELOPE = "sluice-seal";

export interface Envelope {
  readonly version: string;
  readonly name: string;
  readonly frameSize: number;
  /** Whether it was put in one piece, or as parts. */
  readonly way: "put" | "parts";
  readonly header: string;
}

const FORM = /^(\d{1,3})\.([\w-]{1,40})\.(\d{1,9})\.(put|parts)\.([\w.-]{0,1000})$/;

/** What is known before there is a header. */
export const contextOf = (name: string, frameSize: number, way: Envelope["way"]): string =>
  `1.${name}.${frameSize}.${way}`;

export function parseEnvelope(text: string): Envelope | undefined {
  const [, version, name, frameSize, way, header] = FORM.exec(text) ?? [];
  if (way === undefined) return undefined;
  return {
    version: version!,
    name: name!,
    frameSize: Number(frameSize),
    way: way as Envelope["way"],
    header: header!,
  };
}

/** What is kept about an object, if this is how this store seals. */
export function envelopeOf(
  metadata: Readonly<Record<string, string>> | undefined,
  at: ObjectSource,
  { name, frameSize }: { readonly name: string; readonly frameSize: number },
): Envelope {
  const text = metadata?.[ENVELOPE];
  if (text === undefined) throw new NotSealedError(at);
  const found = parseEnvelope(text);
  if (found?.version !== "1" || found.name !== name || found.frameSize !== frameSize) {
    const how = found ? `${found.name} in frames of ${found.frameSize}` : "something unknown";
    const version = found && found.version !== "1" ? ` (version ${found.version})` : "";
    throw new OtherSealError(at, how + version, `${name} in frames of ${frameSize}`);
  }
  return found;
}

/** The user's metadata, without ours. */
export function userMetadata(
  metadata: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> | undefined {
  if (metadata === undefined) return undefined;
  const { [ENVELOPE]: _, ...rest } = metadata;
  return rest;
}

export function withEnvelope(
  metadata: Readonly<Record<string, string>> | undefined,
  context: string,
  header: string,
): Readonly<Record<string, string>> {
  const taken = Object.keys(metadata ?? {}).find((name) => name.toLowerCase() === ENVELOPE);
  if (taken !== undefined) throw refusal("InvalidArgument", `the metadata ${taken} is this store's own`);
  if (!/^[\w.-]{0,1000}$/.test(header)) {
    throw new InvalidValueError(
      "header",
      header.slice(0, 80),
      "at most 1,000 letters, digits, dots, _ and -",
    );
  }
  return { ...metadata, [ENVELOPE]: `${context}.${header}` };
}

/** An upload's id: the store's, and the envelope where whoever names it has it. */
export interface UploadId {
  readonly id: string;
  readonly envelope: Envelope | undefined;
}

export const joinUploadId = (id: string, context: string, header: string): string =>
  `${id}~${context}.${header}`;

export function splitUploadId(uploadId: string): UploadId {
  // The last one: Ceph's own ids have one, too.
  const at = uploadId.lastIndexOf("~");
  const envelope = at < 0 ? undefined : parseEnvelope(uploadId.slice(at + 1));
  return envelope === undefined ? { id: uploadId, envelope } : { id: uploadId.slice(0, at), envelope };
}
