import { distance } from "fastest-levenshtein";

/** The candidate that `word` is probably a misspelling of: at most a third of its letters, and at most 3, differ. */
export function closestMatch(word: string, candidates: Iterable<string>): string | undefined {
  const limit = Math.min(3, Math.ceil(word.length / 3));
  const [best] = [...candidates]
    .map((candidate) => ({ candidate, edits: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((one, other) => one.edits - other.edits);
  return best !== undefined && best.edits <= limit ? best.candidate : undefined;
}
