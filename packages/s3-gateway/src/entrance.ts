import { costOf, type Known, mostControlBytes } from "./admission/cost.js";
import type { Grant } from "./admission/grant.js";
import { pacedBody } from "./admission/paced-body.js";
import { authenticate, type Caller } from "./auth/authenticate.js";
import { readControlBody } from "./body/control-body.js";
import { controlDigests } from "./body/integrity.js";
import { readPayload } from "./body/payload.js";
import { Exchange, type ExchangeParts } from "./exchange.js";
import type { Origin } from "./origin.js";
import { S3Error } from "./protocol/s3-error.js";

//  known ──authenticated, authorized──▶ let in ──admitted──▶ at the store
//
//  A control operation is admitted before it is let in: its body is on its way already, and is read at once.

/** Who asks to be let in. */
export interface Guest extends Omit<ExchangeParts, "caller" | "control"> {
  readonly origin: Origin;
  /** Called when the request holds something, and with what is known of it. */
  onGranted(grant: Grant, known: Known): void;
}

/** Lets a request in: authenticated, authorized, and admitted. */
export async function letIn(guest: Guest): Promise<Exchange> {
  if (guest.asked.body === "read") return letInWithBody(guest);
  const caller = await authenticated(guest);
  const exchange = new Exchange({ ...guest, caller });
  const { asked } = guest;
  await exchange.demand(asked.operation, asked.bucket, asked.key);
  const { method } = guest.request;
  if (method === "HEAD" || method === "DELETE") return exchange;
  const store = asked.bucket === "" ? exchange.wholeStore : (await exchange.place()).store;
  const known = { length: lengthOf(guest), limits: store?.limits };
  await admit(guest, known, nameOf(guest, caller), guest.stop.signal);
  return exchange;
}

async function letInWithBody(guest: Guest): Promise<Exchange> {
  const { settings, request, asked } = guest;
  const { headers, body } = request;
  const payload = readPayload(headers);
  const limit = mostControlBytes(settings.costFacts());
  const length = body === null ? 0 : payload.length;
  if ((length ?? 0) > limit) throw tooLarge(limit);
  const stop = new AbortController();
  const { signal } = guest.stop;
  if (signal.aborted) throw signal.reason;
  signal.addEventListener("abort", () => stop.abort(signal.reason));
  // Nothing has been sent yet by a client that asks first: it is told only after its signature was good.
  const caller = headers.has("expect") ? await authenticated(guest) : authenticated(guest);
  // A body that nobody has signed is not worth reading on.
  const known = Promise.resolve(caller).catch((refusal: unknown) => {
    stop.abort(refusal);
    throw refusal;
  });
  const who = known.then((proven) => nameOf(guest, proven));
  who.catch(() => {});
  const control = admit(guest, { length }, who, stop.signal).then(async () => {
    // Chunk signatures continue the one of the headers, so these bodies wait for it.
    const chain = payload.signed ? (await known).chain : undefined;
    const { limits } = settings;
    const onStuck = (why: S3Error): void => stop.abort(why);
    const paced = body && pacedBody(body, { ...limits, onStuck });
    const digests = controlDigests(asked.operation, headers);
    return readControlBody(
      paced,
      payload,
      digests,
      { limit, idleTimeout: limits.idleTimeout, chain },
      stop.signal,
    );
  });
  const [proven, read] = await Promise.allSettled([known, control]);
  if (proven.status === "rejected") throw proven.reason;
  if (read.status === "rejected") throw read.reason;
  const exchange = new Exchange({ ...guest, caller: proven.value, control: read.value });
  // Whoever deletes many objects is asked about for each of them.
  if (asked.operation !== "DeleteObjects") {
    await exchange.demand(asked.operation, asked.bucket, asked.key);
  }
  return exchange;
}

// One step for the whole working set: taking more while holding some is how two requests wait for each other.
async function admit(
  guest: Guest,
  known: Known,
  who: string | Promise<string>,
  signal: AbortSignal,
): Promise<void> {
  const { settings, request, asked, origin } = guest;
  const weight = costOf(asked, request.method, known, settings.costFacts());
  guest.onGranted(await settings.admission.enter(weight, { who, signal, closing: origin.closing }), known);
}

const authenticated = ({ settings, request, url, asked }: Guest): Promise<Caller> =>
  authenticate(settings.authentication, request, url, asked.query);

const nameOf = ({ settings, origin }: Guest, { identity }: Caller): string =>
  settings.partyOf(identity, origin.peer);

/** Bytes that a streamed body may have at the most, as far as the request itself says. */
function lengthOf({ asked, request: { headers } }: Guest): number | undefined {
  if (asked.body === "stream") return readPayload(headers).length;
  const [, first, last] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(headers.get("range") ?? "") ?? [];
  const length = Number(last) - Number(first) + 1;
  return length > 0 ? length : undefined;
}

const tooLarge = (limit: number) =>
  new S3Error("MaxMessageLengthExceeded", `The body of this operation may have at most ${limit} bytes.`);
