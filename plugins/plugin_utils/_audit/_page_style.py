# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the page of an audit looks, by day and by night. Text has a contrast of 4.5 to 1 at least (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

STYLE = """
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --panel: #ffffff; --line: #e0e4ea; --text: #1b2330; --muted: #5a6575; --track: #edf0f4;
  --critical: #b3202a; --critical-soft: #fdecec; --warning: #8a5200; --warning-soft: #fdf3df; --warning-bar: #e09b2d;
  --notice: #1d5fa8; --notice-soft: #e9f2fc; --good: #1a6e45; --good-soft: #e6f5ec; --good-bar: #3fa873;
  --critical-bar: #d84a52; --accent: #3566c8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #11151c; --panel: #1a202a; --line: #2d3644; --text: #e7ebf1; --muted: #9ca8b8; --track: #252d39;
    --critical: #ff8f93; --critical-soft: #3a1d22; --warning: #f2bd62; --warning-soft: #362a15;
  --warning-bar: #d99a35;
    --notice: #86b9f4; --notice-soft: #18293f; --good: #74d3a0; --good-soft: #163226; --good-bar: #3f9b6d;
    --critical-bar: #e05a61; --accent: #7ea6f5;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", "DejaVu Sans", sans-serif;
}
main, header, footer { max-width: 1160px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 36px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.01em; }
h2 { font-size: 19px; margin: 0 0 4px; }
h3 { font-size: 15px; margin: 22px 0 8px; }
p { margin: 0 0 8px; }
a { color: var(--accent); }
code {
  font: 13px/1.4 ui-monospace, "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace;
  overflow-wrap: anywhere;
}
.muted, footer { color: var(--muted); }
nav { margin-top: 10px; display: flex; flex-wrap: wrap; gap: 4px 18px; }
.tiles {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(180px, 1fr)); gap: 14px; margin: 24px 0;
  padding: 0;
}
.tile {
  background: var(--panel); border: 1px solid var(--line); border-top: 4px solid var(--line); border-radius: 10px;
  padding: 14px 18px; list-style: none;
}
.tile strong {
  display: block; font-size: 30px; line-height: 1.15; font-weight: 650; font-variant-numeric: tabular-nums;
}
.tile.some.critical { border-top-color: var(--critical-bar); } .tile.some.critical strong { color: var(--critical); }
.tile.some.warning { border-top-color: var(--warning-bar); } .tile.some.warning strong { color: var(--warning); }
.tile.some.notice { border-top-color: var(--notice); } .tile.some.notice strong { color: var(--notice); }
.tile.due { border-top-color: var(--warning-bar); } .tile.valid { border-top-color: var(--good-bar); }
.tile .muted { overflow-wrap: anywhere; font-size: 13px; display: block; }
section {
  background: var(--panel); border: 1px solid var(--line); border-radius: 12px; padding: 22px 24px;
  margin: 0 0 20px;
}
.wide { overflow-x: auto; }
.wide > svg { min-width: 860px; display: block; height: auto; }
.badge {
  display: inline-block; border-radius: 999px; padding: 1px 10px; font-size: 12.5px; font-weight: 600;
  white-space: nowrap;
}
.badge.critical, .badge.expired { color: var(--critical); background: var(--critical-soft); }
.badge.warning, .badge.due { color: var(--warning); background: var(--warning-soft); }
.badge.notice { color: var(--notice); background: var(--notice-soft); }
.badge.valid, .badge.good { color: var(--good); background: var(--good-soft); }
details { border: 1px solid var(--line); border-radius: 10px; margin: 0 0 10px; }
summary { cursor: pointer; padding: 10px 14px; font-weight: 600; border-radius: 10px; }
summary:focus-visible, a:focus-visible, .wide:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
summary .muted { font-weight: 400; margin-left: 6px; }
details.critical { border-left: 4px solid var(--critical-bar); }
details.warning { border-left: 4px solid var(--warning-bar); }
details.notice { border-left: 4px solid var(--notice); }
ul.findings { list-style: none; margin: 0; padding: 0 14px 4px; }
ul.findings li {
  display: grid; grid-template-columns: 220px 1fr; gap: 2px 20px; padding: 9px 0;
  border-top: 1px solid var(--line);
}
ul.findings .who { overflow-wrap: anywhere; }
ul.findings .who span { display: block; font-size: 13px; color: var(--muted); }
ul.findings .hint { color: var(--muted); font-size: 14px; }
@media (max-width: 700px) {
  ul.findings li { grid-template-columns: 1fr; }
  main, header, footer { padding-left: 14px; padding-right: 14px; }
}
.nothing { display: flex; gap: 12px; align-items: center; padding: 12px 0 4px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; min-width: 860px; }
th { text-align: left; color: var(--muted); font-weight: 600; font-size: 13px; white-space: nowrap; }
th, td { padding: 8px 12px 8px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.name { overflow-wrap: anywhere; max-width: 300px; }
td.where { overflow-wrap: anywhere; max-width: 330px; font-size: 13px; }
td.date { white-space: nowrap; font-variant-numeric: tabular-nums; }
td.where div { margin-bottom: 2px; } td.where .more { color: var(--muted); }
td details { border: 0; margin: 0; } td summary { padding: 0; font-weight: 400; color: var(--accent); }
.legend {
  display: flex; flex-wrap: wrap; gap: 4px 20px; font-size: 13px; color: var(--muted); margin: 0 0 12px;
  padding: 0;
}
.legend li { list-style: none; display: flex; align-items: center; gap: 7px; }
svg { font-family: inherit; }
svg text { fill: var(--text); font-size: 13px; }
svg .owner, svg .tick, svg .column { fill: var(--muted); font-size: 11.5px; }
svg .column { font-size: 13px; font-weight: 600; }
svg .tick { text-anchor: middle; }
svg .today { font-weight: 700; fill: var(--accent); paint-order: stroke; stroke: var(--panel); stroke-width: 6px; }
svg .grid { stroke: var(--line); } svg .now { stroke: var(--accent); stroke-width: 1.5; stroke-dasharray: 3 3; }
svg .track { fill: var(--track); }
svg .bar.valid { fill: var(--good-bar); }
svg .bar.due { fill: var(--warning-bar); }
svg .bar.expired { fill: var(--critical-bar); }
svg .end { fill: var(--panel); stroke-width: 3; }
svg .end.valid { stroke: var(--good-bar); }
svg .end.due { stroke: var(--warning-bar); }
svg .beyond { fill: none; stroke: var(--panel); stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
svg .left { text-anchor: end; font-size: 12.5px; font-variant-numeric: tabular-nums; }
svg .left.due { fill: var(--warning); font-weight: 600; }
svg .left.expired { fill: var(--critical); font-weight: 600; }
svg .box { fill: var(--panel); stroke: var(--line); stroke-width: 1.5; }
svg .box.in_force { stroke: var(--good-bar); fill: var(--good-soft); }
svg .box.foreign { stroke: var(--warning-bar); fill: var(--warning-soft); }
svg .box.unknown { stroke: var(--critical-bar); fill: var(--critical-soft); stroke-dasharray: 5 4; }
svg .box.service { fill: var(--track); }
svg .edge { fill: none; stroke-width: 2; stroke: var(--good-bar); }
svg .edge.foreign { stroke: var(--warning-bar); } svg .edge.unknown { stroke: var(--critical-bar); }
svg .edge.trusts { stroke-dasharray: 2 5; stroke-linecap: round; }
footer { padding-bottom: 40px; font-size: 13px; }
@media print { body { background: none; } section, .tile { break-inside: avoid; } nav { display: none; } }
"""
