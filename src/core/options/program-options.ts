/** The options of the program as a whole, those of logging among them. */

import { defineLoggingOptions } from "../log/logging-options.js";
import { OptionParser } from "./option-parser.js";

/** The options that the functions of this module are about. */
export const options = new OptionParser();

/** Defines an option of the program. */
export const define: OptionParser["define"] = options.define.bind(options);
/** Reads the program's options of its command line. */
export const parseCommandLine: OptionParser["parseCommandLine"] = options.parseCommandLine.bind(options);
/** Reads the program's options of a file. */
export const parseConfigFile: OptionParser["parseConfigFile"] = options.parseConfigFile.bind(options);
/** Prints the program's options. */
export const printHelp: OptionParser["printHelp"] = options.printHelp.bind(options);
/** Adds what is to be done when all of the program's options are read. */
export const addParseCallback: OptionParser["addParseCallback"] = options.addParseCallback.bind(options);

defineLoggingOptions(options);
