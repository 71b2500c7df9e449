import { parseXml, type XmlElement } from "@rgrove/parse-xml";

// A page of 1,000 entries has some 10,000 tags. The tree of a document costs far more than its text, so that the
// number of tags is bounded too, before it is built.
const MOST_TAGS = 150_000;

/** The outermost element, or nothing where the text is no XML, such as what a proxy says in HTML. */
export function parseDocument(text: string): XmlElement | undefined {
  if (text.includes("<!DOCTYPE") || text.split("<", MOST_TAGS + 1).length > MOST_TAGS) return undefined;
  try {
    // S3 keeps a connection alive by white space, before the document and in it.
    return parseXml(text.trim()).root ?? undefined;
  } catch {
    return undefined;
  }
}

/** The child elements of that name. */
export const elements = (parent: XmlElement, name: string): readonly XmlElement[] =>
  parent.children.filter(
    (child): child is XmlElement => child.type === "element" && (child as XmlElement).name === name,
  );

/** The text of the child element of that name, if there is one. */
export const textOf = (parent: XmlElement, name: string): string | undefined =>
  elements(parent, name)[0]?.text;

/** An element with text or with what is XML already in it; nothing without content. */
export const element = (name: string, content: string | number | undefined): string =>
  content === undefined ? "" : `<${name}>${content}</${name}>`;

// References to characters that XML 1.0 does not have are what S3 itself writes, and reads, for keys that have them.
export const escapeXml = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be escaped
  text.replace(/[<>&"'\u0000-\u001f\u007f\ufffe\uffff]/g, (char) => `&#x${char.charCodeAt(0).toString(16)};`);
