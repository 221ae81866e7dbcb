/** What two texts have in common, word by word. */

/** The words of a text, in lower case. */
export function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** The share of `of` that is in `among`, each occurrence counted once. */
export function share(of: readonly string[], among: readonly string[]): number {
  const left = new Map<string, number>();
  for (const word of among) left.set(word, (left.get(word) ?? 0) + 1);
  let found = 0;
  for (const word of of) {
    const count = left.get(word) ?? 0;
    if (count > 0) found += 1;
    left.set(word, count - 1);
  }
  return of.length === 0 ? 1 : found / of.length;
}

/** Source of an expression that gives the text of some HTML as a person would read it: its words apart. */
export function textOfHtml(html: string): string {
  return `(() => {
    const wanted = new DOMParser().parseFromString(${JSON.stringify(html)}, "text/html");
    for (const other of wanted.querySelectorAll("script, style, svg, iframe, noscript")) other.remove();
    const texts = wanted.createTreeWalker(wanted, NodeFilter.SHOW_TEXT);
    let all = "";
    while (texts.nextNode()) all += texts.currentNode.data + " ";
    return all;
  })()`;
}
