/** The inspector's page: its HTML, with the one style sheet that it needs. The script is page-script.ts. */

export const pageHtml = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Rondo</title>
<link rel="stylesheet" href="/page.css">
<script type="module" src="/page-script.js"></script>
<header><h1>Rondo</h1><p id="status" role="status">asking the ring ...</p></header>
<main>
  <div id="ring"></div>
  <section>
    <table>
      <thead><tr><th>node<th>identifier<th>state<th>predecessor<th>successors<th>partitions led<th>records</tr></thead>
      <tbody id="nodes"></tbody>
    </table>
    <table>
      <thead><tr><th>node<th>replicas between views<th>statechart: region and state</tr></thead>
      <tbody id="charts"></tbody>
    </table>
    <table>
      <thead><tr><th>partition without quorum<th>view<th>waits for</tr></thead>
      <tbody id="lost"></tbody>
    </table>
    <table>
      <thead><tr><th>counter<th>ring</tr></thead>
      <tbody id="counters"></tbody>
    </table>
  </section>
</main>
</html>
`;

export const pageCss = `
body { font: 14px/1.4 ui-sans-serif, system-ui, sans-serif; margin: 0; color: #1c2430; background: #f4f5f7; }
header { display: flex; align-items: baseline; gap: 1rem; padding: 0.75rem 1.25rem; }
h1 { font-size: 1.2rem; margin: 0; }
#status { margin: 0; color: #667080; }
#status.lost { color: #c43b3b; }
main { display: flex; flex-wrap: wrap; gap: 1.25rem; padding: 0 1.25rem 1.25rem; }
#ring svg { max-width: 100%; height: auto; }
section { flex: 1 1 30rem; overflow-x: auto; }
table { border-collapse: collapse; background: #fff; border-radius: 8px; margin-bottom: 1.25rem; width: 100%; }
th, td { text-align: left; padding: 0.3rem 0.7rem; border-bottom: 1px solid #eceef2; white-space: nowrap; }
td.chart { white-space: normal; }
td.id { font-family: ui-monospace, monospace; font-size: 12px; }
`;
