// The demonstration: a question about the sample page, answered by the engine that answers later. It compares
// numbers and keeps nothing, so it works before "yes".

import { ask, language } from "../shared/browser.ts";
import { byId, element } from "../shared/dom.ts";
import { backendName, milliseconds } from "../shared/format.ts";
import { showProblem, wordsOf } from "../shared/problem.ts";
import { text } from "../shared/strings.ts";
import { FIRST_QUESTION, SAMPLE } from "./sample.ts";

/** Sentences that are told with their likeness. */
const TOLD = 3;

const form = byId("demo-form", HTMLFormElement);
const question = byId("demo-question", HTMLInputElement);
const answer = byId("demo-answer", HTMLDivElement);
const problem = byId("demo-problem", HTMLParagraphElement);

const sentences = SAMPLE.flat();
const places = sentences.map((sentence) => element("span", {}, sentence));

const twoDigits = new Intl.NumberFormat(language(), {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});

/** Only the answer to the last question is shown. */
let asked = 0;

async function compare(): Promise<void> {
  const typed = question.value.trim();
  if (typed === "") {
    question.focus();
    return;
  }
  asked += 1;
  const mine = asked;
  showProblem(problem, null);
  answer.replaceChildren(element("p", { class: "hint" }, text("demoReading")));
  try {
    const compared = await ask({ type: "compare", question: typed, texts: sentences });
    if (mine !== asked) return;
    const ranked = compared.cosines
      .map((cosine, at) => ({ cosine, at }))
      .sort((a, b) => b.cosine - a.cosine)
      .slice(0, TOLD);
    markBest(ranked[0]?.at);
    answer.replaceChildren(
      element("p", {}, text("demoNearest")),
      element(
        "ol",
        { lang: "en" },
        ...ranked.map(({ cosine, at }) =>
          element(
            "li",
            { "data-sentence": at, "data-cosine": cosine },
            sentences[at] ?? "",
            " ",
            element("span", { class: "figure" }, text("cosine", twoDigits.format(cosine))),
          ),
        ),
      ),
      element(
        "p",
        { class: "hint" },
        text("demoDone", backendName(compared.backend), milliseconds(compared.tookMs)),
      ),
    );
  } catch (error) {
    if (mine !== asked) return;
    answer.replaceChildren();
    showProblem(problem, wordsOf(error));
  }
}

/** Loads the model, so that the first answer need not wait for it. What goes wrong the question will say. */
function warm(): void {
  void ask({ type: "compare", question: FIRST_QUESTION, texts: sentences.slice(0, 1) }).catch(
    () => undefined,
  );
}

/** Marks the nearest sentence where it stands on the page. */
function markBest(best: number | undefined): void {
  places.forEach((place, at) => {
    place.replaceChildren(at === best ? element("mark", {}, sentences[at] ?? "") : (sentences[at] ?? ""));
  });
}

/** Shows the sample and waits for a question. */
export function startDemo(): void {
  let next = 0;
  byId("sample", HTMLElement).replaceChildren(
    ...SAMPLE.map((paragraph) => {
      const spans = places.slice(next, next + paragraph.length);
      next += paragraph.length;
      return element("p", {}, ...spans.flatMap((span) => [span, " "]));
    }),
  );
  question.value = FIRST_QUESTION;
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    seen.disconnect();
    warm();
  });
  seen.observe(form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void compare();
  });
}
