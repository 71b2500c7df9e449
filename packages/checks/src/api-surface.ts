import ts from "typescript";

/** Gathers declarations, and prints them in an order that no build can change. */
export class Surface {
  readonly #checker: ts.TypeChecker;
  readonly #home: string;
  readonly #exported = new Map<string, string>();
  readonly #foreign = new Set<string>();
  readonly #hidden = new Map<ts.Symbol, string>();
  readonly #exportedSymbols = new Set<ts.Symbol>();
  readonly #referred = new Set<ts.Symbol>();

  /** `home` is the folder of the declarations: what is declared elsewhere is foreign. */
  constructor(checker: ts.TypeChecker, home: string) {
    this.#checker = checker;
    this.#home = home;
  }

  add(symbol: ts.Symbol): void {
    const origin = this.#originOf(symbol);
    if (origin) {
      const renamed = origin.name === symbol.name ? symbol.name : `${origin.name} as ${symbol.name}`;
      this.#exported.set(symbol.name, `export { ${renamed} } from "${origin.module}";`);
      return;
    }
    const target = this.#targetOf(symbol);
    this.#exportedSymbols.add(target);
    const text = this.#declare(target, symbol.name, "export ");
    if (text !== "") this.#exported.set(symbol.name, text);
  }

  print(): string {
    this.#declareHidden();
    const sections = [
      [...this.#foreign].sort(),
      inOrder(this.#exported),
      inOrder([...this.#hidden].map(([symbol, text]) => [symbol.name, text])),
    ];
    const [foreign = [], exported = [], hidden = []] = sections;
    const blocks = [foreign.join("\n"), ...exported];
    if (hidden.length > 0) blocks.push("// Not exported, but part of what is:", ...hidden);
    return `${blocks.filter(Boolean).join("\n\n")}\n`;
  }

  #declareHidden(): void {
    // Declaring one may refer to more, which then join the set while it is walked.
    for (const symbol of this.#referred) {
      if (this.#exportedSymbols.has(symbol)) continue;
      this.#hidden.set(symbol, this.#declare(symbol, symbol.name, ""));
    }
  }

  #declare(symbol: ts.Symbol, name: string, prefix: string): string {
    const declarations = (symbol.declarations ?? []).filter((node) => !isInternal(node));
    return declarations.map((node) => this.#printed(node, name, prefix)).join("\n");
  }

  #printed(node: ts.Declaration, name: string, prefix: string): string {
    if (ts.isVariableDeclaration(node)) return `${prefix}const ${name}: ${this.#text(node.type)};`;
    if (ts.isSourceFile(node) || ts.isModuleDeclaration(node)) return `${prefix}namespace ${name};`;
    return (
      prefix +
      this.#text(node)
        .replace(/^(?:(?:export|default|declare)\s+)*/, "")
        .replace(NAMED, `$1${name}`)
    );
  }

  #text(node: ts.Node | undefined): string {
    if (!node) return "any";
    const { transformed } = ts.transform(node, [
      (context) => (root) => {
        const visit = (inner: ts.Node): ts.Node | undefined => {
          if (isInternal(inner) || isPrivate(inner)) return undefined;
          this.#noteReference(inner);
          return ts.visitEachChild(inner, visit, context);
        };
        return ts.visitEachChild(root, visit, context);
      },
    ]);
    return PRINTER.printNode(ts.EmitHint.Unspecified, transformed[0]!, node.getSourceFile());
  }

  #noteReference(node: ts.Node): void {
    if (!ts.isIdentifier(node)) return;
    const symbol = this.#checker.getSymbolAtLocation(node);
    if (!symbol) return;
    const origin = this.#originOf(symbol);
    if (origin) {
      const local = origin.name === symbol.name ? symbol.name : `${origin.name} as ${symbol.name}`;
      this.#foreign.add(`import { ${local} } from "${origin.module}";`);
      return;
    }
    const target = this.#targetOf(symbol);
    const declaration = target.declarations?.[0];
    if (!declaration || !isTopLevel(declaration)) return;
    if (declaration.getSourceFile().fileName.startsWith(this.#home)) this.#referred.add(target);
  }

  #targetOf(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol;
  }

  /** The package that a name comes from, and what it is called there; nothing if it is declared here. */
  #originOf(symbol: ts.Symbol): { module: string; name: string } | undefined {
    const specifier = symbol.declarations?.[0];
    if (!specifier || !(symbol.flags & ts.SymbolFlags.Alias)) return undefined;
    const { module, name } = sourceOf(specifier);
    if (module !== undefined && !module.text.startsWith(".")) return { module: module.text, name };
    const next = module
      ? this.#exportOf(module, name)
      : ts.isExportSpecifier(specifier) && this.#checker.getExportSpecifierLocalTargetSymbol(specifier);
    return next ? this.#originOf(next) : undefined;
  }

  #exportOf(module: ts.Expression, name: string): ts.Symbol | undefined {
    const symbol = this.#checker.getSymbolAtLocation(module);
    return symbol && this.#checker.getExportsOfModule(symbol).find((candidate) => candidate.name === name);
  }
}

const PRINTER = ts.createPrinter({ removeComments: true, newLine: ts.NewLineKind.LineFeed });

/** The name in the head of a declaration, which may differ from the name that it is exported by. */
const NAMED = /^((?:abstract\s+)?(?:class|interface|type|enum|function)\s+)[\w$]+/;

function sourceOf(node: ts.Declaration): { module: ts.StringLiteral | undefined; name: string } {
  const holder = ts.findAncestor(node, (up) => ts.isImportDeclaration(up) || ts.isExportDeclaration(up));
  const from =
    holder && (ts.isImportDeclaration(holder) || ts.isExportDeclaration(holder))
      ? holder.moduleSpecifier
      : undefined;
  const module = from && ts.isStringLiteral(from) ? from : undefined;
  if (ts.isImportSpecifier(node) || ts.isExportSpecifier(node)) {
    return { module, name: (node.propertyName ?? node.name).text };
  }
  return { module, name: ts.isImportClause(node) ? "default" : "*" };
}

function isTopLevel(node: ts.Declaration): boolean {
  const statement = ts.isVariableDeclaration(node) ? node.parent.parent : node;
  return statement.parent !== undefined && ts.isSourceFile(statement.parent);
}

const isInternal = (node: ts.Node): boolean =>
  ts.getJSDocTags(node).some(({ tagName, parent }) => tagName.text === "internal" && parent.parent === node);

const isPrivate = (node: ts.Node): boolean =>
  (ts.isClassElement(node) && !!(ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private)) ||
  (ts.isClassElement(node) && !!node.name && ts.isPrivateIdentifier(node.name));

const inOrder = (named: Iterable<readonly [string, string]>): string[] =>
  [...named].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
