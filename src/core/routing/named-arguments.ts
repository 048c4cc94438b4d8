/** The named arguments that a route found in a request. */

/**
 * Arguments by name. Nothing is inherited, so that a group may carry any name; an object made by `Object.create(null)` would be the
 * same, and slower to make and to read.
 */
export class NamedArguments<Value> {
  [name: string]: Value;
}

Object.setPrototypeOf(NamedArguments.prototype, null);
Reflect.deleteProperty(NamedArguments.prototype, "constructor");
