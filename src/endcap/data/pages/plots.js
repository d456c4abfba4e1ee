// What the plots of every page share.
const ink = "#1d2430", soft = "#5d6675", faint = "#8b93a1", line = "#e3e6ea", accent = "#0f766e", warm = "#b45309", quiet = "#b3b9c3";
const text = { fontFamily: getComputedStyle(document.body).fontFamily, color: soft, fontSize: 12 };
const escaped = (words) => words.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);

// Fills every element that names a plot (data-plot) with what the function of that name gives for it; again when the
// room changes, and on paper with smaller letters.
function draw(options) {
  const paper = window.matchMedia("print");
  const plots = [...document.querySelectorAll("[data-plot]")].map((place) => [place, echarts.init(place, null, { renderer: "svg" })]);
  const fill = () => {
    text.fontSize = paper.matches ? 9 : 12;
    plots.forEach(([place, plot]) => {
      plot.resize();
      plot.setOption({ animation: false, ...options[place.dataset.plot](place) }, true);
    });
  };
  fill();
  window.addEventListener("resize", fill);
  paper.addEventListener("change", fill);
}
