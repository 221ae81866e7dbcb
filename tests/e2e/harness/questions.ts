// The questions, the pages they are asked about, and what must be found. Texts of pages are not here: they
// belong to their publishers and lie outside the repository.

import { readFileSync } from "node:fs";

/** A question in other words than the page's. */
export interface Question {
  text: string;
  /** The folder of the page that answers it. */
  page: string;
  /** It shares no content word with the page's whole text either. */
  foreignToText?: boolean;
}

/** Pages and questions to show what the product does. */
export interface Demo {
  pages: string[];
  questions: Question[];
  /** What is asked for the picture: something that several pages answer. */
  picture: string;
}

/** `questions.json`. */
export interface Questions {
  /** The real pages that are visited. */
  pages: string[];
  questions: Question[];
  /** Pages that have mates of the same subject in the set. */
  similar: { subject: string; page: string; mates: string[] }[];
  demo: { real: Demo; articles: Demo };
}

/** Reads them. */
export function readQuestions(): Questions {
  return JSON.parse(readFileSync("tests/e2e/questions.json", "utf8"));
}
