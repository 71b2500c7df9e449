import { parseXml, type XmlElement } from "@rgrove/parse-xml";
import { S3Error } from "./s3-error.js";

/** What stands in an element: text, or elements that are XML already. */
export type Content = string | number | boolean | Date | readonly Markup[];

/** XML that is finished. A class, so that text is never taken for it. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export function element(name: string, content: Content | undefined): Markup {
  if (content === undefined) return NOTHING;
  return new Markup(`<${name}>${inner(content)}</${name}>`);
}

/** A whole document: S3's namespace stands on the outermost element of everything but errors. */
export function xmlDocument(name: string, content: Content, namespace = true): string {
  const open = namespace ? `${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/"` : name;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${open}>${inner(content)}</${name}>`;
}

const NOTHING = new Markup("");

function inner(content: Content): string {
  if (content instanceof Date) return content.toISOString();
  if (typeof content === "object") return content.map((child) => child.text).join("");
  return escapeXml(String(content));
}

// A key may have characters that XML 1.0 cannot carry. S3 writes them as references all the same, and its
// clients read them; `encoding-type=url` is there for the others.
const escapeXml = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be escaped
  text.replace(/[<>&"\u0000-\u0008\u000b-\u001f\u007f\ufffe\uffff]/g, (char) => {
    return NAMED[char] ?? `&#x${char.charCodeAt(0).toString(16)};`;
  });

const NAMED: Readonly<Record<string, string>> = { "<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;" };

// 10,000 parts of four elements each have some 80,000 tags. The tree of a document costs far more than its
// text, so that the number of tags is bounded too, before it is built.
const MOST_TAGS = 150_000;

/** The outermost element of a request's body, which must have this name. */
export function parseDocument(bytes: Uint8Array, name: string): XmlElement {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw malformed("it is not UTF-8", cause);
  }
  if (text.includes("<!DOCTYPE")) throw malformed("a document type is not allowed");
  let tags = 0;
  for (let at = text.indexOf("<"); at >= 0; at = text.indexOf("<", at + 1)) {
    if (++tags > MOST_TAGS) throw malformed(`it has more than ${MOST_TAGS} tags`);
  }
  let root: XmlElement | null;
  try {
    root = parseXml(text).root;
  } catch (cause) {
    // The parser's own message quotes the document; a stack that ran out comes from absurd nesting.
    throw malformed("it is not well-formed", cause);
  }
  if (root?.name !== name) throw malformed(`its outermost element must be ${name}`);
  return root;
}

/** The child elements of an element. */
export const elementsOf = (parent: XmlElement): readonly XmlElement[] =>
  parent.children.filter((child): child is XmlElement => child.type === "element");

/** The text of the child elements by their names; each may stand once, and must be one of those allowed. */
export function fieldsOf(parent: XmlElement, allowed: readonly string[]): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {};
  for (const child of elementsOf(parent)) {
    if (!allowed.includes(child.name)) {
      throw new S3Error("NotImplemented", `The element ${child.name} in ${parent.name} is not supported.`);
    }
    if (child.name in fields) throw malformed(`${parent.name} has more than one ${child.name}`);
    fields[child.name] = child.text;
  }
  return fields;
}

export const malformed = (why: string, cause?: unknown): S3Error =>
  new S3Error("MalformedXML", `The XML you provided was refused: ${why}.`, { cause });
