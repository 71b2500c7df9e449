import ts from "typescript";

export interface Problem {
  readonly line: number;
  readonly what: string;
}

export interface Program {
  /** The example as a module whose lines have the numbers that they have on the page. */
  readonly code: string;
  readonly asserted: number;
  readonly problems: readonly Problem[];
}

const ASSERTION = /\/\/\s*=>\s*(.*?)\s*$/;

/**
 * Turns each `expr // => value` of an example into an assertion that they are deeply equal, and each
 * `expr // => throws ERR_X` into one that it throws, or rejects with, an error of that code or name.
 */
export function transform(example: string, firstLine: number, expectations: string): Program {
  const source = ts.createSourceFile("example.ts", example, ts.ScriptTarget.Latest, true);
  const lineAt = (at: number) => source.getLineAndCharacterOfPosition(at).line + firstLine;
  const inserts: Insert[] = [];
  const problems: Problem[] = [];
  const asserted = new Set<number>();

  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit);
    const subject = subjectOf(node);
    const claim = subject && claimBehind(example, node.end);
    if (!subject || !claim) return;
    const line = lineAt(claim.at);
    asserted.add(line);
    const made = assertion(subject, claim.value, line);
    if (typeof made === "string") problems.push({ line, what: made });
    else inserts.push(...made);
  };
  visit(source);

  example.split("\n").forEach((text, i) => {
    if (!ASSERTION.test(text) || asserted.has(i + firstLine)) return;
    problems.push({
      line: i + firstLine,
      what: "`// =>` stands behind no expression, so nothing is asserted",
    });
  });
  const prelude = "\n".repeat(firstLine - 1);
  const imports = `\nimport * as $check from ${JSON.stringify(expectations)};\n`;
  return { code: prelude + insert(example, inserts) + imports, asserted: asserted.size, problems };
}

interface Insert {
  readonly at: number;
  readonly text: string;
}

/** What an assertion behind a statement is about: an expression, or a name that has just been given a value. */
type Subject = { readonly expression: ts.Expression } | { readonly name: string; readonly end: number };

function subjectOf(node: ts.Node): Subject | undefined {
  if (ts.isExpressionStatement(node)) return { expression: node.expression };
  if (!ts.isVariableStatement(node)) return undefined;
  const last = node.declarationList.declarations.at(-1);
  return last && ts.isIdentifier(last.name) ? { name: last.name.text, end: node.end } : undefined;
}

function claimBehind(text: string, end: number): { value: string; at: number } | undefined {
  const comment = ts.getTrailingCommentRanges(text, end)?.[0];
  if (!comment) return undefined;
  const value = ASSERTION.exec(text.slice(comment.pos, comment.end))?.[1];
  return value === undefined ? undefined : { value, at: comment.pos };
}

function assertion(subject: Subject, value: string, line: number): Insert[] | string {
  const code = /^throws\s+(\w+)$/.exec(value)?.[1];
  if (code === undefined && !isExpression(value)) return `\`${value}\` is not a value`;
  if ("name" in subject) {
    if (code !== undefined) return "`throws` needs an expression, not a declaration";
    return [{ at: subject.end, text: `; $check.same(${subject.name}, () => (${value}), ${line});` }];
  }
  const start = subject.expression.getStart();
  const { end } = subject.expression;
  return code === undefined
    ? [
        { at: start, text: "$check.same((" },
        { at: end, text: `), () => (${value}), ${line})` },
      ]
    : [
        { at: start, text: "await $check.fails(async () => (" },
        { at: end, text: `), ${JSON.stringify(code)}, ${line})` },
      ];
}

function isExpression(value: string): boolean {
  if (value === "") return false;
  const { diagnostics } = ts.transpileModule(`void (${value});`, { reportDiagnostics: true });
  return diagnostics?.length === 0;
}

function insert(text: string, inserts: readonly Insert[]): string {
  return [...inserts]
    .sort((a, b) => b.at - a.at)
    .reduce((done, { at, text: more }) => done.slice(0, at) + more + done.slice(at), text);
}
