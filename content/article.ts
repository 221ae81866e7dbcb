/**
 * Which lines of a page are what it is about.
 *
 * Prose tells: long lines that are no links. Of all block elements that hold nearly all prose of the page the
 * smallest is taken for its article; in it, lines are left out that are links among links, and what a class or an id
 * calls comments, sharing, advertisement and the like. A page with hardly any prose is a list, a forum, an application:
 * there everything is kept.
 *
 * That is linear in what was read and looks at no element twice, so a page does not feel it. Readability, which was
 * here before, works in one go on a copy of the document: of 129 real pages its text is the measure, so it gets 0.996 of
 * it, but for twice the budget of time, with single tasks of 250 ms; stopped by a clock, it read 0.970, and
 * not the same on every machine. This gets 0.962 (`./build.sh bench capture`). The constants were chosen on those pages;
 * F1 moves by less than 0.01 when one of those about prose or links is changed by a tenth or a fifth.
 */

import type { Blocks, Box, Line } from "./blocks.ts";

/** A line of this length is a sentence rather than a label. */
const PROSE_LINE = 100;
/** A character of these stands for so many letters. */
const CJK_LETTERS = 3;
const CJK = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/;
/** So much prose, and a page is more than a list. At 0 a list of teasers would be cut down to the longest. */
const PROSE = 500;
/** The share of all prose that is in the article. At 1 one comment makes all of the page the article. */
const NEARLY_ALL = 0.9;
/** Of all prose, what calls itself the main part is believed with this share. */
const MAIN = 0.5;
/** Where there is no prose, the share of all text. */
const MAIN_OF_LIST = 0.25;
/** More of the prose than this is not beside the matter, whatever it is called. */
const BESIDE = 0.2;
/** Of a line, this share of linked text makes it a link. */
const LINKED = 0.6;
/** Of a block of several lines, this share makes it a list of links. */
const LINKS = 0.5;

/** A line that is more than one of so many parts of the title, and in it, repeats it: the rest names the site. */
const TITLE_PARTS = 3;

/** The text of a page, one block a line, without the headings that repeat its title, which is kept anyway. */
export function mainText(blocks: Blocks, title: string): string {
  const kept = mainLines(blocks);
  const others = kept.filter(({ text }) => !isTitle(text, title));
  return textOf(others.length > 0 ? others : kept);
}

function isTitle(line: string, title: string): boolean {
  return line.length * TITLE_PARTS > title.length && title.includes(line);
}

function mainLines({ lines, boxes }: Blocks): readonly Line[] {
  const links = lines.map(({ text, linked }) => linked > text.length * LINKED);
  const prose = lines.map((line, at) => (links[at] ? 0 : proseOf(line)));
  const among = sums(prose);
  const beside = besides(boxes, lines.length, among);
  const worth = sums(prose.map((length, at) => (beside[at] ? 0 : length)));

  const page: Box = { kind: "plain", first: 0, end: lines.length };
  const isList = between(worth, page) < PROSE;
  if (isList) {
    const [main = page] = mains(boxes, sums(lines.map(({ text }) => text.length)), page, MAIN_OF_LIST);
    return lines.slice(main.first, main.end);
  }
  const [root = page] = mains(boxes, worth, page, MAIN);
  const article = smallest(boxes, worth, root, NEARLY_ALL);
  const listed = listsOfLinks(lines, boxes);
  return lines.filter(
    (_, at) => at >= article.first && at < article.end && !beside[at] && !(links[at] && listed[at]),
  );
}

/** The text of all lines. */
export function textOf(lines: readonly Line[]): string {
  return lines.map(({ text }) => text).join("\n");
}

function proseOf({ text }: Line): number {
  if (text.length * CJK_LETTERS < PROSE_LINE) return 0;
  const length = CJK.test(text) ? text.length * CJK_LETTERS : text.length;
  return length >= PROSE_LINE ? length : 0;
}

/** The sum of all before each, and of all at the end. */
function sums(values: readonly number[]): number[] {
  const sums = [0];
  let sum = 0;
  for (const value of values) {
    sum += value;
    sums.push(sum);
  }
  return sums;
}

function between(sums: readonly number[], { first, end }: Box): number {
  return (sums[end] ?? 0) - (sums[first] ?? 0);
}

/** Which lines are in a box that says that it is beside the matter. */
function besides(boxes: readonly Box[], lines: number, prose: readonly number[]): boolean[] {
  const most = (prose.at(-1) ?? 0) * BESIDE;
  const said = boxes.filter((box) => box.kind === "beside" && between(prose, box) <= most);
  const changes = new Array<number>(lines + 1).fill(0);
  for (const { first, end } of said) {
    changes[first] = (changes[first] ?? 0) + 1;
    changes[end] = (changes[end] ?? 0) - 1;
  }
  return sums(changes)
    .slice(1, lines + 1)
    .map((depth) => depth > 0);
}

/** The box that calls itself the main part and has enough of what counts; several articles are a list. */
function mains(boxes: readonly Box[], worth: readonly number[], page: Box, share: number): Box[] {
  const articles = boxes.filter(({ kind }) => kind === "article");
  const said = boxes.filter(({ kind }) => kind === "main").concat(articles.length === 1 ? articles : []);
  const least = between(worth, page) * share;
  return said.filter((box) => between(worth, box) >= least).sort((a, b) => size(a) - size(b));
}

/** The smallest box inside `root` that has this share of what counts there. */
function smallest(boxes: readonly Box[], worth: readonly number[], root: Box, share: number): Box {
  const least = between(worth, root) * share;
  let best = root;
  for (const box of boxes) {
    if (box.first < root.first || box.end > root.end || size(box) >= size(best)) continue;
    if (between(worth, box) >= least) best = box;
  }
  return best;
}

function size({ first, end }: Box): number {
  return end - first;
}

/** Which lines stand in a block of links: the smallest that has more lines than this one. */
function listsOfLinks(lines: readonly Line[], boxes: readonly Box[]): boolean[] {
  const length = sums(lines.map(({ text }) => text.length));
  const linked = sums(lines.map((line) => line.linked));
  const listed = new Array<boolean>(lines.length).fill(true);
  // What is inside comes first, so each line waits here for the first box of several lines around it.
  const waiting: number[] = [];
  let seen = 0;
  for (const box of boxes) {
    for (; seen < box.end; seen += 1) waiting.push(seen);
    if (size(box) < 2) continue;
    const isList = between(linked, box) > between(length, box) * LINKS;
    for (let line = waiting.at(-1); line !== undefined && line >= box.first; line = waiting.at(-1)) {
      listed[line] = isList;
      waiting.pop();
    }
  }
  return listed;
}
