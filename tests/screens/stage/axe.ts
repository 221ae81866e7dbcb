// What axe-core finds wrong for people who hear the page, use no pointer, or see little contrast.

import axe, { type Result } from "axe-core";
import type { Page } from "puppeteer-core";

interface Axe {
  run(options: object): Promise<{ violations: Result[] }>;
}

/** One line for each rule that is broken; `colours`: only of those that other colours can break. */
export async function complaints(page: Page, colours: boolean): Promise<string[]> {
  await page.evaluate(axe.source);
  const violations = await page.evaluate(
    async (rules) => {
      const { axe } = globalThis as unknown as { axe: Axe };
      return (await axe.run(rules === null ? {} : { runOnly: rules })).violations.map(
        ({ id, impact, help, nodes }) => ({
          id,
          impact,
          help,
          where: nodes.map(({ target, failureSummary }) => `${target.join(" ")}: ${failureSummary}`),
        }),
      );
    },
    colours ? ["color-contrast", "link-in-text-block"] : null,
  );
  return violations.map(
    ({ id, impact, help, where }) => `${impact}: ${id} (${help}) at ${where.join(" | ")}`,
  );
}
