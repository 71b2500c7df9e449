import { malformed } from "./malformed-xml.js";

//  <?xml …?> <Root> child child child … </Root>
//  └── skeleton ──┘ └ piece ┘ └ piece ┘ └─────┘ skeleton
//
// The tree of a document costs far more than its text, and building it keeps everybody else waiting. So a document is
// cut between the children of its outermost element, and each piece is parsed by itself. This finds only where to cut:
// it is the parser that judges, and whatever is cut in a wrong place is not well-formed for it.

export interface XmlPieces {
  /** The document without what is in its outermost element. */
  readonly skeleton: string;
  /** Whole children of the outermost element, and what stands between them. */
  readonly pieces: readonly string[];
}

/** Characters of a piece, unless one child has more. */
const PIECE = 16 * 1_024;
// 10,000 parts of four elements each have some 80,000 tags.
const MOST_TAGS = 150_000;
const MOST_DEPTH = 16;

/** Throws MalformedXML for what has too many tags or levels, or a document type, and for what does not end. */
export function cut(text: string): XmlPieces {
  const pieces: string[] = [];
  let depth = 0;
  let tags = 0;
  let inside: number | undefined;
  let from = 0;
  for (let at = text.indexOf("<"); at >= 0; at = text.indexOf("<", at)) {
    const start = at;
    const kind = text.charAt(at + 1);
    if (kind === "!" || kind === "?") {
      at = endOfMarkup(text, at);
      continue;
    }
    if (++tags > MOST_TAGS) throw malformed(`it has more than ${MOST_TAGS} tags`);
    at = endOfTag(text, at);
    if (kind === "/") depth--;
    else if (text.charAt(at - 2) !== "/") depth++;
    else if (depth === 0) return { skeleton: text, pieces: [] };
    if (depth > MOST_DEPTH) throw malformed(`it is more than ${MOST_DEPTH} levels deep`);
    if (inside === undefined) {
      inside = from = at;
    } else if (depth <= 0) {
      pieces.push(text.slice(from, start));
      return { skeleton: text.slice(0, inside) + text.slice(start), pieces };
    } else if (depth === 1 && at - from >= PIECE) {
      pieces.push(text.slice(from, at));
      from = at;
    }
  }
  throw malformed("its outermost element does not end");
}

// The parser has no other entities than those of XML itself, so that a document type could not even be used.
function endOfMarkup(text: string, at: number): number {
  if (text.startsWith("<!--", at)) return behind(text, "-->", at + 4);
  if (text.startsWith("<![CDATA[", at)) return behind(text, "]]>", at + 9);
  if (text.startsWith("<?", at)) return behind(text, "?>", at + 2);
  throw malformed("a document type is not allowed");
}

// The value of an attribute may have a ">".
function endOfTag(text: string, at: number): number {
  let quote: string | undefined;
  for (let end = at + 1; end < text.length; end++) {
    const char = text[end];
    if (quote !== undefined) {
      if (char === quote) quote = undefined;
    } else if (char === '"' || char === "'") quote = char;
    else if (char === ">") return end + 1;
  }
  throw malformed("a tag does not end");
}

function behind(text: string, end: string, from: number): number {
  const at = text.indexOf(end, from);
  if (at < 0) throw malformed(`${end} is missing`);
  return at + end.length;
}
