/** The HTTP methods of handlers: what they may look like, and which a handler has. */

/** What an HTTP method of a handler may return; any other value is an error, since it would be lost. */
export type MethodResult = void | Promise<void>;

/**
 * The HTTP methods a handler may have. Positional groups of the route arrive as arguments, `null` for an optional one
 * that took no part; named groups arrive as one object.
 */
export interface HandlerMethods {
  get?(...pathArgs: never[]): MethodResult;
  head?(...pathArgs: never[]): MethodResult;
  post?(...pathArgs: never[]): MethodResult;
  delete?(...pathArgs: never[]): MethodResult;
  patch?(...pathArgs: never[]): MethodResult;
  put?(...pathArgs: never[]): MethodResult;
  options?(...pathArgs: never[]): MethodResult;
}

/** The name of the function that handles an HTTP method. */
export function functionName(method: string): keyof HandlerMethods {
  return (functionNames[method] ?? method.toLowerCase()) as keyof HandlerMethods;
}

const functionNames: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  GET: "get",
  HEAD: "head",
  POST: "post",
  DELETE: "delete",
  PATCH: "patch",
  PUT: "put",
  OPTIONS: "options",
});

/** The part of a handler's class that says what it answers. */
interface MethodsOfClass {
  readonly SUPPORTED_METHODS: readonly string[];
}

/**
 * Lists the methods that a handler answers; HEAD comes with `get`, and OPTIONS always.
 *
 * @param handler - A handler, whose methods may be fields of its own, or the prototype of its class.
 */
export function methodsOf(
  handler: object,
  { SUPPORTED_METHODS } = handler.constructor as unknown as MethodsOfClass,
): string[] {
  const has = (name: string) => typeof (handler as Record<string, unknown>)[name] === "function";
  return SUPPORTED_METHODS.filter(
    (method) => has(functionName(method)) || method === "OPTIONS" || (method === "HEAD" && has("get")),
  );
}

/** The value of an Allow header for a handler. */
export function allowHeader(handler: object): string {
  return methodsOf(handler).join(", ");
}
