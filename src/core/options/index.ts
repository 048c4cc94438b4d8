/** `tornado/options`: options of a program, from its command line and from files. */

export type { DefinedOption, OptionDefinition, OptionType } from "./option.js";
export { OptionError as Error } from "./option-error.js";
export { OptionParser, type ParseOptions } from "./option-parser.js";
export {
  addParseCallback,
  define,
  options,
  parseCommandLine,
  parseConfigFile,
  printHelp,
} from "./program-options.js";
export { duration, integer, type ParseValue } from "./value-types.js";
