// Text for the address bar's suggestions, which Chrome wants as XML.

/** Chrome refuses all suggestions for one character that XML does not have. */
export function escapeXml(text: string): string {
  const named: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&apos;",
  };
  return text
    .toWellFormed()
    .replace(/[^\P{Cc}\t\n\r]|[\uFFFE\uFFFF]/gu, "")
    .replace(/[&<>"']/g, (character) => named[character] ?? "");
}
