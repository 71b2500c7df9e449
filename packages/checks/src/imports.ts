import ts from "typescript";

export interface Import {
  /** What is imported; nothing if it is computed when the program runs. */
  readonly specifier: string | undefined;
  readonly line: number;
  readonly typeOnly: boolean;
}

/** Every import of a file, in all the ways that there are to write one. */
export function importsOf(file: string, text: string): Import[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: Import[] = [];
  const add = (at: number, specifier: string | undefined, typeOnly: boolean) =>
    found.push({ specifier, typeOnly, line: source.getLineAndCharacterOfPosition(at).line + 1 });

  for (const reference of [...source.referencedFiles, ...source.typeReferenceDirectives]) {
    add(reference.pos, reference.fileName, true);
  }
  const visit = (node: ts.Node): void => {
    const imported = importedBy(node);
    if (imported) {
      const { name, typeOnly } = imported;
      add(node.getStart(source), name && ts.isStringLiteralLike(name) ? name.text : undefined, typeOnly);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

interface Imported {
  readonly name: ts.Node | undefined;
  readonly typeOnly: boolean;
}

function importedBy(node: ts.Node): Imported | undefined {
  if (ts.isImportDeclaration(node)) {
    return { name: node.moduleSpecifier, typeOnly: isTypeOnly(node.importClause) };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
    const named = node.exportClause && ts.isNamedExports(node.exportClause) ? node.exportClause.elements : [];
    const typeOnly = node.isTypeOnly || (named.length > 0 && named.every((name) => name.isTypeOnly));
    return { name: node.moduleSpecifier, typeOnly };
  }
  if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
    return { name: node.moduleReference.expression, typeOnly: node.isTypeOnly };
  }
  if (ts.isImportTypeNode(node)) {
    const name = ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
    return { name, typeOnly: true };
  }
  if (ts.isModuleDeclaration(node) && ts.isStringLiteral(node.name)) {
    return { name: node.name, typeOnly: true };
  }
  if (ts.isCallExpression(node) && LOADERS.has(node.expression.getText())) {
    return { name: node.arguments[0], typeOnly: false };
  }
  return undefined;
}

const LOADERS = new Set(["import", "require", "require.resolve", "import.meta.resolve"]);

function isTypeOnly(clause: ts.ImportClause | undefined): boolean {
  if (!clause) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const names = clause.namedBindings;
  if (clause.name || !names || !ts.isNamedImports(names)) return false;
  return names.elements.length > 0 && names.elements.every((name) => name.isTypeOnly);
}
