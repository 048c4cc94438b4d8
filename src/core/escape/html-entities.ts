/** Decodes the character references of HTML. */

/** Names of U+00A0 to U+00FF in order. These are also known without a semicolon. */
const latinNames =
  "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute " +
  "micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig " +
  "Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash " +
  "Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute " +
  "ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc " +
  "uuml yacute thorn yuml";

/** Other names: a hexadecimal code point, a colon, and the names of it and of those that follow it. */
const otherNames =
  "152:OElig,oelig 160:Scaron,scaron 178:Yuml 192:fnof 2c6:circ 2dc:tilde " +
  "391:Alpha,Beta,Gamma,Delta,Epsilon,Zeta,Eta,Theta,Iota,Kappa,Lambda,Mu,Nu,Xi,Omicron,Pi,Rho " +
  "3a3:Sigma,Tau,Upsilon,Phi,Chi,Psi,Omega " +
  "3b1:alpha,beta,gamma,delta,epsilon,zeta,eta,theta,iota,kappa,lambda,mu,nu,xi,omicron,pi,rho,sigmaf,sigma,tau,upsilon,phi,chi,psi,omega " +
  "3d1:thetasym,upsih 3d6:piv 2002:ensp,emsp 2009:thinsp 200c:zwnj,zwj,lrm,rlm 2013:ndash,mdash " +
  "2018:lsquo,rsquo,sbquo 201c:ldquo,rdquo,bdquo 2020:dagger,Dagger,bull 2026:hellip 2030:permil 2032:prime,Prime " +
  "2039:lsaquo,rsaquo 203e:oline 2044:frasl 20ac:euro 2111:image 2118:weierp 211c:real 2122:trade 2135:alefsym " +
  "2190:larr,uarr,rarr,darr,harr 21b5:crarr 21d0:lArr,uArr,rArr,dArr,hArr 2200:forall 2202:part,exist 2205:empty " +
  "2207:nabla,isin,notin 220b:ni 220f:prod 2211:sum,minus 2217:lowast 221a:radic 221d:prop,infin 2220:ang " +
  "2227:and,or,cap,cup,int 2234:there4 223c:sim 2245:cong 2248:asymp 2260:ne,equiv 2264:le,ge 2282:sub,sup,nsub " +
  "2286:sube,supe 2295:oplus 2297:otimes 22a5:perp 22c5:sdot 2308:lceil,rceil,lfloor,rfloor 2329:lang,rang 25ca:loz " +
  "2660:spades 2663:clubs 2665:hearts,diams";

const byName = new Map<string, string>();
const withoutSemicolon = new Map<string, string>();

for (const [index, name] of latinNames.split(" ").entries())
  withoutSemicolon.set(name, String.fromCharCode(160 + index));
for (const [name, character] of Object.entries({
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  copy: "\u00a9",
  reg: "\u00ae",
})) {
  withoutSemicolon.set(name, character);
  withoutSemicolon.set(name.toUpperCase(), character);
}
for (const [name, character] of withoutSemicolon) byName.set(name, character);
for (const run of otherNames.split(" ")) {
  const [start, names] = run.split(":") as [string, string];
  for (const [index, name] of names.split(",").entries()) {
    byName.set(name, String.fromCharCode(Number.parseInt(start, 16) + index));
  }
}
byName.set("apos", "'");

/** What browsers show for the references 128 to 159, which mean Windows-1252 there; "" is none. */
const windowsCharacters =
  "\u20ac.\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152.\u017d..\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153.\u017e\u0178";

/** Longest name of a reference; it bounds the work for each `&`. */
const longestName = 32;

const reference = new RegExp(
  `&(?:#[xX]([0-9a-fA-F]{1,8});?|#([0-9]{1,10});?|([a-zA-Z][a-zA-Z0-9]{1,${longestName}})(;?))`,
  "g",
);

/** Replaces the references in a text by their characters, as HTML says; what is none stays as it is. */
export function decodeEntities(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(reference, (whole: string, hex?: string, decimal?: string, name?: string, semicolon?: string) => {
    if (hex !== undefined) return characterOf(Number.parseInt(hex, 16));
    if (decimal !== undefined) return characterOf(Number.parseInt(decimal, 10));
    return (semicolon && byName.get(name!)) || decodePrefix(whole, name!);
  });
}

/** Decodes the longest start of a name that needs no semicolon: `&ampx` is `&x`. */
function decodePrefix(whole: string, name: string): string {
  for (let length = name.length; length >= 2; length--) {
    const character = withoutSemicolon.get(name.slice(0, length));
    if (character !== undefined) return character + whole.slice(length + 1);
  }
  return whole;
}

function characterOf(code: number): string {
  if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return "\ufffd";
  if (code >= 0x80 && code <= 0x9f) {
    const character = windowsCharacters[code - 0x80]!;
    return character === "." ? String.fromCharCode(code) : character;
  }
  return String.fromCodePoint(code);
}
