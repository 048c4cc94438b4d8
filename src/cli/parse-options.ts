/** Settles the options of a command: a flag beats the environment, which beats tornado.config.ts, which beats the default. */

import { type Command, Option } from "commander";
import { TornadoError } from "../core/errors.js";
import { nearestName } from "../core/nearest-name.js";
import { type OptionDefinition, type OptionValue, readOption } from "./option-definition.js";

/** Where a value came from. */
export type OptionOrigin = "flag" | "environment" | "file" | "default";

/** A command's section of a file, and how to name the two to a person. */
export interface OptionFile {
  /** Name of the file, such as `tornado.config.ts`. */
  readonly name: string;
  /** Name of the section, such as `dev`. */
  readonly section: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** The three places that an option may be set in. */
export interface OptionSources {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: NodeJS.ProcessEnv;
  /** Variables of the .env files, which the environment beats. */
  readonly envFiles?: Readonly<Record<string, string>>;
  readonly file?: OptionFile;
}

/** Settled options, by name, with the origin of each. */
export interface SettledOptions {
  readonly values: Readonly<Record<string, OptionValue>>;
  readonly origins: Readonly<Record<string, OptionOrigin>>;
}

/** Adds the options of a table to a command. Their defaults are only told, not set, so that an absent flag is known as absent. */
export function addOptions(command: Command, definitions: readonly OptionDefinition[]): Command {
  for (const definition of definitions) {
    const shown =
      definition.default === undefined || typeof definition.default === "boolean"
        ? ""
        : ` (default: ${definition.default})`;
    command.addOption(new Option(definition.flag, definition.description + shown));
  }
  return command;
}

/** Gives only the flags that were typed: commander presets those that begin with `--no-`. */
export function typedFlags(command: Command): Record<string, unknown> {
  const entries = Object.entries(command.opts()).filter(([name]) => command.getOptionValueSource(name) === "cli");
  return Object.fromEntries(entries);
}

/**
 * Settles all options of a table.
 *
 * @throws TornadoError `BAD_OPTION` for a value that does not fit, naming the place that it came from.
 */
export function settleOptions(definitions: readonly OptionDefinition[], sources: OptionSources): SettledOptions {
  const values: Record<string, OptionValue> = {};
  const origins: Record<string, OptionOrigin> = {};
  for (const definition of definitions) {
    const candidate = firstCandidate(definition, sources);
    if (candidate === undefined) {
      values[definition.name] = definition.default;
      origins[definition.name] = "default";
      continue;
    }
    const reading = readOption(definition, candidate.raw);
    if ("fault" in reading) throw new TornadoError("BAD_OPTION", `${candidate.place} ${reading.fault}.`);
    values[definition.name] = reading.value;
    origins[definition.name] = candidate.origin;
  }
  return { values, origins };
}

/**
 * Refuses a key of a file that nothing knows.
 *
 * @param place - Where the keys stand, such as `tornado.config.ts`.
 * @throws TornadoError `BAD_OPTION`, naming the nearest key.
 */
export function refuseUnknownKeys(place: string, values: object, known: readonly string[]): void {
  for (const key of Object.keys(values)) {
    if (known.includes(key)) continue;
    const nearest = nearestName(key, known);
    const advice = nearest === undefined ? `It knows ${known.join(", ")}.` : `Did you mean "${nearest}"?`;
    throw new TornadoError("BAD_OPTION", `${place} has the unknown key "${key}". ${advice}`);
  }
}

interface Candidate {
  readonly origin: OptionOrigin;
  readonly raw: unknown;
  /** Begins the sentence about a fault, with the value. */
  readonly place: string;
}

function firstCandidate(definition: OptionDefinition, sources: OptionSources): Candidate | undefined {
  const { name, environment, flag } = definition;
  if (sources.flags[name] !== undefined) {
    return {
      origin: "flag",
      raw: sources.flags[name],
      place: `${/--[\w-]+/.exec(flag)![0]} ${JSON.stringify(sources.flags[name])}`,
    };
  }
  // An empty variable is how a shell or a container file says "not set".
  for (const [where, variable] of [
    ["the environment", sources.environment[environment]],
    [".env", sources.envFiles?.[environment]],
  ]) {
    if (variable)
      return { origin: "environment", raw: variable, place: `${environment}=${JSON.stringify(variable)} in ${where}` };
  }
  const { file } = sources;
  if (file?.values[name] !== undefined) {
    const value = JSON.stringify(file.values[name]);
    return { origin: "file", raw: file.values[name], place: `${file.section}.${name} = ${value} in ${file.name}` };
  }
  return undefined;
}
