// The page's style sheet: type, colours of series, and how it prints.

enum ReportStyle {
  /// Actual is slate and predicted orange on every picture: they differ in lightness too, so that
  /// they stay apart in grey, and lines of the one are solid, of the other dashed.
  static let css = """
    :root { --ink: #1c2430; --quiet: #5a6675; --rule: #d9dee5; --actual: #3f4d61;
      --expected: #d9661a; --value: #2f6f9f; }
    * { box-sizing: border-box; }
    body { margin: 0; background: #fff; color: var(--ink);
      font: 15px/1.5 "Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif;
      font-variant-numeric: lining-nums tabular-nums; }
    main { max-width: 784px; margin: 0 auto; padding: 32px; }
    h1 { font-size: 28px; line-height: 1.2; margin: 0; letter-spacing: -0.01em; }
    h2 { font-size: 18px; line-height: 1.3; margin: 0 0 10px; overflow-wrap: anywhere; }
    .lead { color: var(--quiet); margin: 4px 0 24px; }
    .keys { display: grid; grid-template-columns: repeat(4, 1fr); margin: 0 0 28px;
      border-top: 2px solid var(--ink); border-bottom: 1px solid var(--rule); }
    .keys div { padding: 10px 0 12px; }
    .keys dt { color: var(--quiet); font-size: 13px; }
    .keys dd { margin: 0; font-size: 22px; line-height: 1.3; font-weight: 600; }
    .warnings { border-left: 4px solid var(--expected); padding: 2px 0 2px 14px;
      margin: 0 0 28px; overflow-wrap: anywhere; }
    .warnings p { margin: 4px 0; }
    .tables { display: grid; grid-template-columns: 1fr 1fr; gap: 24px 40px; align-items: start; }
    table { border-collapse: collapse; width: 100%; font-size: 13.5px; margin: 0 0 8px; }
    th, td { padding: 4px 0; border-bottom: 1px solid var(--rule); text-align: right;
      font-weight: normal; overflow-wrap: anywhere; }
    th:first-child { text-align: left; }
    thead th { color: var(--quiet); border-bottom-color: var(--ink); }
    .note { color: var(--quiet); font-size: 12.5px; margin: 0; }
    figure { margin: 36px 0 0; padding: 20px 0 0; border-top: 1px solid var(--rule); }
    figcaption { color: var(--quiet); font-size: 13.5px; line-height: 1.45; margin-top: 8px;
      max-width: 70ch; }
    .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 16px;
      border-top: 1px solid var(--rule); margin-top: 36px; }
    .pair figure { border: 0; margin: 0; }
    .missing { background: #f4f6f8; color: var(--quiet); padding: 22px; margin: 0; }
    svg { display: block; width: 100%; height: auto; font-size: 11px; fill: var(--ink); }
    svg .small { font-size: 9.5px; }
    svg .quiet { fill: var(--quiet); }
    svg .axis { fill: var(--quiet); font-size: 11px; }
    svg .strong { font-weight: 600; }
    svg .partial { font-style: italic; }
    svg .rim { stroke: #fff; stroke-width: 3; paint-order: stroke; stroke-linejoin: round; }
    svg .grid { stroke: #e4e8ed; stroke-width: 1; }
    svg .base, svg .tick { stroke: #7b8796; stroke-width: 1; }
    svg .frame { fill: none; stroke: #b4bcc7; stroke-width: 0.75; }
    svg .none { fill: #f6f7f9; }
    svg .later { fill: #f3f5f8; }
    svg .cut { stroke: var(--ink); stroke-width: 1; stroke-dasharray: 2 3; }
    svg .median { stroke: var(--ink); stroke-width: 1.5; }
    svg .mean { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 5 3; }
    svg .actual-area { fill: var(--actual); }
    svg .actual-line { fill: none; stroke: var(--actual); stroke-width: 2.2;
      stroke-linejoin: round; }
    svg .expected-line { fill: none; stroke: var(--expected); stroke-width: 2.2;
      stroke-dasharray: 7 3; stroke-linejoin: round; }
    svg .expected-mark { fill: var(--expected); stroke: #fff; stroke-width: 1.4; }
    svg .band { fill: #f6d3b8; }
    svg .value-area { fill: #78aed4; }
    svg .value-line { fill: none; stroke: var(--value); stroke-width: 2; stroke-linejoin: round; }
    svg .value-mark { fill: var(--value); }
    svg .order { stroke: var(--ink); stroke-width: 1.6; }
    @media screen and (max-width: 640px) {
      main { padding: 20px 16px; }
      .pair, .tables { grid-template-columns: 1fr; }
      .keys { grid-template-columns: 1fr 1fr; }
    }
    @page { size: A4; margin: 16mm 15mm; }
    @media print {
      body { font-size: 10.5pt; }
      main { max-width: none; padding: 0; }
      figure, .pair, .tables, .warnings { break-inside: avoid; }
      h1, h2 { break-after: avoid; }
      h2 { font-size: 12.5pt; margin-bottom: 1.5mm; }
      .lead, .keys, .warnings { margin-bottom: 4mm; }
      th, td { padding: 0.6mm 0; }
      figure, .pair { margin-top: 5mm; padding-top: 3.5mm; }
      .pair { padding-top: 0; }
      figcaption { font-size: 9pt; margin-top: 1mm; }
      * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
    }
    """
}
