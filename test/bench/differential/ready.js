/** What each server of the differential run answers and how it tells the script where it is. */

/** Counts the calls: the body of each answer is their number, and a message asks for it. */
export function counter() {
  let calls = 0;
  return {
    called: () => `call ${++calls}`,
    ready(port) {
      process.on("message", () => {
        process.send(calls);
        calls = 0;
      });
      process.send(port);
    },
  };
}
