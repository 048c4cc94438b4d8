/** The name of what is generated, and the names that follow from it. */

import { TornadoError } from "../../core/errors.js";

/** A name such as `stories/archive`, as paths, classes and routes have it. */
export interface ThingName {
  /** In hyphens, with folders: `stories/archive-page`. */
  readonly path: string;
  /** The last part as a class has it: `ArchivePage`. */
  readonly className: string;
  /** The last part in hyphens: `archive-page`. */
  readonly lastPart: string;
  /** Leads from the folder of the file to the folder that the path begins in: `./` or `../`. */
  readonly upwards: string;
}

const NAME = /^[a-z][a-z\d]*(?:[-_][a-z\d]+)*(?:\/[a-z][a-z\d]*(?:[-_][a-z\d]+)*)*$/i;
/** Longer names do not fit on every disk, with what is added to them. */
const MAX_NAME_LENGTH = 100;
/** Windows has devices of these names in every folder. */
const DEVICE = /(?:^|\/)(?:con|prn|aux|nul|com\d|lpt\d)(?:\/|$)/i;

/**
 * Reads a name.
 *
 * @param suffix - End of the class name, which may be typed or not: `Handler`.
 * @throws TornadoError `BAD_OPTION` when it is missing, or cannot be the name of a file and a class.
 */
export function thingName(kind: string, typed: string | undefined, suffix = ""): ThingName {
  const example = { handler: "stories/archive", websocket: "chat", module: "Card" }[kind] ?? "about";
  if (typed === undefined) {
    throw new TornadoError("BAD_OPTION", `The ${kind} has no name. Add one: "tornado generate ${kind} ${example}".`);
  }
  if (!NAME.test(typed) || typed.length > MAX_NAME_LENGTH || DEVICE.test(typed)) {
    throw new TornadoError(
      "BAD_OPTION",
      `"${typed}" cannot name a ${kind}. Use letters, digits and hyphens, and "/" between folders, such as ${example}.`,
    );
  }
  const parts = typed.split("/").map(hyphenated);
  const typedPart = parts.pop()!;
  const end = [suffix.toLowerCase(), hyphenated(suffix)].find((one) => one !== "" && typedPart.endsWith(`-${one}`));
  const lastPart = end === undefined ? typedPart : typedPart.slice(0, -end.length - 1);
  const className = lastPart.replace(/(?:^|-)([a-z\d])/g, (_, letter: string) => letter.toUpperCase()) + suffix;
  return { path: [...parts, lastPart].join("/"), className, lastPart, upwards: "../".repeat(parts.length) || "./" };
}

function hyphenated(text: string): string {
  return text
    .replace(/([a-z\d])([A-Z])/g, "$1-$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1-$2")
    .replaceAll("_", "-")
    .toLowerCase();
}
