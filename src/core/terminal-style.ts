/** Colour for a terminal; plain text for everything else. */

/** Wraps text in the codes for one look. */
export type Paint = (text: string) => string;

/** The looks that the command line uses. Colour never carries a meaning alone. */
export interface TerminalStyle {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
}

/** What is written to, as far as style is concerned. */
export interface StyledStream {
  readonly isTTY?: boolean;
}

const plain: Paint = (text) => text;

/** Changes nothing. */
export const plainStyle: TerminalStyle = {
  bold: plain,
  dim: plain,
  red: plain,
  green: plain,
  yellow: plain,
  cyan: plain,
};

const colouredStyle: TerminalStyle = {
  bold: paint(1, 22),
  dim: paint(2, 22),
  red: paint(31, 39),
  green: paint(32, 39),
  yellow: paint(33, 39),
  cyan: paint(36, 39),
};

/** Chooses the style for a stream. */
export function terminalStyle(stream: StyledStream, environment: NodeJS.ProcessEnv = process.env): TerminalStyle {
  return isColorful(stream, environment) ? colouredStyle : plainStyle;
}

/** Colour is for terminals, and for whoever asks by `FORCE_COLOR`; never with `NO_COLOR` (https://no-color.org). */
export function isColorful({ isTTY }: StyledStream, environment: NodeJS.ProcessEnv = process.env): boolean {
  const { NO_COLOR, FORCE_COLOR = "", TERM } = environment;
  if (NO_COLOR) return false;
  if (FORCE_COLOR !== "") return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return isTTY === true && TERM !== "dumb";
}

function paint(open: number, close: number): Paint {
  return (text) => `\u001b[${open}m${text}\u001b[${close}m`;
}
