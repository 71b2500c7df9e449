import { createHash } from "node:crypto";
import { MemoryStore } from "@sluice/object-store";
import { createGateway } from "@sluice/s3-gateway";
import { MemoryBudget } from "@sluice/semaphore";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { childrenOf, fieldsOf } from "../src/protocol/xml.js";
import { cut } from "../src/protocol/xml-pieces.js";

const utf8 = (text: string) => new TextEncoder().encode(text);

let store: MemoryStore;
beforeEach(async () => {
  store = new MemoryStore();
  await store.buckets.create("box");
});

/** What DeleteObjects says to this body, and which keys it has deleted. */
async function ask(body: string | Uint8Array) {
  const bytes = typeof body === "string" ? utf8(body) : body;
  const gateway = createGateway({ store, budget: new MemoryBudget("16MiB"), authenticate: "anonymous" });
  const headers = {
    "content-length": String(bytes.length),
    "content-md5": createHash("md5").update(bytes).digest("base64"),
  };
  const init = { method: "POST", body: bytes as Uint8Array<ArrayBuffer>, headers };
  const answer = await gateway.fetch(new Request("http://localhost/box?delete", init));
  const text = await answer.text();
  return {
    status: answer.status,
    code: /<Error><Code>(.*?)<\/Code>/.exec(text)?.[1],
    keys: [...text.matchAll(/<Deleted><Key>(.*?)<\/Key>/g)].map(([, key]) => key),
  };
}
const wish = "<Object><Key>k</Key></Object>";

describe("the body of a control operation", () => {
  it.each([
    ["as S3 writes it", `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${wish}</Delete>`],
    ["with a declaration and white space", `<?xml version="1.0"?>\n<Delete>\n  ${wish}\n</Delete>\n`],
    ["with a byte order mark", `\ufeff<Delete>${wish}</Delete>`],
    [
      "with the namespace of older clients",
      `<Delete xmlns='http://doc.s3.amazonaws.com/2006-03-01'>${wish}</Delete>`,
    ],
    ["with comments", `<!-- </Delete> --><Delete><!-- <a> -->${wish}</Delete><!-- a -->`],
    ["with CDATA", "<Delete><Object><Key><![CDATA[k]]></Key></Object></Delete>"],
    ["with references", "<Delete><Object><Key>&#107;</Key></Object></Delete>"],
    ["with attributes that nobody asked for", `<Delete a=">" b='"'>${wish}</Delete>`],
  ])("may be %s", async (_, body) => {
    expect(await ask(body)).toEqual({ status: 200, code: undefined, keys: ["k"] });
  });

  it.each([
    ["nothing", ""],
    ["white space", "  "],
    ["no XML", "hello"],
    ["half of a document", "<Delete><Object>"],
    ["two documents", `<Delete>${wish}</Delete><Delete>${wish}</Delete>`],
    ["text behind the end", `<Delete>${wish}</Delete>hello`],
    ["another outermost element", `<Deletes>${wish}</Deletes>`],
    [
      "an outermost element with a prefix",
      `<s3:Delete xmlns:s3="http://s3.amazonaws.com/doc/2006-03-01/">${wish}</s3:Delete>`,
    ],
    ["another namespace", `<Delete xmlns="http://example.com/">${wish}</Delete>`],
    ["an empty Delete", "<Delete></Delete>"],
    ["an empty Delete that closes itself", "<Delete/>"],
    ["text between the elements", `<Delete>hello${wish}</Delete>`],
    ["text in an Object", "<Delete><Object>hello<Key>k</Key></Object></Delete>"],
    ["two keys in one Object", "<Delete><Object><Key>k</Key><Key>l</Key></Object></Delete>"],
    ["an Object without a key", "<Delete><Object></Object></Delete>"],
    ["elements in a key", "<Delete><Object><Key>k<b>l</b></Key></Object></Delete>"],
    ["a document type", `<!DOCTYPE Delete [<!ENTITY a "k">]><Delete>${wish}</Delete>`],
    ["a document type in lower case", `<!doctype Delete><Delete>${wish}</Delete>`],
    ["an entity that nobody defined", "<Delete><Object><Key>&a;</Key></Object></Delete>"],
    ["a character that XML has not", "<Delete><Object><Key>&#0;</Key></Object></Delete>"],
    ["a comment that does not end", `<Delete>${wish}<!-- </Delete>`],
    ["an attribute that does not end", `<Delete a="${wish}</Delete>`],
    ["tags that cross", "<Delete><Object><Key>k</Object></Key></Delete>"],
    ["200,000 levels", "<Delete>".repeat(200_000)],
    ["17 levels", `<Delete>${"<a>".repeat(17)}${"</a>".repeat(17)}</Delete>`],
    ["200,000 tags", `<Delete>${"<a/>".repeat(200_000)}</Delete>`],
  ])("with %s is MalformedXML", async (_, body) => {
    expect(await ask(body)).toEqual({ status: 400, code: "MalformedXML", keys: [] });
  });

  it("is MalformedXML when it is not UTF-8", async () => {
    const utf16 = Buffer.from(`\ufeff<Delete>${wish}</Delete>`, "utf16le");
    const latin1 = Buffer.from("<Delete><Object><Key>\u00e9</Key></Object></Delete>", "latin1");
    for (const body of [utf16, latin1]) expect((await ask(body)).code).toBe("MalformedXML");
  });

  it("that is wrong at its end deletes nothing", async () => {
    await store.put({ bucket: "box", key: "k" }, utf8("hello"));
    const many = wish.repeat(900).replaceAll("<Object>", `<Object>${" ".repeat(100)}`);
    expect((await ask(`<Delete>${many}<Object></Delete>`)).code).toBe("MalformedXML");
    expect((await store.head({ bucket: "box", key: "k" })).size).toBe(5);
  });
});

