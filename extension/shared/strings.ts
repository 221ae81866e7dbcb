// Texts: typed keys of `_locales/en/messages.json`, plurals, and the filling of a page's static markup.

import type english from "../_locales/en/messages.json";
import { direction, language, translated } from "./browser.ts";

/** The key of a text; a key that is not in the English file does not compile. */
export type MessageKey = keyof typeof english;

/** A text, `$1`… replaced. */
export function text(key: MessageKey, ...substitutions: string[]): string {
  return translated(key, substitutions);
}

/** Names that stand for a pair of texts, `NAME_one` and `NAME_other`. */
type CountKey = { [K in MessageKey]: K extends `${infer Name}_other` ? Name : never }[MessageKey];

const plurals = new Intl.PluralRules(language());
const numbers = new Intl.NumberFormat(language());

/** A text with a number in it (`$1`), in the plural form that the language asks for. */
export function counted(name: CountKey, count: number): string {
  const shown = [numbers.format(count)];
  const key = `${name}_${plurals.select(count)}`;
  const exact = translated(key, shown);
  return exact === key ? translated(`${name}_other`, shown) : exact;
}

/** A whole number with the language's separators. */
export function number(value: number): string {
  return numbers.format(value);
}

/** Which attribute of an element a `data-…` key fills; `data-i18n` itself fills the text. */
const FILLED: Record<string, string> = {
  "data-i18n-label": "aria-label",
  "data-i18n-placeholder": "placeholder",
  "data-i18n-title": "title",
};

/** Fills every `data-i18n…` of the page and tells the page its language and direction. */
export function fillPage(): void {
  document.documentElement.lang = language();
  if (direction() === "rtl") document.documentElement.dir = "rtl";
  for (const element of document.querySelectorAll<HTMLElement>("[data-i18n]"))
    element.textContent = translated(element.dataset.i18n ?? "");
  for (const [from, to] of Object.entries(FILLED)) {
    for (const element of document.querySelectorAll(`[${from}]`))
      element.setAttribute(to, translated(element.getAttribute(from) ?? ""));
  }
}
