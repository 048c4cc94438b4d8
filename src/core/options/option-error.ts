/** What is wrong with options: how they are defined, or what a person wrote for them. */

import { TornadoError } from "../errors.js";

/** The `Error` of `tornado/options`. Its code is `BAD_OPTION` for what a person wrote, `BAD_OPTION_DEFINITION` otherwise. */
export class OptionError extends TornadoError {}
