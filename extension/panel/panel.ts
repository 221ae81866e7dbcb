// The side panel: the same search as in the popup with more room, pages similar to the one in front (followed, if
// asked, from tab to tab), and everything that was read, day by day. It also serves as a page in a tab.
//
// Stable handles for tests, besides those of the search and the timeline: #tab-search, #tab-days, #follow, and the
// popup's #page-button, #similar-button, #pause, #options-button, #status.

import { PauseChoice } from "../search/pause.ts";
import { statusLine } from "../search/status.ts";
import { ThisPage } from "../search/this-page.ts";
import { SearchView } from "../search/view.ts";
import { lacksAccess } from "../shared/access.ts";
import {
  activeWebTab,
  onAccessChanged,
  onActiveTabChanged,
  openOptions,
  takeIntent,
  type WebTab,
} from "../shared/browser.ts";
import { byId } from "../shared/dom.ts";
import { wordsOf } from "../shared/problem.ts";
import { fillPage } from "../shared/strings.ts";
import { Timeline } from "./timeline.ts";

const status = byId("status", HTMLParagraphElement);
const sheet = byId("this-page", HTMLElement);
const pageButton = byId("page-button", HTMLButtonElement);
const similarButton = byId("similar-button", HTMLButtonElement);
const follow = byId("follow", HTMLInputElement);
const views = ["search", "days"] as const;
type View = (typeof views)[number];

fillPage();

const view = new SearchView(byId("search", HTMLElement), {
  opened: () => undefined,
  escaped: () => undefined,
  changed: () => {
    status.textContent = view.notice ?? statusLine(view.answer, view.state);
    if (view.state) pause.show(view.state);
  },
});
const timeline = new Timeline(
  byId("days", HTMLElement),
  (what, heard) => {
    view.tell(what, heard);
    void view.refreshState();
  },
  // The search's own place for problems is out of sight here.
  (error) => view.tell(wordsOf(error)),
);
const thisPage = new ThisPage(sheet, () => void view.refreshState());
const pause = new PauseChoice(
  byId("pause", HTMLSelectElement),
  () => {
    void view.refreshState();
    void thisPage.refresh();
  },
  (error) => view.complain(error),
);

function show(name: View): void {
  for (const each of views) {
    const tab = byId(`tab-${each}`, HTMLButtonElement);
    tab.setAttribute("aria-selected", String(each === name));
    tab.tabIndex = each === name ? 0 : -1;
    byId(each, HTMLElement).hidden = each !== name;
  }
  if (name === "days") void timeline.refresh();
}

for (const [index, name] of views.entries()) {
  const tab = byId(`tab-${name}`, HTMLButtonElement);
  tab.addEventListener("click", () => {
    show(name);
    if (name === "search") view.focus();
    else timeline.focus();
  });
  tab.addEventListener("keydown", (event) => {
    const to: Record<string, number> = {
      ArrowRight: (index + 1) % views.length,
      ArrowLeft: index - 1,
      Home: 0,
      End: -1,
    };
    const at = to[event.key];
    if (at === undefined) return;
    event.preventDefault();
    const other = views.at(at) ?? name;
    show(other);
    byId(`tab-${other}`, HTMLButtonElement).focus();
  });
}

/** How often, and after how long each, in ms, a page that is not known yet is asked for again. */
const LOOKS = 8;
const LOOK = 4_000;

/** The page in front, as far as the browser tells. */
let front: WebTab | null = null;
/** The address that similar pages were last asked for by following. */
let followed = "";

async function lookAtFront(): Promise<void> {
  front = await activeWebTab();
  similarButton.hidden = !front || follow.checked;
  pageButton.hidden = !front && !(await lacksAccess());
  if (pageButton.hidden) toggleSheet(false);
  else if (!sheet.hidden) void thisPage.show(front);
  followFront();
}

/** Follows to the page in front, unless a question stands in the box: that is not taken away. */
function followFront(): void {
  if (front?.url !== followed && !view.asking) followNow();
}

function followNow(): void {
  if (!follow.checked || !front) return;
  followed = front.url;
  void compareWith(front, LOOKS);
}

/** A page that has just come is not known yet; while it stays in front it is asked for again. */
async function compareWith(page: WebTab, looks: number): Promise<void> {
  const known = await view.showSimilar(page, looks < LOOKS);
  if (known || looks === 0) return;
  setTimeout(() => {
    const still = follow.checked && followed === page.url && view.comparing;
    if (still) void compareWith(page, looks - 1);
  }, LOOK);
}

function toggleSheet(shown: boolean): void {
  sheet.hidden = !shown;
  pageButton.setAttribute("aria-expanded", String(shown));
  if (shown) void thisPage.show(front);
}

async function followIntent(): Promise<void> {
  const intent = await takeIntent();
  if (!intent) return;
  show("search");
  view.follow(intent);
}

follow.addEventListener("change", () => {
  followed = "";
  similarButton.hidden = !front || follow.checked;
  if (follow.checked) {
    show("search");
    followNow();
  } else if (view.comparing) view.clear();
});
pageButton.addEventListener("click", () => toggleSheet(sheet.hidden !== false));
similarButton.addEventListener("click", () => {
  if (!front) return;
  show("search");
  void view.showSimilar(front);
});
byId("options-button", HTMLButtonElement).addEventListener("click", () => void openOptions());
// What was read meanwhile is there when one comes back.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible") return;
  void view.refreshState();
  if (!byId("days", HTMLElement).hidden) void timeline.refresh();
});
onActiveTabChanged(() => void lookAtFront());
onAccessChanged(() => void lookAtFront());

show("search");
view.start();
void followIntent();
void lookAtFront();
