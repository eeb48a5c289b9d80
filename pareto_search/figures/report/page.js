(() => {
  const text = (row, column) => row.cells[column].textContent.trim();
  // The last trace of a figure of lines is empty: the line under the pointer goes there.
  const follow = (box, figure) => {
    const points = figure.layout.meta && figure.layout.meta.points;
    if (!points) return;
    const top = figure.data.length - 1;
    box.on("plotly_hover", (event) => {
      const point = event.points[0];
      const at = point.pointNumber - (point.pointNumber % (points + 1));
      const part = (values) => [values.slice(at, at + points)];
      Plotly.restyle(box, { x: part(point.data.x), y: part(point.data.y) }, [top]);
    });
    box.on("plotly_unhover", () => Plotly.restyle(box, { x: [[]], y: [[]] }, [top]));
  };
  // A click on a trial opens its run in MLflow, or shows its row where no server is known.
  const rowOf = (trial) => [...document.querySelectorAll("#trials tbody tr")]
    .find((row) => text(row, 0) === trial);
  const lead = (box) => box.on("plotly_click", (event) => {
    const point = event.points[0];
    const trial = /^t\d+/.exec(point.text || point.customdata || "");
    const row = trial && rowOf(trial[0]);
    const link = row && row.querySelector("a");
    if (link) window.open(link.href, "_blank", "noopener");
    else if (row) row.scrollIntoView({ block: "center" });
  });
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const template = read("template");
  const draw = (box) => {
    if (box.dataset.drawn) return;
    box.dataset.drawn = "yes";
    const figure = read("data-" + box.id);
    Plotly.newPlot(box, figure.data, { ...figure.layout, template }, {
      displaylogo: false,
      responsive: true,
      modeBarButtonsToRemove: ["select2d", "lasso2d"],
      toImageButtonOptions: { format: "svg", filename: box.dataset.name },
    });
    follow(box, figure);
    lead(box);
  };

  const boxes = document.querySelectorAll(".plot");
  const watch = new IntersectionObserver((seen) => {
    for (const one of seen) {
      if (one.isIntersecting) {
        watch.unobserve(one.target);
        draw(one.target);
      }
    }
  }, { rootMargin: "800px" });
  boxes.forEach((box) => watch.observe(box));

  // On paper a figure is as wide as the page, whatever the window was.
  const PAPER_PX = 980;
  window.addEventListener("beforeprint", () => boxes.forEach((box) => {
    draw(box);
    Plotly.relayout(box, { autosize: false, width: PAPER_PX });
  }));
  window.addEventListener("afterprint", () => boxes.forEach((box) => {
    Plotly.relayout(box, { autosize: true, width: null });
  }));

  const compare = (a, b) => {
    const x = parseFloat(a), y = parseFloat(b);
    if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
    return a.localeCompare(b);
  };
  const sort = (head) => {
    const body = head.closest("table").tBodies[0], column = head.cellIndex;
    const sign = head.dataset.sign === "1" ? -1 : 1;
    head.dataset.sign = String(sign);
    const rows = [...body.rows].sort((a, b) => {
      const x = text(a, column), y = text(b, column);
      if (!x || !y) return (y ? 1 : 0) - (x ? 1 : 0); // empty cells come last, whichever way
      return sign * compare(x, y);
    });
    body.append(...rows);
  };
  document.querySelectorAll(".sortable th").forEach((head) => {
    head.addEventListener("click", () => sort(head));
  });
})();
