/* A line chart of daily values, drawn by uPlot in the colours of the page. */

import { html, useEffect, useRef } from "./ui.js";
import { formatCompactMoney } from "./money.js";
import { useWidth } from "./charts.js";

const STYLESHEET = new URL("./vendor-uplot.css", import.meta.url).href;
const HEIGHT = 240;

function loadStylesheet() {
  if (document.querySelector(`link[href="${STYLESHEET}"]`)) return;
  document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: STYLESHEET }));
}

/** Returns the computed value of a colour token; a canvas does not resolve custom properties. */
function resolveColour(token) {
  const probe = document.createElement("i");
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

function chartOptions(width, series) {
  const axis = {
    stroke: resolveColour("--muted"),
    grid: { stroke: resolveColour("--line"), width: 1 },
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
      { ...axis, size: 60, values: (_, ticks) => ticks.map(formatCompactMoney) },
    ],
    series: [
      {},
      ...series.map(({ label }, index) => ({
        label,
        stroke: resolveColour(index ? "--chart-2" : "--chart-1"),
        width: 2,
        dash: index ? [6, 4] : undefined,
        points: { show: true, size: 5 },
      })),
    ],
  };
}

/**
 * Lines over days.
 * @param {string[]} days such as "2026-12-23"
 * @param {Array<{label: string, sizes: number[]}>} series one or two, in integer cents
 */
export function LineChart({ days, series, label }) {
  const [ref, width] = useWidth();
  const chart = useRef(null);
  const content = JSON.stringify([days, series]);
  useEffect(() => {
    let isMounted = true;
    const draw = async () => {
      loadStylesheet();
      const { default: UPlot } = await import("./vendor-uplot.js");
      if (!isMounted || !ref.current) return;
      chart.current?.destroy();
      const times = days.map((day) => Date.parse(`${day}T00:00:00Z`) / 1000);
      const tzDate = (time) => UPlot.tzDate(new Date(time * 1000), "UTC");
      const data = [times, ...series.map(({ sizes }) => sizes)];
      chart.current = new UPlot({ ...chartOptions(width, series), tzDate }, data, ref.current);
    };
    draw();
    const darkMode = matchMedia("(prefers-color-scheme: dark)");
    darkMode.addEventListener("change", draw);
    addEventListener("themechange", draw);
    return () => {
      isMounted = false;
      darkMode.removeEventListener("change", draw);
      removeEventListener("themechange", draw);
      chart.current?.destroy();
      chart.current = null;
    };
  }, [content, width]);
  return html`<div ref=${ref} role="img" aria-label=${label} style=${{ minHeight: `${HEIGHT}px` }}></div>`;
}
