/** Writes the JavaScript around the statements of a compiled template: its description, its variables, and its one `catch`. */

import type { NameBinding } from "./name-binding.js";

/** A variable that holds an escaping function, and the place that names the function. */
export interface Escaper {
  readonly variable: string;
  /** `undefined` for that of the loader. */
  readonly functionName: string | undefined;
  readonly at: number;
}

/** What the compiler has found out. */
export interface TemplateProgram {
  readonly name: string;
  readonly files: readonly string[];
  readonly positions: readonly number[];
  /** Whether the template waits for a promise itself. */
  readonly awaits: boolean;
  readonly names: Pick<NameBinding, "outerNames" | "variables" | "optionalNames">;
  readonly escapers: Iterable<Escaper>;
  readonly statements: string;
}

/** Writes an expression whose value is a `PrecompiledTemplate`. */
export function writeProgram({ name, files, positions, awaits, names, escapers, statements }: TemplateProgram): string {
  const { outerNames, variables, optionalNames } = names;
  const declarations = [...variables].sort().map((variable) => {
    const lookUp = optionalNames.has(variable) ? "optionalName" : "variable";
    return `      let ${variable} = _tt_.${lookUp}(${JSON.stringify(variable)});`;
  });
  const lines = [
    "({",
    `  name: ${JSON.stringify(name)},`,
    `  files: [${files.map((file) => JSON.stringify(file)).join(", ")}],`,
    `  positions: [${positions.join(", ")}],`,
    `  render: ${awaits ? "async " : ""}(_tt_) => {`,
    "    const { text: _tt_text, iterable: _tt_iterable } = _tt_;",
    '    let _tt_out = "";',
    "    let _tt_at = -1;",
    ...(outerNames.length === 0 ? [] : [`    let ${outerNames.join(", ")};`]),
    "    try {",
    ...[...escapers].map(escaperDeclaration),
    ...declarations,
    statements,
    "      return _tt_.finish(_tt_out);",
    "    } catch (_tt_error) {",
    "      throw _tt_.failed(_tt_error, _tt_at);",
    "    }",
    "  },",
    "})",
  ];
  return lines.join("\n");
}

function escaperDeclaration({ variable, functionName, at }: Escaper): string {
  return `      const ${variable} = _tt_.escaper(${functionName && JSON.stringify(functionName)}, ${at});`;
}
