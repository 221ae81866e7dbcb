// The popup: a search (search/view.ts says how it works), and under it what is known of the page in front, and pause.
//
// Stable handles for tests, besides those of the search: #status, #page-button and the sheet that it opens
// (search/this-page.ts), #similar-button, #pause, #panel-button, #options-button.

import { PauseChoice } from "../search/pause.ts";
import { statusLine } from "../search/status.ts";
import { ThisPage } from "../search/this-page.ts";
import { SearchView } from "../search/view.ts";
import { lacksAccess } from "../shared/access.ts";
import {
  activeWebTab,
  hasSidePanel,
  onAccessChanged,
  openOptions,
  openSidePanel,
  takeIntent,
  type WebTab,
} from "../shared/browser.ts";
import { byId } from "../shared/dom.ts";
import { fillPage } from "../shared/strings.ts";

const status = byId("status", HTMLParagraphElement);
const sheet = byId("this-page", HTMLElement);
const pageButton = byId("page-button", HTMLButtonElement);
const similarButton = byId("similar-button", HTMLButtonElement);
const panelButton = byId("panel-button", HTMLButtonElement);

fillPage();

const view = new SearchView(byId("search", HTMLElement), {
  opened: () => window.close(),
  escaped: () => window.close(),
  changed: () => {
    status.textContent = view.notice ?? statusLine(view.answer, view.state);
    if (view.state) pause.show(view.state);
  },
});
const thisPage = new ThisPage(sheet, () => void view.refreshState());
const pause = new PauseChoice(
  byId("pause", HTMLSelectElement),
  () => {
    void view.refreshState();
    void thisPage.refresh();
  },
  (error) => view.complain(error),
);

function toggleSheet(shown: boolean): void {
  sheet.hidden = !shown;
  pageButton.setAttribute("aria-expanded", String(shown));
  if (shown) void thisPage.show(front);
}

/** The page in front, as far as the browser tells. */
let front: WebTab | null = null;

async function lookAtFront(): Promise<void> {
  front = await activeWebTab();
  similarButton.hidden = !front;
  pageButton.hidden = !front && !(await lacksAccess());
  if (!sheet.hidden) void thisPage.show(front);
}

async function followIntent(): Promise<void> {
  const intent = await takeIntent();
  if (intent) view.follow(intent);
}

pageButton.addEventListener("click", () => toggleSheet(sheet.hidden !== false));
similarButton.addEventListener("click", () => {
  if (!front) return;
  toggleSheet(false);
  void view.showSimilar(front);
  view.focus();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || sheet.hidden) return;
  if (!sheet.contains(document.activeElement)) return;
  event.preventDefault();
  toggleSheet(false);
  pageButton.focus();
});
panelButton.hidden = !hasSidePanel();
panelButton.addEventListener("click", () => {
  openSidePanel().then(
    () => window.close(),
    (error: unknown) => view.complain(error),
  );
});
byId("options-button", HTMLButtonElement).addEventListener("click", () => {
  void openOptions().then(() => window.close());
});
onAccessChanged(() => void lookAtFront());

view.start();
void followIntent();
void lookAtFront();
