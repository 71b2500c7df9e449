import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import ts from "typescript";
import { read } from "../workspace.js";

const require = createRequire(import.meta.url);
const NODE_TYPES = require.resolve("@types/node/package.json");

export interface TypeProblem {
  readonly file: string;
  readonly line: number;
  readonly what: string;
}

/** What the compiler has to say about these modules, but not about what they import. */
export function typeCheck(root: string, files: readonly string[]): TypeProblem[] {
  const program = ts.createProgram([...files], optionsOf(root));
  return files.flatMap((file) => {
    const source = program.getSourceFile(file);
    const diagnostics = [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ];
    return diagnostics.map(({ start = 0, messageText }) => ({
      file,
      line: (source?.getLineAndCharacterOfPosition(start).line ?? 0) + 1,
      what: ts.flattenDiagnosticMessageText(messageText, " "),
    }));
  });
}

function optionsOf(root: string): ts.CompilerOptions {
  const path = join(root, "tsconfig.base.json");
  const json = existsSync(path)
    ? ts.parseConfigFileTextToJson(path, read(path)).config
    : { compilerOptions: {} };
  const { options } = ts.parseJsonConfigFileContent({ ...json, files: [] }, ts.sys, root);
  return {
    ...options,
    noEmit: true,
    allowImportingTsExtensions: true,
    // An example shows one thing; what it leaves unused is for the reader to use.
    noUnusedLocals: false,
    noUnusedParameters: false,
    types: ["node"],
    typeRoots: [dirname(dirname(NODE_TYPES))],
  };
}
