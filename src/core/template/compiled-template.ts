/** What a compiled template is: the shape that the compiler emits, the bundle carries, and a loader runs. */

/** Names and values that a template sees: a plain object, best without a prototype, in which getters are read when first used. */
export type TemplateNamespace = Readonly<Record<string, unknown>>;

/**
 * A template compiled to JavaScript. It holds no template source, imports nothing and needs no `eval`: what it needs
 * while it runs comes in as the argument of `render`.
 */
export interface PrecompiledTemplate {
  /** Name of the template, relative to the root of its loader, with forward slashes. */
  readonly name: string;
  /** Names of all template files compiled into it, itself first, relative to the root of its loader. */
  readonly files: readonly string[];
  /**
   * Where the dynamic parts stand in the template files: four numbers a position, namely the index of the file, line,
   * column (both from 1), and the number of the position that brought the file in (`extends`, `include`, `super()`), or -1.
   */
  readonly positions: readonly number[];
  /** Prints the template: a promise only when the template itself waits for something. */
  readonly render: (context: TemplateContext) => string | Promise<string>;
}

/** What the generated code may call. A position (`at`) is an index into `PrecompiledTemplate.positions`. */
export interface TemplateContext {
  /** Gives the value of a name, or throws the error that names it. */
  name(name: string, at: number): unknown;
  /** Gives the value of a name, or `undefined`: what `typeof` asks for. */
  optionalName(name: string): unknown;
  /** What a template variable holds before its first `{% set %}`: the value of the same name outside, or `unset`. */
  variable(name: string): unknown;
  /** Gives back the value of a template variable, or `undefined` when it was not set yet. */
  optional(value: unknown): unknown;
  /** Gives back the value of a template variable, or throws when it was not set yet. */
  known(value: unknown, name: string, at: number): unknown;
  /** Gives the function that prints and escapes a value with the named function; `undefined` names that of the loader. */
  escaper(functionName: string | undefined, at: number): (value: unknown) => string;
  /** Gives a value as text: nothing for `null` and `undefined`. */
  readonly text: (value: unknown) => string;
  /** Gives what a loop goes over, or throws an error that says what the value is instead. */
  readonly iterable: (value: unknown) => Iterable<unknown>;
  /** Gives a method with its object bound, for `{% apply object.method %}`. */
  readonly method: (object: unknown, key: PropertyKey) => unknown;
  /** Passes a finished piece of text through a function. */
  apply(transform: unknown, text: string, at: number): string;
  /** Prints a UI module. */
  module(name: string, values: readonly unknown[], at: number): string;
  /** Ends the rendering: awaits what UI modules have promised. */
  finish(text: string): string | Promise<string>;
  /** Notes at which position an error was thrown, and gives it back. */
  failed(error: unknown, at: number): unknown;
}
