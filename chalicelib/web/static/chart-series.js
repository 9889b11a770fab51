/* Daily series, drawn by uPlot in the colours of the page. */

import { html, useEffect, useRef, useWidth } from "./ui.js";
import { roughMoney } from "./money.js";

const SHEET = new URL("./vendor-uplot.css", import.meta.url).href;
const HEIGHT = 240;

function sheet() {
  if (document.querySelector(`link[href="${SHEET}"]`)) return;
  document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: SHEET }));
}

function ink(name) {
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color; // a canvas knows no custom properties
  probe.remove();
  return colour;
}

function options(width, series) {
  const axis = {
    stroke: ink("--muted"),
    grid: { stroke: ink("--line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui",
  };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { drag: { x: false, y: false } },
    scales: { x: { time: true }, y: { range: (_, low, high) => [Math.min(0, low), Math.max(100, high * 1.05)] } },
    axes: [
      { ...axis, values: "{D} {MMM}", space: 64 },
      { ...axis, size: 60, values: (_, ticks) => ticks.map(roughMoney) },
    ],
    series: [
      {},
      ...series.map(({ label }, at) => ({
        label,
        stroke: ink(at ? "--chart-2" : "--chart-1"),
        width: 2,
        dash: at ? [6, 4] : undefined,
        points: { show: true, size: 5 },
      })),
    ],
  };
}

/**
 * Lines over days.
 * @param {string[]} days such as "2026-12-23"
 * @param {Array<{label: string, sizes: number[]}>} series at most two, in integer cents
 */
export function Series({ days, series, label }) {
  const [place, width] = useWidth();
  const chart = useRef(null);
  const content = JSON.stringify([days, series]);
  useEffect(() => {
    let isWanted = true;
    const draw = async () => {
      sheet();
      const { default: UPlot } = await import("./vendor-uplot.js");
      if (!isWanted || !place.current) return;
      chart.current?.destroy();
      const times = days.map((day) => Date.parse(`${day}T00:00:00Z`) / 1000);
      const given = { ...options(width, series), tzDate: (time) => UPlot.tzDate(new Date(time * 1000), "UTC") };
      chart.current = new UPlot(given, [times, ...series.map(({ sizes }) => sizes)], place.current);
    };
    draw();
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", draw);
    addEventListener("themechange", draw);
    return () => {
      isWanted = false;
      system.removeEventListener("change", draw);
      removeEventListener("themechange", draw);
      chart.current?.destroy();
      chart.current = null;
    };
  }, [content, width]);
  return html`<div ref=${place} role="img" aria-label=${label} style=${{ minHeight: `${HEIGHT}px` }}></div>`;
}
