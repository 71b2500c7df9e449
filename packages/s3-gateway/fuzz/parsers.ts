import { parseXml, type XmlElement } from "@rgrove/parse-xml";
import fc from "fast-check";
import { authenticate } from "../src/auth/authenticate.js";
import { SigningKeys } from "../src/auth/signing-key.js";
import { AwsChunkedDecoder } from "../src/body/aws-chunked.js";
import { readPayload } from "../src/body/payload.js";
import { VerifiedBody } from "../src/body/verified-body.js";
import { fromToken, toToken } from "../src/operations/list-tokens.js";
import { rangeOf } from "../src/operations/read-object.js";
import { classify } from "../src/protocol/classify.js";
import { parseTarget } from "../src/protocol/target.js";
import { childrenOf } from "../src/protocol/xml.js";
import { FRAMINGS, type Framed, framed } from "../test/framing.js";
import { KEYS, signed } from "../test/signing.js";
import { bytesOf, latin1, mutated, places, split } from "./mutation.js";
import { drafts, goodDrafts } from "./requests.js";
import { demand, type FuzzTarget, refusalOf } from "./target.js";

const nothing = { close: () => Promise.resolve() };

/** A URL of a target, or undefined where there is none. */
function urlOf(target: string, host = "localhost"): URL | undefined {
  if (!target.startsWith("/")) return undefined;
  try {
    return new URL(`http://${host}${target}`);
  } catch {
    return undefined;
  }
}

function headersOf(pairs: readonly (readonly [string, string])[]): Headers | undefined {
  try {
    return new Headers(pairs.map(([name, value]) => [name, value]));
  } catch {
    return undefined;
  }
}

const classification: FuzzTarget = {
  name: "classification",
  runs: 2_000,
  open: async () => ({
    ...nothing,
    property: fc.asyncProperty(
      drafts("upload"),
      fc.oneof(fc.constantFrom("localhost", "s3.test", "box.s3.test"), mutated(fc.constant("a.b.s3.test"))),
      async ({ method, target, headers: pairs }, host) => {
        const url = urlOf(target, host);
        const headers = headersOf(pairs);
        if (url === undefined || headers === undefined) return;
        await refusalOf(() => {
          const asked = classify(method, url, headers, ["s3.test", "test"]);
          demand(/^[A-Za-z0-9._-]{0,63}$/.test(asked.bucket), `the bucket ${asked.bucket}`);
          demand(asked.bucket !== "" || asked.key === "", "a key without a bucket");
        });
      },
    ),
  }),
};

