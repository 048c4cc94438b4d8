/** `tornado generate module`: a UI module, its template, and its name in the settings. */

import { TornadoError } from "../../core/errors.js";
import type { GeneratedApp, Generation } from "./generation.js";
import { addModuleSetting } from "./module-setting.js";
import { Uncertain } from "./source-edit.js";
import { moduleName, sourceExtension } from "./source-file.js";
import { thingName } from "./thing-name.js";

/** Classes of the framework, which templates and modules know by these names. */
const TAKEN = new Set(["UIModule", "Template", "TemplateModule"]);

/** Generates a UI module. It is left out of the settings, with a note, where they cannot be changed with certainty. */
export function generateModule(app: GeneratedApp, typedName: string | undefined): Generation {
  const { path, className, lastPart } = thingName("module", typedName);
  if (TAKEN.has(className) || className === "UiModule") {
    throw new TornadoError("BAD_OPTION", `"${typedName}" is a module of the framework. Choose another name.`);
  }
  const extension = sourceExtension(app);
  const isTyped = extension.endsWith("ts");
  const importLine = `import { ${className} } from "./modules/${path}.${moduleName(extension)}";`;
  const source = app.read(app.entry)!;
  const notes: string[] = [];
  let changed: Generation["changed"] = {};
  try {
    changed = { [app.entry]: addModuleSetting(source, className, importLine) };
  } catch (thrown) {
    if (!(thrown instanceof Uncertain)) throw thrown;
    const lines = `  ${importLine}\n  uiModules: { ${className} },`;
    notes.push(`${app.entry} is left alone, because ${thrown.message}. Add the module to the settings:\n${lines}`);
  }
  if (!/\btemplatePath\b/.test(source)) {
    notes.push(`${app.entry} names no folder of templates. Add to the settings:\n  templatePath: "templates",`);
  }
  notes.push(`Use it in a template:\n  {% module ${className}("text") %}`);
  return {
    created: {
      [`src/modules/${path}.${extension}`]: moduleSource(className, path, isTyped),
      [`templates/modules/${path}.html`]: `<div class="${lastPart}">{{ text }}</div>\n`,
    },
    changed,
    notes,
  };
}

function moduleSource(className: string, path: string, isTyped: boolean): string {
  return `import { UIModule } from "tornado/web";

/** Draws \`{% module ${className}("text") %}\`. */
export class ${className} extends UIModule {
  render(text${isTyped ? ": string" : ""}) {
    return this.renderString("modules/${path}.html", { text });
  }
}
`;
}
