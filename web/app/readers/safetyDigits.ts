/** groupsOf cuts the 60 digits of a safety number into 12 groups of five. */
export function groupsOf(digits: string): string[] {
  return digits.replace(/\D/g, "").match(/\d{1,5}/g) ?? [];
}
