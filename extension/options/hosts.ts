// The list of excluded sites as people type it, and as the background wants it.

/**
 * One host a line, in lower case and punycode, sorted, each once. Whole addresses are cut down to their
 * host; a line that is no host at all is left out.
 */
export function hostsOf(typed: string): string[] {
  const hosts = new Set<string>();
  for (const line of typed.split(/[\s,]+/)) {
    const bare = line
      .trim()
      .replace(/^[a-z]+:\/\//i, "")
      .replace(/^\*?\.+/, "");
    if (bare === "") continue;
    const address = `http://${bare}`;
    if (URL.canParse(address)) hosts.add(new URL(address).hostname.replace(/\.$/, ""));
  }
  return [...hosts].sort();
}
