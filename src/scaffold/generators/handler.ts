/** `tornado generate handler`: a handler, its route and its test. */

import { posix } from "node:path";
import { TornadoError } from "../../core/errors.js";
import type { GeneratedApp, Generation } from "./generation.js";
import { addRoute, type NewRoute } from "./route-list.js";
import { Uncertain } from "./source-edit.js";
import { moduleName, sourceExtension } from "./source-file.js";
import { type ThingName, thingName } from "./thing-name.js";

/** Generates a handler. It is left out of the routes, with a note, where they cannot be changed with certainty. */
export function generateHandler(app: GeneratedApp, typedName: string | undefined): Generation {
  const name = thingName("handler", typedName, "Handler");
  const extension = sourceExtension(app);
  const file = `src/handlers/${name.path}.${extension}`;
  const parent = parentOf(app, name, extension);
  if (parent.className === name.className) {
    const message = `"${typedName}" names the class ${name.className}, which is the one that it extends. Choose another name.`;
    throw new TornadoError("BAD_OPTION", message);
  }
  const route: NewRoute = {
    path: `/${name.path}`,
    name: name.path.replaceAll("/", "-"),
    className: name.className,
    element: `url("/${name.path}", ${name.className}, {}, { name: "${name.path.replaceAll("/", "-")}" })`,
    importLine: `import { ${name.className} } from "./handlers/${name.path}.${moduleName(extension)}";`,
  };
  const { changed, notes } = register(app, route, `src/routes.${extension}`);
  // Without the "m" of .mts: the vitest.config.ts of an app looks for .test.ts.
  const test = `test/handlers/${name.path}.test.${extension.replace("m", "")}`;
  const isRegistered = Object.keys(changed).length > 0;
  return {
    created: {
      [file]: handlerSource(parent, name.className, route.path),
      [test]: isRegistered ? appTest(app, test, route.path) : handlerTest(file, test, route),
    },
    changed,
    notes,
  };
}

interface Parent {
  readonly className: string;
  readonly module: string;
}

function parentOf(app: GeneratedApp, name: ThingName, extension: string): Parent {
  const base = app.read(`src/handlers/base.${extension}`);
  return base !== undefined && /^export (?:abstract )?class BaseHandler\b(?!\s*<)/m.test(base)
    ? { className: "BaseHandler", module: `${name.upwards}base.${moduleName(extension)}` }
    : { className: "RequestHandler", module: "tornado/web" };
}

function register(app: GeneratedApp, route: NewRoute, file: string): Pick<Generation, "changed" | "notes"> {
  const lines = `  ${route.importLine}\n  ${route.element},`;
  const source = app.read(file);
  if (source === undefined) {
    const tuple = `["${route.path}", ${route.className}],`;
    return {
      changed: {},
      notes: [`There is no ${file}. Add the route to your application:\n  ${route.importLine}\n  ${tuple}`],
    };
  }
  try {
    return { changed: { [file]: addRoute(source, route) }, notes: [] };
  } catch (thrown) {
    if (!(thrown instanceof Uncertain)) throw thrown;
    return { changed: {}, notes: [`${file} is left alone, because ${thrown.message}. Add the route:\n${lines}`] };
  }
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

/** Asks the app itself, and so tests the route as well. */
function appTest(app: GeneratedApp, test: string, path: string): string {
  const makeApp = `import { makeApp } from "${importPath(test, app.entry)}";`;
  return testSource([TEST_APP, VITEST, makeApp], "makeApp({ debug: false })", path);
}

/** Asks an application with this handler only, since the app's own may not have it yet. */
function handlerTest(file: string, test: string, { className, path }: NewRoute): string {
  const handler = `import { ${className} } from "${importPath(test, file)}";`;
  return testSource([TEST_APP, APPLICATION, VITEST, handler], `new Application([["${path}", ${className}]])`, path);
}

const TEST_APP = 'import { testApp } from "tornado/testing";';
const APPLICATION = 'import { Application } from "tornado/web";';
const VITEST = 'import { expect, it } from "vitest";';

function testSource(imports: readonly string[], application: string, path: string): string {
  return `${imports.join("\n")}

const client = testApp(() => ${application});

it("answers ${path}", async () => {
  const response = await client.fetch("${path}");

  expect(response.code).toBe(200);
  expect(response.text()).toBe("This is ${path}.\\n");
});
`;
}

function importPath(from: string, to: string): string {
  return posix.relative(posix.dirname(from), to).replace(/([^.]+)$/, moduleName);
}
