import ts from "typescript";

export interface Sin {
  readonly line: number;
  readonly what: string;
  readonly remedy: string;
}

const STARTERS = new Set(["it", "test", "describe", "suite", "bench"]);
const ABSENTEES = new Set(["only", "skip", "todo", "skipIf", "runIf"]);
const SLEEPERS = new Set(["setTimeout", "sleep"]);
const REASON = /\/\/ real time: \S/;

/** Tests that do not run, hide others, or wait for a clock. */
export function testSins(file: string, text: string): Sin[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const lines = text.split("\n");
  const sins: Sin[] = [];
  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit);
    const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line;
    const absentee = absenteeIn(node);
    if (absentee) {
      sins.push({ line: line + 1, what: `uses ${absentee}`, remedy: "every test runs, or is deleted" });
    }
    if (isSleep(node) && !REASON.test(lines[line]!)) {
      const remedy = "use deferred promises, fake timers or a scheduler, or say `// real time: <reason>`";
      sins.push({ line: line + 1, what: "waits for a clock", remedy });
    }
  };
  visit(source);
  return sins;
}

function absenteeIn(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node) && ABSENTEES.has(node.name.text)) {
    return STARTERS.has(rootOf(node)) ? `.${node.name.text}` : undefined;
  }
  if (!ts.isCallExpression(node) || !STARTERS.has(rootOf(node.expression))) return undefined;
  const options = node.arguments
    .filter(ts.isObjectLiteralExpression)
    .flatMap(({ properties }) => [...properties]);
  return options.map((property) => property.name?.getText() ?? "").find((name) => ABSENTEES.has(name));
}

/** The name at the left end of `it.concurrent.each(…)`. */
function rootOf(node: ts.Node): string {
  if (ts.isIdentifier(node)) return node.text;
  return ts.isPropertyAccessExpression(node) || ts.isCallExpression(node) ? rootOf(node.expression) : "";
}

function isSleep(node: ts.Node): boolean {
  if (ts.isCallExpression(node)) {
    const callee = node.expression;
    return SLEEPERS.has(ts.isPropertyAccessExpression(callee) ? callee.name.text : callee.getText());
  }
  return (
    ts.isImportDeclaration(node) && /^["'](node:)?timers\/promises["']$/.test(node.moduleSpecifier.getText())
  );
}
