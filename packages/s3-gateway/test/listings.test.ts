import type { ShelfStore } from "@sluice/object-store";
import { beforeEach, describe, expect, it } from "vitest";
import { type Ask, all, asker, one, STORES } from "./asking.js";

describe.each(STORES)("listings over a %s", (_name, make) => {
  const KEYS = ["a", "d/1", "d/2", "d/sub/3", "d--1", "e&<ü> +%", "f/"];
  let store: ShelfStore;
  let ask: Ask;
  beforeEach(async () => {
    store = await make();
    await store.buckets.create("box");
    ask = asker(store);
    for (const key of KEYS) await store.put({ bucket: "box", key }, new Uint8Array(1));
  });

  const list = async (query: string) => {
    const answer = await ask("GET", `/box?${query}`);
    expect(answer.status).toBe(200);
    const prefixes = answer.text.match(/<CommonPrefixes>.*<\/CommonPrefixes>/s)?.[0] ?? "";
    return { ...answer, keys: all("Key", answer.text), prefixes: all("Prefix", prefixes) };
  };
  const decoded = (text: string) =>
    text.replaceAll("&amp;", "&").replaceAll("&lt;", "<").replaceAll("&gt;", ">");

  it.each([
    ["", ["a", "d--1", "d/1", "d/2", "d/sub/3", "e&<ü> +%", "f/"], []],
    ["delimiter=/", ["a", "d--1", "e&<ü> +%"], ["d/", "f/"]],
    ["delimiter=--", ["a", "d/1", "d/2", "d/sub/3", "e&<ü> +%", "f/"], ["d--"]],
    ["prefix=d/1", ["d/1"], []],
    ["prefix=d/&delimiter=/", ["d/1", "d/2"], ["d/sub/"]],
    ["prefix=f/&delimiter=/", ["f/"], []],
    ["prefix=d&delimiter=/", ["d--1"], ["d/"]],
    ["prefix=none", [], []],
  ])("%s gives the same keys in both versions", async (query, keys, prefixes) => {
    const first = await list(query);
    const second = await list(`list-type=2&${query}`);
    expect([first.keys.map(decoded), first.prefixes]).toEqual([keys, prefixes]);
    expect([second.keys.map(decoded), second.prefixes]).toEqual([keys, prefixes]);
    expect(one("KeyCount", second.text)).toBe(String(keys.length + prefixes.length));
    expect(one("KeyCount", first.text)).toBeUndefined();
  });

  it("goes on from any marker, and after a common prefix only if the marker is one", async () => {
    const from = async (marker: string, delimiter = "/") => {
      const { keys, prefixes, text } = await list(
        `delimiter=${delimiter}&marker=${encodeURIComponent(marker)}`,
      );
      expect(one("Marker", text)).toBe(marker);
      return [...keys.map(decoded), ...prefixes];
    };
    expect(await from("d/")).toEqual(["e&<ü> +%", "f/"]);
    expect(await from("d/1")).toEqual(["e&<ü> +%", "d/", "f/"]);
    expect(await from("d/sub/")).toEqual(["e&<ü> +%", "d/", "f/"]);
    expect(await from("d/sub/3")).toEqual(["e&<ü> +%", "f/"]);
    expect(await from("zzz")).toEqual([]);
  });

  it("names the next marker only with a delimiter, and as many keys as asked for", async () => {
    const plain = await list("max-keys=1");
    expect([one("IsTruncated", plain.text), one("NextMarker", plain.text)]).toEqual(["true", undefined]);
    const rolled = await list("max-keys=3&delimiter=/");
    expect([rolled.keys, rolled.prefixes, one("NextMarker", rolled.text)]).toEqual([
      ["a", "d--1"],
      ["d/"],
      "d/",
    ]);
    for (const version of ["", "list-type=2&"]) {
      const none = await list(`${version}max-keys=0`);
      expect([none.keys, one("IsTruncated", none.text), one("MaxKeys", none.text)]).toEqual([
        [],
        "false",
        "0",
      ]);
      expect(one("MaxKeys", (await list(`${version}max-keys=2000`)).text)).toBe("1000");
      for (const wrong of ["max-keys=-1", "max-keys=x", "max-keys=2147483648", "encoding-type=base64"]) {
        expect(await ask("GET", `/box?${version}${wrong}`)).toMatchObject({
          status: 400,
          code: "InvalidArgument",
        });
      }
    }
  });

  it("encodes all that comes from keys, if asked to", async () => {
    const url = encodeURIComponent("e&<ü> +%");
    const v1 = await list(
      `encoding-type=url&prefix=${encodeURIComponent("e&")}&marker=${encodeURIComponent("d&")}&delimiter=%25`,
    );
    expect(v1.text).toContain("<EncodingType>url</EncodingType>");
    expect([one("Marker", v1.text), one("Delimiter", v1.text)]).toEqual(["d%26", "%25"]);
    expect(v1.prefixes).toEqual([url]);
    const v2 = await list(
      `list-type=2&encoding-type=url&start-after=${encodeURIComponent("d/sub/3")}&max-keys=1`,
    );
    expect([v2.keys, one("StartAfter", v2.text)]).toEqual([[url], "d/sub/3"]);
    const page = await list(`encoding-type=url&delimiter=%25&max-keys=4`);
    expect(one("NextMarker", page.text)).toBe("d/2");
  });

  it("tells the owner in the first version, and in the second if asked to", async () => {
    expect(all("ID", (await list("prefix=a")).text)).toEqual(["anonymous"]);
    expect(all("ID", (await list("list-type=2&prefix=a")).text)).toEqual([]);
    expect(all("ID", (await list("list-type=2&prefix=a&fetch-owner=true")).text)).toEqual(["anonymous"]);
  });

  it("goes on by tokens that say nothing, echoes them, and takes no others", async () => {
    const seen: string[] = [];
    let token: string | undefined;
    for (let page = 0; page < 10; page++) {
      const from: string = token === undefined ? "start-after=a" : `continuation-token=${token}`;
      const got = await list(`list-type=2&max-keys=1&delimiter=/&${from}`);
      expect(one("ContinuationToken", got.text)).toBe(token);
      seen.push(...got.keys.map(decoded), ...got.prefixes);
      token = one("NextContinuationToken", got.text);
      if (token === undefined) break;
      expect(token).toMatch(/^[\w-]+$/);
    }
    expect(seen).toEqual(["d--1", "d/", "e&<ü> +%", "f/"]);
    for (const wrong of ["", "a", "d/1", "!!", "e30", "%F0%9F"]) {
      const answer = await ask("GET", `/box?list-type=2&continuation-token=${wrong}`);
      expect([answer.status, wrong]).toEqual([400, wrong]);
    }
  });

  it("lists uploads from any key on, rolled up, in pages", async () => {
    for (const key of ["a", "d/1", "d/2", "e"]) await store.createMultipart({ bucket: "box", key });
    const seen: string[] = [];
    let from = "";
    for (let page = 0; page < 10; page++) {
      const { text, prefixes } = await list(`uploads&delimiter=/&max-uploads=1${from}`);
      seen.push(...all("Key", text), ...prefixes);
      if (one("IsTruncated", text) !== "true") break;
      from = `&key-marker=${one("NextKeyMarker", text)}&upload-id-marker=${one("NextUploadIdMarker", text)}`;
    }
    expect(seen).toEqual(["a", "d/", "e"]);
    expect((await list("uploads&key-marker=d/1")).keys).toEqual(["d/2", "e"]);
    expect((await list("uploads&upload-id-marker=x")).keys).toEqual(["a", "d/1", "d/2", "e"]);
    expect(await ask("GET", "/box?uploads&key-marker=a&upload-id-marker=x")).toMatchObject({ status: 400 });
    expect(await ask("GET", "/box?uploads&max-uploads=0")).toMatchObject({ code: "InvalidArgument" });
  });

  it("lists parts in pages", async () => {
    const upload = await store.createMultipart({ bucket: "box", key: "p" });
    for (const n of [1, 2, 5]) await store.putPart(upload, n, new Uint8Array(n));
    const parts = (more: string) => ask("GET", `/box/p?uploadId=${upload.uploadId}${more}`);
    const page = await parts("&max-parts=2");
    expect([all("PartNumber", page.text), one("NextPartNumberMarker", page.text)]).toEqual([["1", "2"], "2"]);
    const rest = await parts("&part-number-marker=2");
    expect([all("Size", rest.text), one("IsTruncated", rest.text)]).toEqual([["5"], "false"]);
    expect(all("Part", (await parts("&max-parts=0")).text)).toEqual([]);
    expect(await parts("&max-parts=-1")).toMatchObject({ status: 400, code: "InvalidArgument" });
    expect(await parts("&part-number-marker=10001")).toMatchObject({ status: 400, code: "InvalidArgument" });
    expect(await ask("GET", "/box/p?uploadId=none")).toMatchObject({ status: 404, code: "NoSuchUpload" });
  });
});
