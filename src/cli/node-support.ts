/** Knows until when each line of Node.js gets security fixes. */

/** Ends of life by major version: https://github.com/nodejs/release#release-schedule. */
const END_OF_LIFE: Readonly<Record<number, string>> = {
  20: "2026-04-30",
  21: "2024-06-01",
  22: "2027-04-30",
  23: "2025-06-01",
  24: "2028-04-30",
  25: "2026-06-01",
  26: "2029-04-30",
};

/**
 * Says that a version of Node.js gets no more security fixes.
 *
 * @returns `undefined` as long as it does, or when nothing is known about it.
 */
export function nodeSupportNote(version: string, today: Date): string | undefined {
  const end = END_OF_LIFE[Number.parseInt(version, 10)];
  if (end === undefined || today.toISOString().slice(0, 10) <= end) return undefined;
  return `Node.js ${version} gets no security fixes since ${end}. Move to a supported version when you can.`;
}
