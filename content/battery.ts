/**
 * Whether the device should be spared. No browser tells an extension that it saves energy, but Chromium tells a page about
 * the battery, and begins to save by itself when so little is left.
 */

/** Chromium's own threshold, as a share. */
const LOW = 0.2;

/** What the Battery Status API says, as far as it is asked here. */
interface Battery {
  charging: boolean;
  level: number;
}

/** `null` where the browser does not tell: Firefox, and pages without TLS or whose policy forbids it. */
export async function isBatteryLow(): Promise<boolean | null> {
  try {
    const ask = (navigator as { getBattery?: () => Promise<Battery> }).getBattery;
    const battery = await ask?.call(navigator);
    return battery === undefined ? null : !battery.charging && battery.level <= LOW;
  } catch {
    return null;
  }
}
