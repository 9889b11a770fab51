/* Bar charts as SVG of our own: zero-based, at most twelve labels, never told by colour alone. */

import { html, useId, useWidth } from "./ui.js";
import { roughMoney } from "./money.js";

const HEIGHT = 220;
const LEFT = 52;
const TOP = 8;
const BOTTOM = 26;
const MOST_LABELS = 12;

/** A figure: a finding in a sentence, the drawing, its legend in words, and the numbers as a table. */
export function Chart({ finding, legend, table, children }) {
  return html`<figure class="chart"><figcaption>${finding}</figcaption>${children}
    ${
      legend &&
      html`<p class="legend">${legend.map(
        ([kind, text]) => html`<span key=${text}>
      <${Swatch} kind=${kind} />${text}</span>`,
      )}</p>`
    }
    ${table && html`<details><summary>The numbers</summary>${table}</details>`}</figure>`;
}

function Swatch({ kind }) {
  const id = useId();
  return html`<svg viewBox="0 0 16 16" aria-hidden="true"><${Hatch} id=${id} />
    <rect x="1" y="1" width="14" height="14" rx="2" ...${paint(kind, id)} /></svg>`;
}

function Hatch({ id }) {
  return html`<defs><pattern id=${id} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
    <rect class="hatch-ground" width="6" height="6" /><line class="hatch-line" x1="0" y1="0" x2="0"
      y2="6" /></pattern></defs>`;
}

function paint(kind, id) {
  return kind === "two" ? { fill: `url(#${id})` } : { class: kind };
}

/** The smallest of 1, 2, 2.5, 5 × 10ⁿ whose multiples, at most five, reach the value. */
export function tickStep(most) {
  const rough = Math.max(most, 100) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) * power;
}

/**
 * Stacked columns.
 * @param {Array<{label: string, parts: Array<[string, number]>}>} columns parts: kind and integer cents, lowest first
 */
export function Columns({ columns, label }) {
  const id = useId();
  const [place, width] = useWidth();
  const totals = columns.map(({ parts }) => parts.reduce((sum, [, size]) => sum + size, 0));
  const step = tickStep(Math.max(...totals, 0));
  const top = Math.max(step, Math.ceil(Math.max(...totals, 0) / step) * step);
  const y = (size) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - size / top);
  const slot = (width - LEFT) / Math.max(columns.length, 1);
  const bar = Math.min(44, Math.max(1, slot - (slot > 4 ? Math.max(1, slot * 0.28) : 0.5)));
  const every = Math.ceil(columns.length / Math.min(MOST_LABELS, Math.max(2, Math.floor((width - LEFT) / 56))));
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, at) => at * step);
  return html`<div ref=${place}><svg width=${width} height=${HEIGHT} role="img" aria-label=${label}>
    <${Hatch} id=${id} />
    ${ticks.map(
      (tick) => html`<g key=${tick}><line class="axis" x1=${LEFT} x2=${width} y1=${y(tick)} y2=${y(tick)} />
      <text x=${LEFT - 8} y=${y(tick) + 4} text-anchor="end">${roughMoney(tick)}</text></g>`,
    )}
    ${columns.map(({ label: name, parts }, at) => {
      const x = LEFT + at * slot + (slot - bar) / 2;
      return html`<g key=${at}>${stacked(parts).map(
        ([kind, from, to]) => html`<rect x=${x} width=${bar}
        y=${y(to)} height=${Math.max(0, y(from) - y(to) - (from > 0 ? 1 : 0))} rx=${bar > 8 ? 2 : 0}
          ...${paint(kind, id)} />`,
      )}
        ${at % every === 0 && html`<text x=${x + bar / 2} y=${HEIGHT - 6} text-anchor="middle">${name}</text>`}</g>`;
    })}</svg></div>`;
}

function stacked(parts) {
  let height = 0;
  return parts.filter(([, size]) => size > 0).map(([kind, size]) => [kind, height, (height += size)]);
}

/**
 * Horizontal bars, to compare a few totals.
 * @param {Array<{label: string, size: number, text: string}>} rows size: integer cents
 */
export function Rows({ rows, label }) {
  const [place, width] = useWidth();
  const most = Math.max(...rows.map(({ size }) => size), 1);
  const line = 52;
  return html`<div ref=${place}><svg width=${width} height=${rows.length * line} role="img" aria-label=${label}>
    ${rows.map(
      ({ label: name, size, text }, at) => html`<g key=${name} transform=${`translate(0 ${at * line})`}>
      <text x="0" y="14">${name}</text><text x=${width} y="14" text-anchor="end">${text}</text>
      <rect class="one" y="20" height="20" rx="3" width=${Math.max(2, (width * size) / most)} /></g>`,
    )}
  </svg></div>`;
}

/**
 * One bar that is split, with the parts in words below it.
 * @param {Array<{word: string, kind: string, size: number, text: string}>} parts
 */
export function Split({ parts, finding }) {
  const shown = parts.filter(({ size }) => size > 0);
  return html`<figure class="chart"><figcaption>${finding}</figcaption>
    <div class="bar" aria-hidden="true">${shown.map(
      ({ word, kind, size }) => html`<i key=${word} class=${kind}
      style=${{ flex: `${size} 1 0` }}></i>`,
    )}</div>
    <ul class="legend">${parts.map(
      ({ word, kind, text }) => html`<li key=${word}><span class=${`dot ${kind}`}
      aria-hidden="true"></span>${word}: <strong class="tnum">${text}</strong></li>`,
    )}</ul></figure>`;
}
