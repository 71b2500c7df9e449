import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { dropRest } from "./unread-body.js";

/** Why a request cannot even be shown to the gateway. */
export interface Unfit {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

export const INVALID_URI: Unfit = {
  status: 400,
  code: "InvalidURI",
  message: "Couldn't parse the specified URI.",
};

/** How many headers a request may have. S3 bounds only their size. */
const MOST_HEADERS = 256;

export const TOO_MANY_HEADERS: Unfit = {
  status: 400,
  code: "RequestHeaderSectionTooLarge",
  message: `A request may have at most ${MOST_HEADERS} headers.`,
};

export const hasTooManyHeaders = ({ rawHeaders }: IncomingMessage): boolean =>
  rawHeaders.length > 2 * MOST_HEADERS;

/** A Request cannot have these methods, and S3 has no use for them. */
export const UNFIT_METHODS: ReadonlySet<string | undefined> = new Set(["CONNECT", "TRACE", "TRACK"]);

export const UNFIT_METHOD: Unfit = {
  status: 405,
  code: "MethodNotAllowed",
  message: "The specified method is not allowed against this resource.",
};

/** Answers in the place of the gateway, and ends the connection: what else is on it was meant for somebody else. */
export function refuse(incoming: IncomingMessage, outgoing: ServerResponse, unfit: Unfit): void {
  const id = randomUUID().replaceAll("-", "").slice(0, 16).toUpperCase();
  const { status, code, message } = unfit;
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message><RequestId>${id}</RequestId></Error>`;
  outgoing.shouldKeepAlive = false;
  outgoing.writeHead(status, {
    "content-type": "application/xml",
    "content-length": body.length,
    "x-amz-request-id": id,
  });
  outgoing.end(incoming.method === "HEAD" ? undefined : body);
  void dropRest(incoming);
}
