/** How languages count, as the `Plural-Forms` header of a new catalogue says it. */

const slavic = "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);";
const czech = "nplurals=3; plural=(n==1 ? 0 : n>=2 && n<=4 ? 1 : 2);";
const oneForm = "nplurals=1; plural=0;";
const zeroIsSingular = "nplurals=2; plural=(n > 1);";

/** All others say one thing of 1, and another of every other number. */
const rules: ReadonlyMap<string, string> = new Map([
  ...["id", "ja", "ko", "lo", "ms", "my", "th", "vi", "zh"].map((code) => [code, oneForm] as const),
  ...["am", "fa", "fil", "fr", "hi", "hy", "oc", "pt_BR", "ti", "uz", "wa"].map(
    (code) => [code, zeroIsSingular] as const,
  ),
  ...["be", "bs", "hr", "ru", "sr", "uk"].map((code) => [code, slavic] as const),
  ["cs", czech],
  ["sk", czech],
  ["pl", "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"],
  ["lt", "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && (n%100<10 || n%100>=20) ? 1 : 2);"],
  ["lv", "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n != 0 ? 1 : 2);"],
  ["ro", "nplurals=3; plural=(n==1 ? 0 : (n==0 || (n%100 > 0 && n%100 < 20)) ? 1 : 2);"],
  ["sl", "nplurals=4; plural=(n%100==1 ? 0 : n%100==2 ? 1 : n%100==3 || n%100==4 ? 2 : 3);"],
  ["ga", "nplurals=5; plural=(n==1 ? 0 : n==2 ? 1 : n>2 && n<7 ? 2 : n>6 && n<11 ? 3 : 4);"],
  ["ar", "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);"],
]);

/** Gives the rule of a language, such as `pl` or `pt_BR`. */
export function pluralForms(language: string): string {
  return rules.get(language) ?? rules.get(language.split("_")[0]!) ?? "nplurals=2; plural=(n != 1);";
}
