/** The UI modules of one handler: made when a template first uses them, remembered for their resources. */

import type { UIModule, UIModuleClass, UIModuleHandler } from "./ui-module.js";

/** Calls UI modules for the templates of a handler. */
export class UIModules {
  readonly #handler: UIModuleHandler;
  readonly #classes: Readonly<Record<string, UIModuleClass>>;
  readonly #active = new Map<string, UIModule>();

  /** @param classes - The application's modules by name; the same object for all handlers. */
  constructor(handler: UIModuleHandler, classes: Readonly<Record<string, UIModuleClass>>) {
    this.#handler = handler;
    this.#classes = classes;
  }

  /** The modules used so far, in the order of their first use. */
  get active(): Iterable<UIModule> {
    return this.#active.values();
  }

  /** What templates know as `modules`: a method for each module. */
  get namespace(): Readonly<Record<string, unknown>> {
    const namespace = Object.create(namespacePrototype(this.#classes)) as { [owner]: UIModules };
    namespace[owner] = this;
    return namespace as unknown as Readonly<Record<string, unknown>>;
  }

  /** Prints a module, which is made at its first use. */
  render(name: string, values: readonly unknown[]): string | Promise<string> {
    let module = this.#active.get(name);
    if (module === undefined) {
      module = new this.#classes[name]!(this.#handler as never);
      this.#active.set(name, module);
    }
    return module.render(...(values as never[]));
  }
}

const owner: unique symbol = Symbol("owner of the modules");

const prototypes = new WeakMap<object, object>();

/** The methods depend on the application only, so that a request makes no function. */
function namespacePrototype(classes: Readonly<Record<string, UIModuleClass>>): object {
  let prototype = prototypes.get(classes);
  if (prototype === undefined) {
    const methods: Record<string, unknown> = Object.create(null);
    for (const name of Object.keys(classes)) {
      methods[name] = function (this: { [owner]: UIModules }, ...values: unknown[]) {
        return this[owner].render(name, values);
      };
    }
    prototype = methods;
    prototypes.set(classes, prototype);
  }
  return prototype as object;
}
