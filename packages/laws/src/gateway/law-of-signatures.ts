import fc from "fast-check";
import { content } from "../store/content.js";
import { CHUNK, type Framing, forged } from "./framing.js";
import { law } from "./law.js";
import { ask, type How, isStreamed, type Wanted, type Wish, wanted } from "./requests.js";
import { type Draft, stamp, type Terms } from "./signing.js";
import { KEY, REGION, type World } from "./world.js";

const DAY = 24 * 3_600_000;

/** What is wrong with a signature: terms that nobody may be let in by, or a change of what was signed. */
interface Wrong {
  readonly via?: Terms["via"];
  readonly wishes?: readonly Wish[];
  readonly framings?: readonly Framing[];
  readonly how: (now: number) => How;
}

const later = (after: (draft: Draft) => Draft): Pick<Wrong, "how"> => ({ how: () => ({ after }) });
const terms = (made: (now: number) => Partial<Terms>): Pick<Wrong, "how"> => ({
  how: (now) => ({ terms: made(now) }),
});
const withHeader = (name: string, value: string) =>
  later((draft) => ({ ...draft, headers: { ...draft.headers, [name]: value } }));
const withQuery = (change: (name: string, value: string) => string) =>
  later((draft) => ({ ...draft, query: draft.query.map(([name, value]) => [name, change(name, value)]) }));
const claims = (change: (claimed: string) => string) =>
  later((draft) => {
    const { authorization } = draft.headers;
    if (authorization !== undefined)
      return { ...draft, headers: { ...draft.headers, authorization: change(authorization) } };
    return {
      ...draft,
      query: draft.query.map(([name, value]) => [name, name.startsWith("X-Amz-") ? change(value) : value]),
    };
  });
const signature = (change: (hex: string) => string) =>
  claims((claimed) => claimed.replace(/[0-9a-f]{64}$/, change));
const without = (name: string) =>
  later(({ headers, query, ...draft }) => {
    const { [name]: _, ...rest } = headers;
    return { ...draft, headers: rest, query: query.filter(([one]) => !one.startsWith("X-Amz-")) };
  });

const signed: readonly Framing[] = ["signed", "signed trailer"];

const WRONGS = {
  "another method": { wishes: ["get"], ...later((draft) => ({ ...draft, method: "DELETE" })) },
  "HEAD for GET": { wishes: ["get"], ...later((draft) => ({ ...draft, method: "HEAD" })) },
  "another key": later((draft) => ({ ...draft, path: `${draft.path}2` })),
  "another parameter": later((draft) => ({ ...draft, query: [...draft.query, ["x-id", "GetObject"]] })),
  "another part": { wishes: ["part"], ...withQuery((name, value) => (name === "partNumber" ? "2" : value)) },
  "another header": { wishes: ["put"], ...withHeader("content-type", "text/other") },
  "a header more": { wishes: ["put"], ...withHeader("x-amz-meta-more", "1") },
  "another time": { via: "header", ...later(aSecondLater) },
  "more time": { via: "query", ...withQuery((name, value) => (name === "X-Amz-Expires" ? "61" : value)) },
  "the host is not signed": terms(() => ({ unsigned: ["host", "content-length"] })),
  "the last digit": signature(forged),
  "the first digit": signature((hex) => (hex.startsWith("0") ? "1" : "0") + hex.slice(1)),
  "half of it": signature((hex) => hex.slice(0, 32)),
  "nothing of it": signature(() => ""),
  "no signature at all": without("authorization"),
  "another region in the claim": claims((claimed) => claimed.replace(REGION, "laws-2")),
  "another region": terms(() => ({ region: "laws-2" })),
  "another service": terms(() => ({ service: "iam" })),
  "another day than the time's": terms((now) => ({ date: stamp(now - 3 * DAY).slice(0, 8) })),
  "another secret": terms(() => ({ key: { ...KEY, secretAccessKey: "guessed" } })),
  "another's key": terms(() => ({ key: { ...KEY, accessKeyId: "ANOTHER" } })),
  "nobody's key": terms(() => ({ key: { ...KEY, accessKeyId: "NOBODY" } })),
  "another session": terms(() => ({ key: { ...KEY, sessionToken: "another" } })),
  "twenty minutes ago": { via: "header", ...terms((now) => ({ at: now - 20 * 60_000 })) },
  "in twenty minutes": terms((now) => ({ at: now + 20 * 60_000 })),
  "it has expired": { via: "query", ...terms((now) => ({ at: now - 90_000 })) },
  "it holds for a month": { via: "query", ...terms(() => ({ expires: String(30 * 24 * 3_600) })) },
  "it holds for no time": { via: "query", ...terms(() => ({ expires: "0" })) },
  "it holds for less than no time": { via: "query", ...terms(() => ({ expires: "-1" })) },
  "it holds for a number of another kind": { via: "query", ...terms(() => ({ expires: "1e9" })) },
  "another byte": { framings: ["hashed"], how: () => ({ fault: { sent: other(0) } }) },
  "another byte of the first chunk": { framings: signed, how: () => ({ fault: { sent: other(0) } }) },
  "another byte of the second chunk": { framings: signed, how: () => ({ fault: { sent: other(CHUNK) } }) },
  "the first chunk": { framings: signed, how: () => ({ fault: { forges: 0 } }) },
  "the second chunk": { framings: signed, how: () => ({ fault: { forges: 1 } }) },
  "the last chunk": { framings: signed, how: () => ({ fault: { forges: 2 } }) },
  "the trailer": { framings: ["signed trailer"], how: () => ({ fault: { forges: 3 } }) },
} as const satisfies Record<string, Wrong>;

