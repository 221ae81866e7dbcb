// What a test needs and a machine may lack. There the test is skipped and says why; but not where AFTERIMAGE_REQUIRE is
// set, as in CI, where a test that quietly never runs would be worse than one that fails.

/** Gives the reason back, or throws it; `null` where nothing is missing. For the `skip` option of a test. */
export function skipWhere(missing: string | null): string | false {
  if (missing === null) return false;
  if ((process.env.AFTERIMAGE_REQUIRE ?? "") !== "") throw new Error(missing);
  return missing;
}
