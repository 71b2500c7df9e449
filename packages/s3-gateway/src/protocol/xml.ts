import { parseXml, type XmlElement, type XmlText } from "@rgrove/parse-xml";
import { turn } from "../turn.js";
import { malformed } from "./malformed-xml.js";
import { S3Error } from "./s3-error.js";
import { cut } from "./xml-pieces.js";

export { malformed } from "./malformed-xml.js";

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

/** The outermost element of a request's body, which must have this name. For what is small: see `childrenOf`. */
export function parseDocument(bytes: Uint8Array, name: string): XmlElement {
  const text = textOf(bytes);
  cut(text);
  return rootOf(text, name);
}

/**
 * The children of the outermost element of a request's body, which must have this name.
 *
 * A document is read in pieces, with a turn of the event loop for everybody else in between, so that what has been
 * read is only known to be right when the last child has come.
 */
export async function* childrenOf(bytes: Uint8Array, name: string): AsyncGenerator<XmlElement> {
  const { skeleton, pieces } = cut(textOf(bytes));
  rootOf(skeleton, name);
  for (const [i, piece] of pieces.entries()) {
    if (i > 0) await turn();
    yield* elementsOf(rootOf(`<${name}>${piece}</${name}>`, name));
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw malformed("it is not UTF-8", cause);
  }
}

function rootOf(text: string, name: string): XmlElement {
  let root: XmlElement | null;
  try {
    root = parseXml(text).root;
  } catch (cause) {
    // The parser's own message quotes the document.
    throw malformed("it is not well-formed", cause);
  }
  if (root?.name !== name) throw malformed(`its outermost element must be ${name}`);
  const namespace = root.attributes.xmlns;
  if (namespace !== undefined && !NAMESPACES.test(namespace)) throw malformed("its namespace is another one");
  return root;
}

// With the one of the first years, which some clients still write, and without: S3 takes that, too.
const NAMESPACES = /^(?:http:\/\/(?:doc\.)?s3\.amazonaws\.com\/(?:doc\/)?2006-03-01\/?)?$/;

/** The child elements of an element, which has nothing else in it. */
export function elementsOf(parent: XmlElement): readonly XmlElement[] {
  const elements: XmlElement[] = [];
  for (const child of parent.children) {
    if (child.type === "element") elements.push(child as XmlElement);
    else if (child.type === "text" && /\S/.test((child as XmlText).text)) {
      throw malformed(`${shown(parent.name)} has text in it`);
    }
  }
  return elements;
}

/** The text of the child elements by their names; each may stand once, and must be one of those allowed. */
export function fieldsOf(parent: XmlElement, allowed: readonly string[]): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {};
  for (const child of elementsOf(parent)) {
    if (!allowed.includes(child.name)) {
      throw new S3Error(
        "NotImplemented",
        `The element ${shown(child.name)} in ${shown(parent.name)} is not supported.`,
      );
    }
    if (child.name in fields) throw malformed(`${parent.name} has more than one ${child.name}`);
    if (child.children.some(({ type }) => type === "element"))
      throw malformed(`${child.name} has elements in it`);
    fields[child.name] = child.text;
  }
  return fields;
}

const shown = (name: string) => (name.length > 60 ? `${name.slice(0, 60)}…` : name);