describe("a document that is read in pieces", () => {
  const document = `<All>${Array.from({ length: 2_000 }, (_, i) => `<One><A>${i}</A><B>&amp;</B></One>`).join("\n")}</All>`;

  it("says what it says as a whole, and lets others have turns", async () => {
    const order: string[] = [];
    const reading = (async () => {
      const found: unknown[] = [];
      for await (const child of childrenOf(utf8(document), "All")) found.push(fieldsOf(child, ["A", "B"]));
      expect(found).toEqual(Array.from({ length: 2_000 }, (_, i) => ({ A: String(i), B: "&" })));
      order.push("read");
    })();
    setImmediate(() => order.push("somebody else"));
    await reading;
    expect(order).toEqual(["somebody else", "read"]);
    expect(cut(document).pieces.length).toBeGreaterThan(3);
  });

  it("loses nothing where it is cut", () => {
    const { skeleton, pieces } = cut(`<!--a--><All b="</All>">${document.slice(5)}<!--</All>-->`);
    expect(skeleton).toBe('<!--a--><All b="</All>"></All><!--</All>-->');
    expect(pieces.join("")).toBe(document.slice(5, -6));
    for (const piece of pieces) expect(piece.length).toBeLessThan(17_000);
  });

  it("is cut into pieces that make it up again, or refused, whatever it is", () => {
    const bits = [
      "<a>",
      "</a>",
      "<b/>",
      "<!--",
      "-->",
      "<![CDATA[",
      "]]>",
      "<?x",
      "?>",
      "text",
      '"',
      "'",
      "<",
      ">",
      "<a c='",
      "<!",
      " ",
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...bits), { maxLength: 30 }), (parts) => {
        const text = parts.join("");
        let pieces: ReturnType<typeof cut>;
        try {
          pieces = cut(text);
        } catch (error) {
          expect(error).toMatchObject({ code: "MalformedXML" });
          return;
        }
        const inner = pieces.pieces.join("");
        const whole = [...pieces.skeleton].map(
          (_, i) => pieces.skeleton.slice(0, i) + inner + pieces.skeleton.slice(i),
        );
        expect(pieces.skeleton === text || whole.includes(text)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});
