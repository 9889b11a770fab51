/* Reads the QR code of the API. Markup from strings is not allowed on the pages, so only its path is used. */

const PATH = /<path[^>]*\sd="([Mmh\d.\s-]+)"/;
const COMMAND = /([Mmh])\s*(-?[\d.]+)(?:[\s,]*(-?[\d.]+))?/g;
const QUIET_ZONE = 4; // modules, by ISO/IEC 18004
const MAX_SIZE = 177 + 2 * QUIET_ZONE; // the largest code has 177 modules a side

/**
 * Reads the lines of a code from its SVG: {size, path}. The size, in modules, includes the quiet zone.
 * @param {string} svg one path of horizontal lines, one module high, as segno writes it
 * @returns {{size: number, path: string}|null} null if the SVG has another form
 */
export function readQrCode(svg) {
  const path = PATH.exec(svg ?? "")?.[1];
  if (!path) return null;
  let x = 0;
  let right = 0;
  for (const [, command, first] of path.matchAll(COMMAND)) {
    x = command === "M" ? Number(first) : x + Number(first);
    right = Math.max(right, x);
  }
  const size = right + QUIET_ZONE;
  return Number.isInteger(size) && size <= MAX_SIZE ? { size, path } : null;
}
