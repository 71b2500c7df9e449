import { digestOf, type ObjectSource, type TagStore } from "@sluice/object-store";
import type { Client } from "./client.js";
import { exchangeXml } from "./document.js";
import { exchange } from "./exchange.js";
import { toBase64 } from "./integrity.js";
import { element, elements, escapeXml, textOf } from "./xml.js";

/** The part of the port that deals with the tags of objects. */
export const tags = (client: Client): TagStore => ({
  async get(source, { signal, expectedBucketOwner: owner } = {}) {
    const ask = { method: "GET", ...at(source), signal, owner } as const;
    const { root } = await exchangeXml(client, ask, "Tagging");
    const found = elements(root, "TagSet").flatMap((set) => elements(set, "Tag"));
    return Object.fromEntries(found.map((tag) => [textOf(tag, "Key") ?? "", textOf(tag, "Value") ?? ""]));
  },

  async put(source, wanted, { signal, expectedBucketOwner: owner } = {}) {
    const listed = Object.entries(wanted).map(([name, value]) =>
      element("Tag", element("Key", escapeXml(name)) + element("Value", escapeXml(value))),
    );
    const body = new TextEncoder().encode(element("Tagging", element("TagSet", listed.join(""))));
    const headers = {
      "content-md5": toBase64(await digestOf("md5", body)),
      "content-type": "application/xml",
    };
    const { answer } = await exchange(client, { method: "PUT", ...at(source), headers, body, signal, owner });
    answer.discard();
  },

  async delete(source, { signal, expectedBucketOwner: owner } = {}) {
    const { answer } = await exchange(client, { method: "DELETE", ...at(source), signal, owner });
    answer.discard();
  },
});

const at = ({ bucket, key, versionId }: ObjectSource) => ({ bucket, key, query: { tagging: "", versionId } });
