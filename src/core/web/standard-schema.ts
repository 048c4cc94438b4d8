/** The part of the Standard Schema convention (standardschema.dev, version 1) that the framework reads. */

import { HTTPError } from "./http-error.js";

/** A validator of any library that follows the convention: zod, valibot, arktype and others. */
export interface StandardSchema<Output = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** What a validation gives. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One thing that is wrong with the input. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** An issue as the client sees it. */
export interface ReportedIssue {
  readonly message: string;
  /** Where in the input, as in `address.street` or `items.0`; empty for the whole. */
  readonly path: string;
}

/** Thrown when input does not fit a schema: 400, answered as JSON with the issues. */
export class ValidationError extends HTTPError {
  readonly issues: readonly ReportedIssue[];

  constructor(what: string, issues: readonly SchemaIssue[]) {
    const reported = issues.map(({ message, path = [] }) => ({
      message,
      path: path.map((step) => String(typeof step === "object" ? step.key : step)).join("."),
    }));
    super(
      400,
      `${what} does not fit its schema: ${reported.map(({ path, message }) => `${path || "input"}: ${message}`).join("; ")}`,
    );
    this.issues = reported;
  }
}

/**
 * Runs a validator.
 *
 * @param what - What is validated, for the log.
 * @throws ValidationError with the issues.
 */
export async function validate<Output>(schema: StandardSchema<Output>, value: unknown, what: string): Promise<Output> {
  const result = await schema["~standard"].validate(value);
  if (result.issues !== undefined) throw new ValidationError(what, result.issues);
  return result.value;
}
