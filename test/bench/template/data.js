/** What every engine is given to print: words, numbers, and some of what must be escaped. */

const words = [
  "Pallas & Vesta",
  "tornado",
  "a <b>bold</b> claim",
  "half past nine",
  "it's",
  "naïve café",
  "plain",
  "x > y",
];

export const data = {
  table: {
    rows: Array.from({ length: 1000 }, (_, row) =>
      Array.from({ length: 10 }, (_, column) => (column % 2 === 0 ? row * 10 + column : words[(row + column) % 8])),
    ),
  },
  page: {
    title: "Stories & more",
    user: { name: "Ada <Lovelace>", isAdmin: true },
    links: [
      { href: "/", text: "Home" },
      { href: "/stories?sort=new&page=2", text: "Stories" },
      { href: "/about", text: "About" },
    ],
    stories: Array.from({ length: 50 }, (_, index) => ({
      id: index + 1,
      title: `Story ${index + 1}: ${words[index % 8]}`,
      author: words[(index * 3) % 8],
      score: index * 7,
      isNew: index % 5 === 0,
    })),
    year: 2026,
  },
};
