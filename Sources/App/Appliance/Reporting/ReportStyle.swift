/// The look of the page: system fonts, two sets of colours, and ink on paper.
enum ReportStyle {
    /// Series colours keep a contrast of 3:1 to their background and can be told apart without
    /// red and green; gains and losses also differ by sign and place.
    static let sheet = """
        :root { --page: #fbfbfa; --card: #fff; --ink: #1c1e21; --soft: #5d636b; --rule: #dfe1e4;
          --zero: #8b9097; --one: #2463b4; --area: #2463b41f; --gain: #167d5c; --loss: #b93a2b;
          --fall: #b93a2b24; --sentiment: #2463b4; --trend: #b45f06; --reversion: #7a3fa8; }
        @media screen and (prefers-color-scheme: dark) {
          :root { --page: #131517; --card: #1b1e21; --ink: #e7e9ec; --soft: #a0a7b0;
            --rule: #32373d; --zero: #7b828b; --one: #6ea8f0; --area: #6ea8f026; --gain: #4cc29a;
            --loss: #f0806f; --fall: #f0806f2b; --sentiment: #6ea8f0; --trend: #eda649;
            --reversion: #c295ea; }
        }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 1080px; padding: 24px 20px 60px; background: var(--page);
          color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto,
          "Noto Sans", "DejaVu Sans", sans-serif; }
        h1 { font-size: 26px; line-height: 1.25; margin: 0 0 2px; overflow-wrap: anywhere; }
        h2 { font-size: 19px; margin: 40px 0 10px; }
        h3 { font-size: 15px; margin: 0; }
        .note { color: var(--soft); font-size: 13px; margin: 2px 0 8px; }
        .good { color: var(--gain); }
        .bad { color: var(--loss); }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(155px, 1fr));
          gap: 10px; margin: 20px 0 0; }
        .tiles div { background: var(--card); border: 1px solid var(--rule); border-radius: 8px;
          padding: 10px 14px; }
        .tiles dt { color: var(--soft); font-size: 13px; }
        .tiles dd { margin: 0; font-size: 19px; font-weight: 600;
          font-variant-numeric: tabular-nums; }
        figure { margin: 0 0 14px; padding: 12px 14px 6px; background: var(--card);
          border: 1px solid var(--rule); border-radius: 8px; }
        .wide { overflow-x: auto; }
        svg { display: block; width: 100%; min-width: 620px; height: auto; }
        svg text { fill: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; }
        svg .middle { text-anchor: middle; }
        svg .end { text-anchor: end; }
        svg line { stroke: var(--rule); stroke-width: 1; }
        svg .zero { stroke: var(--zero); }
        svg .tick { stroke: var(--zero); }
        svg line.start { stroke: var(--zero); stroke-dasharray: 5 4; }
        svg .line { fill: none; stroke: var(--c); stroke-width: 1.6; stroke-linejoin: round; }
        svg .area { stroke: none; }
        svg .dot { fill: var(--c); }
        svg .one { --c: var(--one); }
        svg .one.area { fill: var(--area); }
        svg .fall { --c: var(--loss); }
        svg .fall.area { fill: var(--fall); }
        svg .sentiment { --c: var(--sentiment); }
        svg .trend { --c: var(--trend); }
        svg .reversion { --c: var(--reversion); }
        svg text.sentiment, svg text.trend, svg text.reversion { fill: var(--c); font-weight: 600; }
        svg .bar.gain { fill: var(--gain); }
        svg .bar.loss { fill: var(--loss); }
        svg .bar:hover { opacity: .7; }
        svg .strip { opacity: 0; fill: var(--ink); }
        svg .strip rect { fill: transparent; }
        svg .strip line { stroke: var(--zero); }
        svg .strip:hover { opacity: 1; }
        table { border-collapse: collapse; width: 100%; margin: 0 0 20px; font-size: 14px; }
        caption { text-align: left; font-weight: 600; padding: 6px 0; }
        th, td { text-align: left; padding: 5px 10px; border-bottom: 1px solid var(--rule);
          vertical-align: top; }
        thead th { color: var(--soft); font-size: 12px; font-weight: 500; white-space: nowrap; }
        tbody th { font-weight: 500; }
        .num { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
        .figures th code { display: block; color: var(--soft); font-size: 11px; }
        .figures thead th:first-child { width: 28%; }
        .figures thead th:nth-child(2) { width: 16%; }
        .formula { color: var(--soft); font-size: 12.5px; }
        .facts th { width: 28%; }
        .facts td { overflow-wrap: anywhere; }
        .dense { font-size: 13px; }
        .dense th, .dense td { padding: 4px 7px; white-space: nowrap; }
        code, .id { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, monospace;
          font-size: 11px; }
        .rows { padding-left: 18px; overflow-wrap: anywhere; }
        @media print {
          :root { --page: #fff; --card: #fff; }
          body { max-width: none; padding: 0; font-size: 10pt; }
          figure, tr, .tiles div { break-inside: avoid; }
          h2, h3, caption { break-after: avoid; }
          .wide { overflow: visible; }
          svg { min-width: 0; }
          table { font-size: 9pt; }
          .dense { font-size: 7.5pt; }
          .dense th:last-child, .dense td:last-child, .strip { display: none; }
        }

        """
}
