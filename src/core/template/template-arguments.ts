/** The types by which `tornado check` holds `render` to what templates declare with `{% args %}`. */

/**
 * What each template declares that it needs, by its name. `tornado check` fills this in, in
 * `.tornado/check/templates.d.ts`; an editor that sees that file checks `render` calls as they are written.
 */
// biome-ignore lint/suspicious/noEmptyInterface: apps add to it.
export interface TemplateArguments {}

/**
 * Names that every template of an app knows, beyond those of the framework. An app that adds some in
 * `getTemplateNamespace()`, or knows more of its `currentUser`, says so:
 *
 * ```ts
 * declare module "tornado/template" {
 *   interface TemplateNames {
 *     currentUser: User | null;
 *   }
 * }
 * ```
 */
// biome-ignore lint/suspicious/noEmptyInterface: apps add to it.
export interface TemplateNames {}

/** The parameters of `render` after the name: required if the template declares a name that is. */
export type NamesOfTemplate<Name extends string> = Name extends keyof TemplateArguments
  ? Record<never, never> extends TemplateArguments[Name]
    ? [namespace?: TemplateArguments[Name]]
    : [namespace: TemplateArguments[Name]]
  : [namespace?: Readonly<Record<string, unknown>>];
