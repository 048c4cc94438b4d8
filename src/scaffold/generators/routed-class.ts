/** What handlers and WebSockets are generated as: a class in a file of its own, its route, and its test. */

import { posix } from "node:path";
import type { GeneratedApp, Generation } from "./generation.js";
import { addRoute, type NewRoute } from "./route-list.js";
import { Uncertain } from "./source-edit.js";
import { moduleName, sourceExtension } from "./source-file.js";

/** A class that answers at a path. */
export interface RoutedClass {
  readonly className: string;
  /** Where the file is below `src` and `test`, without its extension: `handlers/stories/archive`. */
  readonly module: string;
  readonly path: string;
  readonly routeName: string;
  readonly source: string;
  /** Source of the tests, in which `client` is the `testApp`. */
  readonly test: string;
}

/** Generates the files of a class. It is left out of the routes, with a note, where they cannot be changed with certainty. */
export function generateRoutedClass(app: GeneratedApp, routed: RoutedClass): Generation {
  const { className, module, path, routeName } = routed;
  const extension = sourceExtension(app);
  const file = `src/${module}.${extension}`;
  // Without the "m" of .mts: the vitest.config.ts of an app looks for .test.ts.
  const test = `test/${module}.test.${extension.replace("m", "")}`;
  const route: NewRoute = {
    path,
    name: routeName,
    className,
    element: `url("${path}", ${className}, {}, { name: "${routeName}" })`,
    importLine: `import { ${className} } from "./${module}.${moduleName(extension)}";`,
  };
  const { changed, notes } = register(app, route, `src/routes.${extension}`);
  const isRegistered = Object.keys(changed).length > 0;
  return {
    created: {
      [file]: routed.source,
      [test]: isRegistered ? appTest(app, test, routed) : classTest(file, test, routed),
    },
    changed,
    notes,
  };
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

/** Asks the app itself, and so tests the route as well. */
function appTest(app: GeneratedApp, test: string, routed: RoutedClass): string {
  const makeApp = `import { makeApp } from "${importPath(test, app.entry)}";`;
  return testSource([TEST_APP, VITEST, makeApp], "makeApp({ debug: false })", routed);
}

/** Asks an application with this class only, since the app's own may not have it yet. */
function classTest(file: string, test: string, routed: RoutedClass): string {
  const { className, path } = routed;
  const imports = [TEST_APP, APPLICATION, VITEST, `import { ${className} } from "${importPath(test, file)}";`];
  return testSource(imports, `new Application([["${path}", ${className}]])`, routed);
}

const TEST_APP = 'import { testApp } from "tornado/testing";';
const APPLICATION = 'import { Application } from "tornado/web";';
const VITEST = 'import { expect, it } from "vitest";';

function testSource(imports: readonly string[], application: string, { test }: RoutedClass): string {
  return `${imports.join("\n")}

const client = testApp(() => ${application});

${test}`;
}

function importPath(from: string, to: string): string {
  return posix.relative(posix.dirname(from), to).replace(/\.[^.]+$/, moduleName);
}
