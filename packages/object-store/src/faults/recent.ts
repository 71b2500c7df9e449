import type { MultipartTarget, PartInfo } from "../multipart.js";
import type { ObjectTarget } from "../object.js";
import type { StoreMethod } from "./fault.js";

const MOST = 1_000;

type Listed = "list" | "listParts" | "listMultiparts";

/** Which listing a write shows up in. */
const SHOWN: Readonly<Partial<Record<StoreMethod, Listed>>> = {
  put: "list",
  copy: "list",
  completeMultipart: "list",
  putPart: "listParts",
  copyPart: "listParts",
  createMultipart: "listMultiparts",
};

/** The last 1,000 writes, so that a listing can lag behind them. */
export class Recent {
  readonly #written: { readonly shown: Listed; readonly name: string }[] = [];

  note(method: StoreMethod, args: readonly unknown[], result: unknown): void {
    const shown = SHOWN[method];
    if (shown === undefined) return;
    this.#written.push({ shown, name: nameOf(method, args, result) });
    if (this.#written.length > MOST) this.#written.shift();
  }

  /** The page without what the last writes have made. */
  without(method: Listed, args: readonly unknown[], page: unknown, writes: number): unknown {
    const mine = this.#written.filter(({ shown }) => shown === method).slice(-writes);
    const isNew = (name: string) => mine.some((one) => one.name === name);
    if (method === "list") {
      const { objects, ...rest } = page as { objects: readonly { key: string }[] };
      return {
        ...rest,
        objects: objects.filter(({ key }) => !isNew(objectName({ bucket: String(args[0]), key }))),
      };
    }
    if (method === "listParts") {
      const { parts, ...rest } = page as { parts: readonly PartInfo[] };
      return {
        ...rest,
        parts: parts.filter((part) => !isNew(partName(args[0] as MultipartTarget, part.partNumber))),
      };
    }
    const { uploads, ...rest } = page as { uploads: readonly MultipartTarget[] };
    return { ...rest, uploads: uploads.filter(({ uploadId }) => !isNew(uploadId)) };
  }
}

const objectName = ({ bucket, key }: ObjectTarget) => `${bucket}/${key}`;
const partName = ({ uploadId }: MultipartTarget, partNumber: number) => `${partNumber} of ${uploadId}`;

function nameOf(method: StoreMethod, args: readonly unknown[], result: unknown): string {
  if (method === "createMultipart") return (result as MultipartTarget).uploadId;
  if (method === "putPart" || method === "copyPart")
    return partName(args[0] as MultipartTarget, Number(args[1]));
  return objectName(args[method === "copy" ? 1 : 0] as ObjectTarget);
}
