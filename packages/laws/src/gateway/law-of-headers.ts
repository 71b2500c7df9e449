import fc from "fast-check";
import { content } from "../store/content.js";
import { law } from "./law.js";
import { ask, signedFor, WISHES, wanted } from "./requests.js";
import { KEY } from "./world.js";

const MARK = "must-not-travel";

/** What a client or a proxy sends along, which is nobody else's business. */
const OTHERS = [
  ...["cookie", "te", "connection", "keep-alive", "proxy-authorization", "x-forwarded-for", "referer"],
  ...["x-api-key", "forwarded", "upgrade", "x-meta-secret", "traceparent"],
] as const;
const HOP_BY_HOP = [
  ...["connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"],
  ...["proxy-authenticate", "proxy-authorization", "set-cookie", "cookie", "authorization"],
];

/** All text in there, but for bodies and signals. */
function textsIn(value: unknown, depth = 0): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null || depth > 4) return [];
  if (value instanceof AbortSignal || value instanceof ReadableStream || ArrayBuffer.isView(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...textsIn(inner, depth + 1)]);
}

export const G9 = law(
  {
    id: "G9",
    says: "Hop-by-hop and secret headers go neither way.",
    hint: "whether headers are passed on by a list of those with a meaning, or by one of those without",
    sins: [
      ...(["passesTheAuthorizationOn", "passesAllHeadersOn", "tellsTheFailure"] as const),
      ...(["tellsTheRightSignature", "echoesHeaders", "tellsAllItIsTold"] as const),
    ],
  },
  fc.record({
    wish: fc.constantFrom("put", "get", "head", ...WISHES),
    others: fc.shuffledSubarray([...OTHERS]),
    wrong: fc.constantFrom("nothing", "nothing", "the store fails", "the secret is another one"),
    size: fc.nat({ max: 300 }),
  }),
  async (world, { wish, others, wrong, size }) => {
    await world.start();
    const { draft, body } = await wanted(world, wish, content(size, 1));
    const extra = Object.fromEntries(others.map((name) => [name, `${MARK}-${name}`]));
    const meant = wish === "put" ? { "content-type": "text/law", "x-amz-meta-law": "abiding" } : {};
    // What a store knows of its own, beside what the port has a name for.
    const inside = { "set-cookie": `${MARK}-inside`, upstream: `${MARK}-inside`, server: `${MARK}-inside` };
    world.told = (result) =>
      typeof result === "object" && result !== null && !Array.isArray(result)
        ? { ...result, ...inside }
        : result;
    const failure = new TypeError(`connect to http://key:${MARK}-inside@10.0.0.1 failed`);
    if (wrong === "the store fails") world.trouble = () => ({ does: "fail", error: () => failure });
    const known = { ...KEY, sessionToken: `${MARK}-token` };
    const isOther = wrong === "the secret is another one";
    const theirs = { ...known, secretAccessKey: `${MARK}-secret` };
    world.lookup = async () => (isOther ? theirs : known);

    const headers = { ...draft.headers, ...extra, ...meant };
    const terms = { key: known, at: Date.now(), unsigned: ["content-length", ...OTHERS] };
    const request = { draft: { ...draft, headers }, body };
    const client = await ask(world, request, { terms });
    await world.finish();

    const right = isOther
      ? (await signedFor(world, request, { terms: { ...terms, key: theirs } })).chain.seed
      : "";
    const secrets = [MARK, KEY.secretAccessKey, "Signature=", "AWS4-HMAC-SHA256 Credential"];
    for (const { method, args } of world.requests) {
      const found = textsIn(args).find((text) => secrets.some((secret) => text.includes(secret)));
      if (found !== undefined) world.breach(`${method} is told ${found}`);
    }
    const { response } = client;
    const told = [...(response?.headers ?? [])];
    const said = [...told.flat(), client.text].join("\n");
    for (const secret of [MARK, KEY.secretAccessKey, right]) {
      if (secret !== "" && said.includes(secret)) world.breach(`the client is told ${secret}`);
    }
    for (const [name] of told) if (HOP_BY_HOP.includes(name)) world.breach(`the answer has ${name}`);
    if (wrong === "nothing" && !client.ok) world.breach(`it is answered ${client.status} ${client.code}`);
    if (wrong !== "nothing" && client.ok) world.breach(`it is answered ${client.status}`);
    if (wish === "put" && wrong === "nothing") {
      const { contentType, metadata = {} } = await world.inner.head(world.at());
      if (contentType !== "text/law" || metadata.law !== "abiding")
        world.breach("what has a meaning is lost");
    }
    await world.expectNothingLeft();
  },
);
