/** Chooses the form of an error answer: a page for people, JSON for programs that ask for it, text for everything else. */

/** @param header - Gives a request header by its name in lower case. */
export function preferredForm(header: (name: string) => string | undefined): "html" | "json" | "text" {
  const accept = header("accept") ?? "";
  if (accept.includes("text/html") || accept.includes("application/xhtml+xml")) return "html";
  if (/\bapplication\/(?:[\w.-]+\+)?json\b/.test(accept)) return "json";
  // A script that fetched something shows the answer to its author in a console.
  const isFetched = header("sec-fetch-dest") === "empty" || header("x-requested-with") !== undefined;
  if (isFetched) return "text";
  return header("user-agent")?.startsWith("Mozilla/") === true ? "html" : "text";
}
