import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryStore } from "@sluice/object-store";
import { describe, expect, test } from "vitest";
import { keysIn, openEncrypted } from "../src/serve/encrypt.js";

const hex = "00112233445566778899aabbccddeeff".repeat(2);
const base64 = Buffer.from(hex, "hex").toString("base64");

describe("a file of keys", () => {
  test("has one key a line, and the first is for new objects", async () => {
    const keys = keysIn(`# ours\nnew ${hex}\n\n old\t${base64} \n`, "keys");
    expect(keys.current).toBe("new");
    expect(await keys.get("old")).toEqual(await keys.get("new"));
    expect(keys.get("other")).toBeUndefined();
    expect(keysIn(base64.replace("=", ""), "keys").current).toBe("default");
  });

  test("is refused with the line that is wrong, and without what is in it", () => {
    const refused = (text: string) => {
      try {
        return keysIn(text, "keys").current;
      } catch (error) {
        expect(String(error)).not.toContain(hex.slice(2));
        return String(error);
      }
    };
    expect(refused("# nothing\n")).toContain("keys: must have a key");
    expect(refused(`a ${hex}\n${hex}`)).toContain("keys, line 2: must be a name");
    expect(refused(`a ${hex}\na ${hex}`)).toContain("line 2: the name a was there before");
    expect(refused(`a ${hex.slice(2)}`)).toContain("line 1: the key must be 32 bytes");
  });

  test("encrypts what a server keeps", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sluice-keys-"));
    try {
      const file = join(folder, "keys");
      await writeFile(file, `a ${hex}\n`);
      const memory = new MemoryStore();
      const open = async () => ({ store: memory, place: "objects in memory", close: async () => {} });
      const { store, place } = await openEncrypted(file, open);
      const at = { bucket: "b", key: "k" };
      await store.put(at, new TextEncoder().encode("hello"));
      expect([place, (await store.head(at)).size]).toEqual(["encrypted objects in memory", 5]);
      expect((await memory.head(at)).size).toBe(41);
      expect((await openEncrypted(undefined, open)).store).toBe(memory);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