const BODY = content(CHUNK + 20, 1);
const other = (at: number) => BODY.map((byte, i) => (i === at ? byte ^ 1 : byte));

function aSecondLater(draft: Draft): Draft {
  const at = draft.headers["x-amz-date"] ?? "";
  const next = at.replace(/\d\dZ$/, (seconds) => (seconds === "00Z" ? "01Z" : "00Z"));
  return { ...draft, headers: { ...draft.headers, "x-amz-date": next } };
}

const NAMES = Object.keys(WRONGS) as (keyof typeof WRONGS)[];

interface Case {
  readonly wrong: keyof typeof WRONGS | undefined;
  readonly wish: Wish;
  readonly via: Terms["via"];
  readonly framing: Framing;
  readonly name: string;
  readonly session: boolean;
}

async function tried(world: World, plan: Case, name: string): Promise<void> {
  const { wrong, session } = plan;
  const made: Wrong | undefined = wrong && WRONGS[wrong];
  const inBody = made?.framings !== undefined;
  const framing = pick(made?.framings ?? [plan.framing], plan.framing);
  const via = inBody ? "header" : (made?.via ?? plan.via);
  const wish = pick(made?.wishes ?? (inBody ? (["put", "part"] as const) : [plan.wish]), plan.wish);
  const token = session ? { sessionToken: "a/token+of=mine" } : {};
  world.lookup = async (accessKeyId) => {
    if (accessKeyId === "NOBODY") return undefined;
    return accessKeyId === KEY.accessKeyId
      ? { ...KEY, ...token }
      : { secretAccessKey: "another's", ...token };
  };
  const now = Date.now();
  const request: Wanted = await wanted(world, wish, BODY, name);
  const old = await world.bytesOf(world.at(name));
  const before = world.requests.length;
  const how = made?.how(now) ?? {};
  const key = { ...KEY, ...token, ...how.terms?.key };
  world.story.push(`${wish}, signed in the ${via}, ${framing}: ${wrong ?? "nothing"} is wrong`);
  const headers = { ...request.draft.headers, ...(wish === "put" && { "content-type": "text/law" }) };
  const client = await ask(
    world,
    { ...request, draft: { ...request.draft, headers } },
    {
      ...how,
      framing: via === "query" || !isStreamed(wish) ? "plain" : framing,
      terms: { via, at: now, ...how.terms, key },
    },
  );
  await world.finish();
  if (made === undefined) {
    if (!client.ok) world.breach(`it is answered ${client.status} ${client.code}`);
    return;
  }
  if (client.status < 400 || client.status >= 500) world.breach(`it is answered ${client.status}`);
  // What is wrong with a body is found while the store takes it.
  if (!inBody && world.requests.length > before) world.breach("the store is asked");
  const kept = await world.bytesOf(world.at(name));
  if (kept?.length !== old?.length) world.breach("it has changed what is there");
  if (wish !== "part") return;
  const uploadId = new Map(request.draft.query).get("uploadId") ?? "";
  const { parts } = await world.inner.listParts({ ...world.at(name), uploadId });
  if (parts.length > 0) world.breach("a part is there");
}

export const G6 = law(
  {
    id: "G6",
    says: "Nobody gets in without a valid signature (header, presigned, chunked), an expired one, or a replayed body that differs.",
    hint: "what a signature covers, and what is believed that it does not cover",
    sins: [
      ...([
        "letsTheUnsignedIn",
        "comparesAPrefix",
        "comparesHalf",
        "letsHeadersIn",
        "takesGetForHead",
      ] as const),
      ...(["signsKnownQueries", "ignoresTheDate", "ignoresTheExpiry", "takesAnyExpiry"] as const),
      ...(["ignoresTheScope", "trustsThePayloadHash", "checksTheFirstChunk"] as const),
      ...(["ignoresTheTrailersSignature", "takesAnyToken"] as const),
    ],
  },
  fc.array(
    fc.record<Case>({
      wrong: fc.option(fc.constantFrom(...NAMES), { nil: undefined, freq: 9 }),
      wish: fc.constantFrom<Wish>("put", "part", "get", "head", "delete", "list"),
      via: fc.constantFrom("header", "query"),
      framing: fc.constantFrom<Framing>("plain", "hashed", "signed", "signed trailer"),
      name: fc.constantFrom("object", "a b", "ü+%", "x'(y)*!~"),
      session: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4, size: "max" },
  ),
  async (world, all) => {
    await world.start();
    for (const [i, one] of all.entries()) await tried(world, one, `${i}/${one.name}`);
    await world.expectNothingLeft();
  },
);

const pick = <T>(all: readonly T[], wanted: T): T => (all.includes(wanted) ? wanted : all[0]!);
