/** Why another server makes something else of a vector than we do; the first entry that fits counts. */

export const reasons = [
  {
    server: "any",
    vectors: /Host|\bhost\b|no field at all/,
    why: "Host: others check less of it than RFC 9112, 3.2 and RFC 3986 write",
  },
  {
    server: "any",
    vectors: /target|asterisk|scheme|fragment|CONNECT|percent-escape/,
    why: "the target: forms and bytes outside of RFC 9112, 3.2, or Tornado's leniency that we share",
  },
  {
    server: "any",
    vectors: /spaces|blank|tab|0\.9|HTTP\/|RTSP|version|two CRs|blanks|behind the CR/,
    why: "the start line: blanks, names and versions that RFC 9112, 2.3 and 3 do not have",
  },
  {
    server: "any",
    vectors: /line feed|bare LF|bare CR|carriage/i,
    why: "line ends: a bare LF (RFC 9112, 2.2 lets a recipient take it) or CR; what one hop takes for an end and another does not smuggles",
  },
  {
    server: "any",
    vectors: /Content-Length.*(Transfer-Encoding|zero)|Transfer-Encoding|chunked|coding/,
    why: "Transfer-Encoding: beside a length, in 1.0, listed or unknown (RFC 9112, 6.1 lets a recipient forgive some of it)",
  },
  {
    server: "any",
    vectors: /Content-Length|length/,
    why: "Content-Length: equal ones, or larger than a number holds (RFC 9112, 6.3 lets a recipient forgive some of it)",
  },
  { server: "any", vectors: /trailer/, why: "trailers: others do not look at them; nobody reads them there" },
  { server: "any", vectors: /chunk|extension/, why: "chunks: lenient about extensions, zeros and line ends" },
  { server: "any", vectors: /fields|of headers|bytes$|20 kB/, why: "limits: ours are 16 kB and 100 fields" },
  { server: "any", vectors: /folded|name|colon|space before/, why: "field names and folds outside of RFC 9112, 5" },
  { server: "any", vectors: /value/, why: "control characters in values (RFC 9110, 5.5)" },
  { server: "any", vectors: /Authorizations|Content-Types/, why: "single fields that come twice (RFC 9110, 5.3)" },
  {
    server: "any",
    vectors: /method|TRACE/,
    why: "methods: we take any token, and the application decides; others know a list",
  },
  {
    server: "node",
    vectors: /behind|^more bytes/,
    why: "node:http reads ahead, and answers a bad request before the good one in front of it",
  },
  {
    server: "node",
    vectors: /^close|with close/,
    why: "node:http refuses bytes behind the last request; RFC 9112, 9.6 has them ignored",
  },
  {
    server: "node",
    vectors: /Expect/,
    why: "node:http answers 417 to unknown expectations; we ignore them as Tornado does",
  },
  { server: "tornado", vectors: /^close/, why: "Tornado takes close only if it is the one option" },
  {
    server: "node",
    vectors: /upgrade/i,
    why: "node:http loses what came in one packet behind an upgrade that nobody takes (RFC 9110, 7.8 has it ignored)",
  },
];
