// Pages in languages that the model does not know: read, found by their words, and the popup says that it was by words.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "puppeteer-core";
import { ownUrl } from "./harness/pages.ts";
import { openPopup, type PopupRow, waitForRows } from "./harness/popup.ts";
import { Session } from "./harness/session.ts";

const GERMAN = "http://watt.test/";
const JAPANESE = "http://misaki.test/";
/** In the same script, on something else. */
const OTHER_JAPANESE = "http://hatake.test/";

let session: Session;
let popup: Page;
before(async () => {
  session = await Session.start();
  serve(
    GERMAN,
    "de",
    "Unterwegs im Schlick",
    "Bei auflaufendem Wasser füllen sich die Priele zuerst, und wer dann noch draußen ist, dem schneiden sie den " +
      "Rückweg ab. Der Wattführer trägt deshalb eine Tabelle der Gezeiten bei sich.",
  );
  serve(
    JAPANESE,
    "ja",
    "岬の一年",
    "北の岬では毎晩ひとりの灯台守がランプに油を足していた。霧の夜には鐘を鳴らし、岩場に近づく漁船に危険を知らせた。" +
      "冬になると道は雪に埋もれ、食料は月に一度だけ届いた。",
  );
  serve(
    OTHER_JAPANESE,
    "ja",
    "麦の畑",
    "春の畑では麦の芽が伸び、農家は朝早くから水をまく。夏には黄金色の穂が風に揺れ、収穫の後には村で祭りが開かれる。",
  );
  await session.readAll([GERMAN, JAPANESE, OTHER_JAPANESE, ownUrl("tides")]);
  await session.extension.waitIndexed(60);
  popup = await openPopup(session);
});
after(() => session.close());

function serve(url: string, language: string, title: string, text: string): void {
  session.server.set(url, `<!doctype html><html lang="${language}"><title>${title}</title><p>${text}</p>`);
}

/** The rows that the popup shows for a question. */
async function ask(question: string): Promise<PopupRow[]> {
  await popup.click("#query", { count: 3 });
  await popup.keyboard.press("Delete");
  await popup.keyboard.type(question);
  return waitForRows(popup, question);
}

/** What the popup notes on the first row, and what it says when one points at that. */
function noted(): Promise<{ note: string; title: string }> {
  return popup.$$eval("[role=option][data-page]", ([row]) => {
    const note = row?.querySelector<HTMLElement>(".row-note");
    return { note: note?.textContent ?? "", title: note?.title ?? "" };
  });
}

async function byWords(question: string): Promise<string[]> {
  return (await session.extension.searchWords(question)).hits.map(({ url }) => url);
}

test("a German page is found by its words, as they are written or without their marks", async () => {
  for (const question of ["priele rückweg", "wattführer gezeiten", "draussen im schlick", "ruckweg"]) {
    assert.deepEqual(await byWords(question), [GERMAN], question);
    assert.equal((await ask(question))[0]?.url, GERMAN, question);
  }
});

test("a Japanese page is found by two or three characters from inside its text", async () => {
  for (const question of ["漁船", "灯台守", "霧の夜"]) {
    assert.deepEqual(await byWords(question), [JAPANESE], question);
    const row = (await ask(question)).find(({ url }) => url === JAPANESE);
    assert.ok(row?.marks.join("").includes(question), `${question} is marked: ${row?.marks}`);
  }
  assert.deepEqual(await byWords("漁師"), [], "two characters of which it has one");
});

test("where only words matched, the row says that the model does not know the language", async () => {
  for (const [word, url, language] of [
    ["priele", GERMAN, "German"],
    ["漁船", JAPANESE, "Japanese"],
  ] as const) {
    const [row] = await ask(`keyboard shortcuts of a spreadsheet ${word}`);
    assert.deepEqual([row?.url, row?.why], [url, "words"]);
    const { note, title } = await noted();
    assert.equal(note, `words only: ${language}`);
    assert.match(title, new RegExp(`the model does not know ${language}`));
  }
  const [row] = await ask("bay of fundy");
  assert.equal(row?.url, ownUrl("tides"));
  assert.equal((await noted()).note, "", "an English page has no such note");
});

// All of them are one word piece to it, so that any two Japanese texts seem alike.
test("characters that the model does not know are no meaning", async () => {
  for (const question of ["漁船", "灯台守", "霧の夜"]) {
    const rows = await ask(question);
    assert.deepEqual(
      rows.map(({ url, why }) => [url, why]),
      [[JAPANESE, "words"]],
      question,
    );
  }
});
