import type { StoreBody, StoreError } from "@sluice/object-store";
import type { Outgoing, Transport } from "./outgoing.js";
import { PiecesBody } from "./pieces-body.js";
import { StreamBody } from "./stream-body.js";

/** Makes a body ready for the handler. `onFailure` hears of a stream that failed or lied about its length. */
export function outgoing(
  body: StoreBody,
  transport: Transport,
  onFailure: (error: StoreError) => void,
  onSent: (bytes: number) => void = () => {},
): Outgoing {
  if ("stream" in body) return new StreamBody(body.stream, body.length, transport, onFailure, onSent);
  return new PiecesBody(body instanceof Uint8Array ? [body] : body, transport, onSent);
}
