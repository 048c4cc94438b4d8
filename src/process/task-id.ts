/** Tells a worker which of its supervisor's workers it is. */

/** Where the supervisor puts the task id of a worker. */
export const TASK_ID_VARIABLE = "TORNADO_TASK_ID";

/**
 * Returns this worker's number, from 0; a worker that replaces another has the number of that one.
 *
 * @returns `null` in a process that is not a worker.
 */
export function taskId(): number | null {
  const value = process.env[TASK_ID_VARIABLE];
  return value === undefined || value === "" ? null : Number(value);
}
