/** `tornado generate handler`: a handler, its route and its test. */

import { TornadoError } from "../../core/errors.js";
import type { GeneratedApp, Generation } from "./generation.js";
import { generateRoutedClass } from "./routed-class.js";
import { moduleName, sourceExtension } from "./source-file.js";
import { type ThingName, thingName } from "./thing-name.js";

/** Generates a handler. */
export function generateHandler(app: GeneratedApp, typedName: string | undefined): Generation {
  const name = thingName("handler", typedName, "Handler");
  const parent = parentOf(app, name);
  if (parent.className === name.className) {
    const message = `"${typedName}" names the class ${name.className}, which is the one that it extends. Choose another name.`;
    throw new TornadoError("BAD_OPTION", message);
  }
  const path = `/${name.path}`;
  return generateRoutedClass(app, {
    className: name.className,
    module: `handlers/${name.path}`,
    path,
    routeName: name.path.replaceAll("/", "-"),
    source: handlerSource(parent, name.className, path),
    test: handlerTest(path),
  });
}

interface Parent {
  readonly className: string;
  readonly module: string;
}

function parentOf(app: GeneratedApp, name: ThingName): Parent {
  const extension = sourceExtension(app);
  const base = app.read(`src/handlers/base.${extension}`);
  return base !== undefined && /^export (?:abstract )?class BaseHandler\b(?!\s*<)/m.test(base)
    ? { className: "BaseHandler", module: `${name.upwards}base.${moduleName(extension)}` }
    : { className: "RequestHandler", module: "tornado/web" };
}

function handlerSource(parent: Parent, className: string, path: string): string {
  return `import { ${parent.className} } from "${parent.module}";

/** Answers ${path}. */
export class ${className} extends ${parent.className} {
  get() {
    this.write("This is ${path}.\\n");
  }
}
`;
}

function handlerTest(path: string): string {
  return `it("answers ${path}", async () => {
  const response = await client.fetch("${path}");

  expect(response.code).toBe(200);
  expect(response.text()).toBe("This is ${path}.\\n");
});
`;
}