const signature: FuzzTarget = {
  name: "signature",
  runs: 300,
  open: async () => {
    const keys = new SigningKeys();
    const lookup = (id: string) => (id === KEYS.accessKeyId ? KEYS : undefined);
    const good = goodDrafts("upload").filter(({ target }) => !target.includes("X-Amz-"));
    const property = fc.asyncProperty(
      fc.constantFrom(...good).chain((draft) => {
        const plain = { host: "localhost", "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
        const { headers } = signed(draft.method, draft.target, {
          ...plain,
          ...Object.fromEntries(draft.headers),
        });
        const names = Object.keys(headers);
        return fc.record({
          draft: fc.constant(draft),
          sent: fc.constant(headers),
          method: fc.oneof(
            { arbitrary: fc.constant(draft.method), weight: 4 },
            fc.constantFrom("GET", "PUT", "DELETE"),
          ),
          target: mutated(fc.constant(draft.target), 1),
          added: fc.option(fc.constantFrom("x-amz-acl", "x-amz-meta-added"), { nil: undefined, freq: 4 }),
          changed: fc
            .tuple(fc.constantFrom(...names), fc.nat(2))
            .chain(([name, edits]) =>
              mutated(fc.constant(headers[name]!), edits).map((value) => ({ ...headers, [name]: value })),
            ),
        });
      }),
      async ({ draft, sent, method, target, added, changed }) => {
        const url = urlOf(target);
        const headers = headersOf([...Object.entries(changed), ...(added ? [[added, "a"] as const] : [])]);
        if (url === undefined || headers === undefined || url.hash !== "") return;
        let caller: Awaited<ReturnType<typeof authenticate>> | undefined;
        await refusalOf(async () => {
          const { query } = parseTarget(url, []);
          // No body, so that it is not read; what is not signed may be anything.
          const request = new Request(url, { method, headers });
          caller = await authenticate({ lookup, region: undefined, keys }, request, url, query);
        });
        if (caller === undefined) return;
        // Whoever is believed has sent what was signed, but for spellings that mean the same.
        const [was, is] = [parseTarget(urlOf(draft.target)!, []), parseTarget(url, [])];
        demand(added === undefined, `the header ${added} was let in`);
        demand(method === draft.method, `${method} was let in for ${draft.method}`);
        demand(was.bucket === is.bucket && was.key === is.key, `${target} was let in for ${draft.target}`);
        const pairs = (query: ReadonlyMap<string, string>) => JSON.stringify([...query].sort());
        demand(pairs(was.query) === pairs(is.query), `${target} was let in for ${draft.target}`);
        for (const [name, value] of Object.entries(sent)) {
          if (name === "authorization") continue;
          const spelt = (text: string) => text.trim().replace(/\s+/g, " ");
          demand(
            spelt(headers.get(name) ?? "") === spelt(value),
            `the header ${name} was let in as ${headers.get(name)}`,
          );
        }
      },
    );
    return { ...nothing, property };
  },
};

const authorization: FuzzTarget = {
  name: "authorization",
  runs: 1_000,
  open: async () => {
    const lookup = (id: string) => (id === KEYS.accessKeyId ? KEYS : undefined);
    const keys = new SigningKeys();
    const { authorization: good = "", "x-amz-date": date = "" } = signed("GET", "/box", {
      host: "localhost",
      "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
    }).headers;
    const property = fc.asyncProperty(
      fc.oneof(mutated(fc.constant(good)), latin1(60)),
      fc.oneof(fc.constant(date), mutated(fc.constant(date), 1)),
      latin1(6),
      async (text, timestamp, token) => {
        const headers = headersOf([
          ["authorization", text],
          ["x-amz-date", timestamp],
          ["x-amz-security-token", token],
          ["x-amz-content-sha256", "UNSIGNED-PAYLOAD"],
        ]);
        if (headers === undefined) return;
        const url = urlOf("/other")!;
        const code = await refusalOf(() =>
          authenticate({ lookup, region: undefined, keys }, new Request(url, { headers }), url, new Map()),
        );
        demand(code !== undefined, "what was never signed was let in");
      },
    );
    return { ...nothing, property };
  },
};

const framing: FuzzTarget = {
  name: "framing",
  runs: 400,
  open: async () => ({
    ...nothing,
    property: fc.asyncProperty(
      fc.oneof(
        mutated(
          fc.constantFrom("5;chunk-signature=", "0\r\n", "5\r\nhello\r\n0\r\na:b\r\n\r\n", "2000\r\n"),
          6,
        ),
        fc.array(chunk(), { maxLength: 4 }).map((chunks) => `${chunks.join("")}0\r\n\r\n`),
      ),
      places,
      async (text, at) => {
        const bytes = bytesOf(text);
        const whole = await decoded([bytes]);
        const pieces = await decoded(split(bytes, at));
        demand(whole === pieces, `cut at ${at} it is ${pieces}, and as a whole ${whole}`);
      },
    ),
  }),
};

const chunk = () =>
  fc
    .tuple(fc.oneof(fc.nat(20), fc.constantFrom(8_191, 8_192, 8_193)), fc.integer({ min: -1, max: 1 }))
    .map(([size, off]) => `${size.toString(16)}\r\n${"x".repeat(Math.max(0, size + off))}\r\n`);

async function decoded(pieces: readonly Uint8Array[]): Promise<string> {
  let bytes = 0;
  let ended = "";
  const sizes: number[] = [];
  const decoder = new AwsChunkedDecoder({
    onChunk: (size) => void sizes.push(size),
    onData: (data) => {
      bytes += data.length;
    },
    onEnd: (trailers) => {
      ended = JSON.stringify([...trailers]);
    },
  });
  const code = await refusalOf(() => {
    for (const piece of pieces) decoder.push(piece);
  });
  // How far it had come before it refused depends on the pieces.
  return code ?? JSON.stringify([sizes, bytes, ended, decoder.done]);
}

const body: FuzzTarget = {
  name: "body",
  runs: 200,
  open: async () => {
    const text = "hello ".repeat(40);
    const data = new TextEncoder().encode(text);
    const bodies = await Promise.all(FRAMINGS.map((name) => framed(name, "PUT", "/box/k", data)));
    const property = fc.asyncProperty(
      fc.constantFrom(...bodies).chain((whole) =>
        fc.record({
          whole: fc.constant(whole),
          sent: mutated(fc.constant(whole.body.toString("latin1")), 3),
        }),
      ),
      places,
      async ({ whole, sent }, at) => {
        const read = await verified(whole, split(bytesOf(sent), at));
        demand(read === undefined || read === text, `a changed body was taken for ${read}`);
      },
    );
    return { ...nothing, property };
  },
};

/** The bytes of a body that was found good. */
async function verified({ headers }: Framed, pieces: readonly Uint8Array[]): Promise<string | undefined> {
  const all = new Headers(headers);
  const lookup = () => KEYS;
  const url = new URL("http://localhost/box/k");
  const request = new Request(url, { method: "PUT", headers: all });
  const { chain } = await authenticate(
    { lookup, region: undefined, keys: KNOWN },
    request,
    url,
    parseTarget(url, []).query,
  );
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
  let text: string | undefined;
  await refusalOf(async () => {
    const body = new VerifiedBody(source, readPayload(all), { limit: 1_000, idleTimeout: 60_000, chain });
    text = await new Response(body.stream).text();
  });
  return text;
}

const KNOWN = new SigningKeys();

const xml: FuzzTarget = {
  name: "xml",
  runs: 1_000,
  open: async () => {
    const good = [
      '<?xml version="1.0"?><Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key>a&amp;b</Key></Object></Delete>',
      "<Delete><!-- a --><Object><Key><![CDATA[k]]></Key></Object> <Quiet>true</Quiet></Delete>",
      `<Delete>${"<Object><Key>k</Key></Object>".repeat(700)}</Delete>`,
      "<Delete a='>'/>",
    ];
    const property = fc.asyncProperty(
      fc.oneof(mutated(fc.constantFrom(...good)), latin1(40)),
      async (text) => {
        const bytes = bytesOf(text);
        const found: string[] = [];
        const code = await refusalOf(async () => {
          for await (const child of childrenOf(bytes, "Delete")) found.push(JSON.stringify(child));
        });
        demand(code === undefined || code === "MalformedXML", `the code ${code}`);
        if (code !== undefined) return;
        // What is read in pieces is what a parser finds in the whole.
        const { root } = parseXml(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
        const children = root!.children.filter((child): child is XmlElement => child.type === "element");
        demand(
          JSON.stringify(found) === JSON.stringify(children.map((child) => JSON.stringify(child))),
          "other children",
        );
      },
    );
    return { ...nothing, property };
  },
};

const codePoint = fc.oneof(fc.nat(0x7f), fc.nat(0xd7ff), fc.integer({ min: 0xe000, max: 0x10ffff }));
const anyText = fc.array(codePoint, { maxLength: 20 }).map((points) => String.fromCodePoint(...points));

const small: FuzzTarget = {
  name: "small parsers",
  runs: 1_000,
  open: async () => ({
    ...nothing,
    property: fc.asyncProperty(
      mutated(fc.constantFrom("bytes=0-9", "bytes=-5", "bytes=5-", "bytes=9-0, 1-2")),
      latin1(20),
      anyText,
      async (range, token, key) => {
        const asked = rangeOf(range);
        if (asked !== undefined && "start" in asked) {
          demand(asked.end === undefined || (asked.start ?? 0) <= asked.end, `the range ${range}`);
        }
        await refusalOf(() => fromToken(token, "token"));
        demand(fromToken(toToken(key), "token") === key, `the token of ${key}`);
      },
    ),
  }),
};

export const PARSERS: readonly FuzzTarget[] = [
  classification,
  signature,
  authorization,
  framing,
  body,
  xml,
  small,
];
