// Package chart draws what was measured over something else: latency by percentile, a sweep, ratios in rows, a heat
// map, waits as bars, a history.
//
// A Chart is a model: axes with units, series of points with intervals, spans, a grid, marks. It is made by pure
// functions, in package gallery or here (History), and tested as a model: Check says what no picture can show, Bounds
// what the axes reach, Ticks what stands at them, Data what it holds as a table. Draw makes PNGs of it, SVG elements
// of pages whose colours follow the page's scheme. Both lay it out alike, by its width: text is measured, so it
// neither leaves the picture nor runs into other text, and everything is drawn on the canvases of gonum/plot.
//
// A policy has one look in all charts, LookOf: a colour, a dash and a shape. Colours tell apart for the colour-blind,
// and stand out from white and from near-black; tests measure both.
//
// The package computes no statistics, and it never repairs values: what cannot stand on an axis, such as a zero on a
// logarithmic one, is refused by Check with the series and the point. It knows nothing of what is shown, nor of files:
// strings are whatever somebody wrote into them, and are made legible before they are drawn.
package chart
