import { dirname } from "node:path";
import ts from "typescript";
import { Surface } from "./api-surface.js";

/**
 * The public surface of an entry, from its declarations: every exported name in alphabetical order, without
 * comments and without what is private or `@internal`; then the names that these refer to but that are not
 * exported, and where the others come from.
 */
export function reportOf(entry: string): string {
  const program = ts.createProgram([entry], OPTIONS, host());
  const source = program.getSourceFile(entry);
  const checker = program.getTypeChecker();
  const module = source && checker.getSymbolAtLocation(source);
  if (!module) throw new Error(`${entry} exports nothing`);
  const surface = new Surface(checker, dirname(entry));
  for (const symbol of checker.getExportsOfModule(module)) surface.add(symbol);
  return surface.print();
}

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  // Declarations are printed as they are written, so nothing has to be known about the platform or third parties.
  noLib: true,
  types: [],
};

/** Follows relative imports only: where something foreign comes from is all that a report says of it. */
function host(): ts.CompilerHost {
  const own = ts.createCompilerHost(OPTIONS);
  own.resolveModuleNameLiterals = (literals, file, _redirected, options) =>
    literals.map(({ text }) =>
      text.startsWith(".") ? ts.resolveModuleName(text, file, options, own) : { resolvedModule: undefined },
    );
  return own;
}
