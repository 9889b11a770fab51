/* SVG charts: axes start at zero, up to twelve labels, and no meaning depends on colour alone. */

import { html, useId, useLayoutEffect, useRef, useState } from "./ui.js";
import { formatCompactMoney } from "./money.js";

const HEIGHT = 220;
const LEFT = 52;
const TOP = 8;
const BOTTOM = 26;
const MAX_LABELS = 12;

/** A figure: a finding in one sentence, the drawing, its legend as text, and the data as a table. */
export function Chart({ finding, legend, table, children }) {
  return html`<figure class="chart"><figcaption>${finding}</figcaption>${children}
    ${
      legend &&
      html`<p class="legend">${legend.map(
        ([kind, text]) => html`<span key=${text}>
      <${Swatch} kind=${kind} />${text}</span>`,
      )}</p>`
    }
    ${table && html`<details><summary>View as table</summary>${table}</details>`}</figure>`;
}

/** The width of an element in CSS pixels, kept up to date. Charts use it so that labels keep their size. */
export function useWidth(fallback = 320) {
  const ref = useRef(null);
  const [width, setWidth] = useState(fallback);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.max(200, Math.floor(entry.contentRect.width))));
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

function Swatch({ kind }) {
  const id = useId();
  return html`<svg viewBox="0 0 16 16" aria-hidden="true"><${Hatch} id=${id} />
    <rect x="1" y="1" width="14" height="14" rx="2" ...${fillOf(kind, id)} /></svg>`;
}

function Hatch({ id }) {
  return html`<defs><pattern id=${id} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
    <rect class="hatch-ground" width="6" height="6" /><line class="hatch-line" x1="0" y1="0" x2="0"
      y2="6" /></pattern></defs>`;
}

function fillOf(kind, hatchId) {
  return kind === "series-2" ? { fill: `url(#${hatchId})` } : { class: kind };
}

/** Returns the smallest of 1, 2, 2.5, 5 × 10ⁿ for which up to four steps reach the value. */
function tickStep(max) {
  const rough = Math.max(max, 100) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) * power;
}

/**
 * Stacked columns.
 * @param {Array<{label: string, parts: Array<[string, number]>}>} columns parts: kind and integer cents, lowest first
 */
export function ColumnChart({ columns, label }) {
  const id = useId();
  const [ref, width] = useWidth();
  const totals = columns.map(({ parts }) => parts.reduce((sum, [, size]) => sum + size, 0));
  const step = tickStep(Math.max(...totals, 0));
  const top = Math.max(step, Math.ceil(Math.max(...totals, 0) / step) * step);
  const y = (size) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - size / top);
  const slot = (width - LEFT) / Math.max(columns.length, 1);
  const bar = Math.min(44, Math.max(1, slot - (slot > 4 ? Math.max(1, slot * 0.28) : 0.5)));
  const labelStep = Math.ceil(columns.length / Math.min(MAX_LABELS, Math.max(2, Math.floor((width - LEFT) / 56))));
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step);
  return html`<div ref=${ref}><svg width=${width} height=${HEIGHT} role="img" aria-label=${label}>
    <${Hatch} id=${id} />
    ${ticks.map(
      (tick) => html`<g key=${tick}><line class="axis" x1=${LEFT} x2=${width} y1=${y(tick)} y2=${y(tick)} />
      <text x=${LEFT - 8} y=${y(tick) + 4} text-anchor="end">${formatCompactMoney(tick)}</text></g>`,
    )}
    ${columns.map(({ label: name, parts }, index) => {
      const x = LEFT + index * slot + (slot - bar) / 2;
      return html`<g key=${index}>${stackParts(parts).map(
        ([kind, from, to]) => html`<rect x=${x} width=${bar}
        y=${y(to)} height=${Math.max(0, y(from) - y(to) - (from > 0 ? 1 : 0))} rx=${bar > 8 ? 2 : 0}
          ...${fillOf(kind, id)} />`,
      )}
        ${
          index % labelStep === 0 &&
          html`<text x=${x + bar / 2} y=${HEIGHT - 6}
          text-anchor="middle">${name}</text>`
        }</g>`;
    })}</svg></div>`;
}

function stackParts(parts) {
  let height = 0;
  return parts.filter(([, size]) => size > 0).map(([kind, size]) => [kind, height, (height += size)]);
}

/**
 * Horizontal bars that compare a few totals.
 * @param {Array<{label: string, size: number, text: string}>} rows size: integer cents
 */
export function BarChart({ rows, label }) {
  const [ref, width] = useWidth();
  const max = Math.max(...rows.map(({ size }) => size), 1);
  const rowHeight = 52;
  return html`<div ref=${ref}><svg width=${width} height=${rows.length * rowHeight} role="img" aria-label=${label}>
    ${rows.map(
      ({ label: name, size, text }, index) => html`<g key=${name} transform=${`translate(0 ${index * rowHeight})`}>
      <text x="0" y="14">${name}</text><text x=${width} y="14" text-anchor="end">${text}</text>
      <rect class="series-1" y="20" height="20" rx="3" width=${Math.max(2, (width * size) / max)} /></g>`,
    )}
  </svg></div>`;
}

/**
 * One bar that is split into parts, with the parts as text below it.
 * @param {Array<{label: string, kind: string, size: number, text: string}>} parts
 */
export function SplitBar({ parts, finding }) {
  const visible = parts.filter(({ size }) => size > 0);
  return html`<figure class="chart"><figcaption>${finding}</figcaption>
    <div class="bar" aria-hidden="true">${visible.map(
      ({ label, kind, size }) => html`<i key=${label} class=${kind}
      style=${{ flex: `${size} 1 0` }}></i>`,
    )}</div>
    <ul class="legend">${parts.map(
      ({ label, kind, text }) => html`<li key=${label}><span class=${`dot ${kind}`}
      aria-hidden="true"></span>${label}: <strong class="tnum">${text}</strong></li>`,
    )}</ul></figure>`;
}
