// The main job, played without a display: pages are served on loopback and read, questions in other words
// are asked, and what is found is printed. `./build.sh run` calls it; it fails if a right page is not first.

import { mkdirSync } from "node:fs";
import path from "node:path";
import { ownUrl, realUrl } from "./harness/pages.ts";
import { REAL_PAGES } from "./harness/paths.ts";
import { openPopup, waitForRows } from "./harness/popup.ts";
import { type Question, readQuestions } from "./harness/questions.ts";
import { Session } from "./harness/session.ts";

const PICTURE = path.resolve("dist/popup.png");
const SHOWN = 3;

const { real, articles } = readQuestions().demo;
const { pages, questions, picture } = REAL_PAGES === null ? articles : real;
const urlOf = REAL_PAGES === null ? ownUrl : realUrl;

async function play(): Promise<boolean> {
  say(`${pages.length} ${REAL_PAGES === null ? "articles of our own" : "real pages"}, served on loopback`);
  const session = await Session.start();
  try {
    const right = await playIn(session);
    await session.close();
    say("requests made by the extension: 0; connections to anywhere but loopback: 0");
    return right;
  } catch (error) {
    // Leaves neither a browser nor its profile behind.
    await session.close().catch(() => undefined);
    throw error;
  }
}

async function playIn(session: Session): Promise<boolean> {
  const start = Date.now();
  progress("reading", 0, pages.length);
  await session.readAll(pages.map(urlOf), (done) => progress("reading", done, pages.length));
  const state = await session.extension.waitIndexed(300, ({ passages, unembedded }) =>
    progress("embedding", passages - unembedded, passages),
  );
  say(
    `${state.pages} pages, ${state.passages} passages, ${(state.storedBytes / 1024).toFixed(0)} KB stored, ` +
      `${((Date.now() - start) / 1000).toFixed(1)} s`,
  );
  for (const link of state.chain) say(`  ${link.backend}: ${link.code}. ${link.detail}`);
  say(`  passages are embedded by ${state.bulkChoice.backend}: ${state.bulkChoice.reason}`);
  say(`  questions are embedded by ${state.queryChoice.backend}: ${state.queryChoice.reason}`);

  await session.worker.kill();
  say("the worker was killed; three questions in other words:");
  let right = true;
  for (const question of questions) right = (await answer(session, question)) && right;

  await takePicture(session, picture);
  return right;
}

async function answer(session: Session, { text, page }: Question): Promise<boolean> {
  const found = await session.extension.search(text, SHOWN);
  say(`\n“${text}”`);
  say(
    `  ${found.backend}: embedded in ${found.embedMs.toFixed(1)} ms, searched in ${found.searchMs.toFixed(1)} ms`,
  );
  found.hits.forEach((hit, i) => {
    const cosine = hit.cosine === null ? "" : `, cosine ${hit.cosine.toFixed(3)}`;
    say(`  ${i + 1}. ${hit.score.toFixed(3)}  ${hit.title}  (${hit.site}; ${hit.why}${cosine})`);
  });
  const right = found.hits[0]?.url === urlOf(page);
  if (!right) say(`  wrong: ${urlOf(page)} should be first`);
  return right;
}

async function takePicture(session: Session, question: string): Promise<void> {
  const popup = await openPopup(session);
  await popup.keyboard.type(question);
  await waitForRows(popup, question);
  mkdirSync(path.dirname(PICTURE), { recursive: true });
  await popup.screenshot({ path: PICTURE as `${string}.png` });
  await popup.close();
  say(`\npicture of the popup: ${path.relative(process.cwd(), PICTURE)}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

let lastShown = "";
/** One line that is written over on a terminal; elsewhere a line each time something changed. */
function progress(what: string, done: number, all: number): void {
  const line = `${what} ${Math.min(done, all)}/${all}`;
  if (line === lastShown) return;
  lastShown = line;
  if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${line}${done >= all ? "\n" : ""}`);
  else if (done === 0 || done >= all) say(line);
}

try {
  if (!(await play())) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
