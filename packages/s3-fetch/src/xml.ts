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

export const escapeXml = (text: string): string =>
  text.replace(/[<>&"'\t\n\r]/g, (char) => `&#x${char.charCodeAt(0).toString(16)};`);

/** Whether XML 1.0 has all characters of a text. It has no way to write the others, and servers refuse the attempt. */
export const inXml = (text: string): boolean =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text);
