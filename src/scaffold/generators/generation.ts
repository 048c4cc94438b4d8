/** What a generator is told, and what it gives back: files to make, files to change, and what is left to the person. */

/** The app that something is generated in. */
export interface GeneratedApp {
  /** Absolute path of its root. */
  readonly root: string;
  /** File that exports `makeApp`, relative to the root, with forward slashes. */
  readonly entry: string;
  /** Reads a file of the app; `undefined` when there is none. */
  readonly read: (path: string) => string | undefined;
}

/** What is to be done. Nothing is done yet. */
export interface Generation {
  /** Files to make, by path relative to the root, with forward slashes. */
  readonly created: Readonly<Record<string, string | Buffer>>;
  /** Files to change, and what they are to hold. */
  readonly changed: Readonly<Record<string, string | Buffer>>;
  /** What the person has to do, or should know. */
  readonly notes: readonly string[];
}

/** Makes one kind of thing; the name is as it was typed. */
export type Generator = (app: GeneratedApp, name: string | undefined) => Generation;
