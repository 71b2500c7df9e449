import { InvalidValueError } from "@sluice/object-store";
import { encodeQuery, type Query, urlOf } from "./address.js";
import { type ConnectionOptions, connect } from "./fetch-store.js";
import { asciiHeaders, type RequestHeaders } from "./headers.js";

export interface PresignOptions {
  /** Seconds, up to a week, after which the URL is refused; credentials that end earlier end it earlier. */
  readonly expires: number;
  /** Headers that whoever uses the URL must send just like this, such as `content-type`. */
  readonly headers?: RequestHeaders | undefined;
  /** Further parameters, such as `partNumber` and `uploadId`. */
  readonly query?: Query | undefined;
}

/** An object, or without a key a bucket. */
export interface PresignTarget {
  readonly bucket: string;
  readonly key?: string | undefined;
  readonly versionId?: string | undefined;
}

/** Makes a URL by which somebody without credentials can do one thing with one object. */
export type Presign = (method: string, target: PresignTarget, options: PresignOptions) => Promise<string>;

const WEEK = 7 * 24 * 60 * 60;

/**
 * Makes what presigns URLs. Nothing is sent; a URL for an object that does not exist is made all the same.
 *
 * The URL is a secret: whoever has it can use it until it ends.
 *
 * - **Order:** none.
 * - **Abort:** cannot be.
 * - **Errors:** `ERR_INVALID_VALUE` for options that make no sense, those of the provider of the credentials, and
 *   `InvalidArgument` for keys that no URL can have.
 *
 * @example
 * ```ts
 * const presign = presigner({ region: "eu-central-1", credentials });
 * const url = await presign("GET", { bucket: "photos", key: "cat.jpg" }, { expires: 3600 });
 * ```
 */
export function presigner(options: ConnectionOptions): Presign {
  const { endpoint, signer } = connect(options);
  return async (method, { bucket, key, versionId }, { expires, headers = {}, query = {} }) => {
    if (!Number.isInteger(expires) || expires < 1 || expires > WEEK) {
      throw new InvalidValueError("expires", expires, `whole seconds from 1 to ${WEEK}`);
    }
    const address = endpoint.address(bucket, key);
    const asked = encodeQuery({ versionId, ...query });
    urlOf(address, asked);
    const signable = { method, address, query: asked, headers: asciiHeaders(headers) };
    return urlOf(address, await signer.presign(signable, expires));
  };
}
