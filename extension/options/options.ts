// The options page: what holds for all of its sections, each of which has a file of its own and a <section>.
//
// Every change is saved at once. The state is asked for every two seconds while the page is looked at.
//
// Stable handles for tests: #problem, #no-consent, #access (shared/access.ts); #sections a; #pause-form, #pause-for, #pause-button,
// #resume-button; [name=level]; #manual, #noarchive, #aged-out; #rule-site, #rule-level, #rule-add, #rule-status,
// #rules tr[data-site][data-level]; #sensitive-filter, #sensitive li[data-site][data-let-in]; #counts with
// [data-fact=…] named as the fields of State; #keep-days, #keep-megabytes; #sites tr[data-site]; #period,
// #period-from, #period-to, #period-button, #everything-button, #forget-status; #backend, #software-gpu;
// #chain tr[data-backend][data-available][data-code]; #diagnose-text, #diagnose-button, #diagnosis with
// [data-fact=…] named as the fields of Diagnosis and a data-backend; #choices; #copy-button, #copy-status;
// dialog #confirm with #confirm-what, #confirm-titles, #confirm-word, #confirm-yes, #confirm-no.

import type { State } from "../../messages/messages.ts";
import { AccessNotice } from "../shared/access.ts";
import { startBackfill } from "../shared/backfill.ts";
import { ask, openWelcome } from "../shared/browser.ts";
import { byId, element } from "../shared/dom.ts";
import { wordsOf } from "../shared/problem.ts";
import { fillPage, text } from "../shared/strings.ts";
import { showState, startDiagnostics } from "./diagnostics.ts";
import { showModels, startModels } from "./models.ts";
import { showPrivacy, startPrivacy } from "./privacy.ts";
import { showRules, startRules } from "./rules.ts";
import { CHANGED, showStanding } from "./section.ts";
import { showSensitive, startSensitive } from "./sensitive.ts";
import { showSpeed, startSpeed } from "./speed.ts";
import { showStorage, startStorage } from "./storage.ts";
import { showTransfer, startTransfer } from "./transfer.ts";

/** How often the page reads the state while it is looked at, in ms. */
const REFRESH = 2000;

const noConsent = byId("no-consent", HTMLDivElement);
const navigation = byId("sections", HTMLElement);

/** Each section draws its part of the state. */
const SHOW = [
  showPrivacy,
  showRules,
  showSensitive,
  showStorage,
  showTransfer,
  showModels,
  showSpeed,
  showState,
];

fillPage();
const access = new AccessNotice(byId("access", HTMLDivElement), byId("privacy", HTMLElement));
startBackfill(byId("backfill", HTMLElement));
startTransfer(byId("transfer", HTMLElement));
for (const start of [
  startPrivacy,
  startRules,
  startSensitive,
  startStorage,
  startModels,
  startSpeed,
  startDiagnostics,
])
  start();
navigate();

function show(state: State): void {
  noConsent.hidden = state.settings.consent;
  void access.check();
  showStanding(state.problem && text("foundByLetters", state.queryChoice.reason));
  for (const part of SHOW) part(state);
}

/** Links to the sections, in their order, the one that is looked at marked. */
function navigate(): void {
  const sections = [...document.querySelectorAll<HTMLElement>("main > section[id]")];
  const links = new Map(
    sections.map((section) => {
      const name = section.querySelector("h2")?.textContent ?? "";
      return [section, element("a", { href: `#${section.id}` }, name)];
    }),
  );
  navigation.replaceChildren(
    element("ul", {}, ...[...links.values()].map((link) => element("li", {}, link))),
  );
  const mark = (): void => {
    const there = sections.filter((section) => !section.hidden);
    // The last one that begins above the upper third; at the page's end, the last one.
    const atEnd = window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 2;
    const above = there.filter((section) => section.getBoundingClientRect().top < window.innerHeight / 3);
    const current = atEnd && window.scrollY > 0 ? there.at(-1) : (above.at(-1) ?? there[0]);
    for (const [section, link] of links) {
      if (link.parentElement) link.parentElement.hidden = section.hidden;
      if (section === current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };
  document.addEventListener("scroll", mark, { passive: true });
  // Sections come and go with the state.
  const shown = new MutationObserver(mark);
  for (const section of sections) shown.observe(section, { attributeFilter: ["hidden"] });
  mark();
}

/** Answers may overtake each other; only that to the last question counts. */
let asked = 0;

async function refresh(): Promise<void> {
  if (document.visibilityState !== "visible") return;
  asked += 1;
  const mine = asked;
  try {
    const state = await ask({ type: "state" });
    if (mine === asked) show(state);
  } catch (error) {
    if (mine === asked) showStanding(wordsOf(error));
  }
}

byId("welcome-button", HTMLButtonElement).addEventListener("click", () => void openWelcome());
document.addEventListener("visibilitychange", () => void refresh());
document.addEventListener(CHANGED, () => void refresh());

void refresh();
setInterval(() => void refresh(), REFRESH);
