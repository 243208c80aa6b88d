/** Strength is how hard a passphrase is to guess, roughly. */
export type Strength = "weak" | "fair" | "strong";

/** least is how many characters a passphrase has at least. */
export const least = 8;

/** strength counts what is new in each character: what repeats or goes on in order adds little. */
export function strength(text: string): Strength {
  const bits = perCharacter(text) * freshness(text);
  if (text.length < least || bits < 45) return "weak";
  return bits < 65 ? "fair" : "strong";
}

function perCharacter(text: string): number {
  let pool = 0;
  if (/[a-z]/.test(text)) pool += 26;
  if (/[A-Z]/.test(text)) pool += 26;
  if (/[0-9]/.test(text)) pool += 10;
  if (/[\x20-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e]/.test(text)) pool += 20;
  if (/[^\x00-\x7f]/.test(text)) pool += 40;
  // Letters of words tell much about the next one.
  const words = text.split(/\s+/).filter((word) => /^\p{L}{3,}$/u.test(word)).length;
  return words > 1 ? Math.min(Math.log2(pool), 3.2) : Math.log2(Math.max(pool, 2));
}

function freshness(text: string): number {
  let fresh = 0;
  const seen = new Set<string>();
  for (let i = 0; i < text.length; i++) {
    const step = i > 0 ? Math.abs(text.charCodeAt(i) - text.charCodeAt(i - 1)) : 9;
    const pair = text.slice(Math.max(0, i - 1), i + 1).toLowerCase();
    fresh += step <= 1 || seen.has(pair) ? 0.25 : 1;
    seen.add(pair);
  }
  return fresh;
}
