/** Gives the smallest factor of a number above 1, which is the number itself when it is prime. */
export function smallestFactor(number: number): number {
  if (number % 2 === 0) return 2;
  for (let factor = 3; factor * factor <= number; factor += 2) if (number % factor === 0) return factor;
  return number;
}
