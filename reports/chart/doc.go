// Package chart draws what was measured over something else: a history, a sweep, a distribution.
//
// A Chart is a model: axes with units, series of points with intervals, marks. It is made by a pure function, one file
// for each kind of chart (History), and tested as a model. Draw puts charts below each other into one PNG and knows
// nothing of what they show.
//
// The package computes no statistics, and it never repairs values: what cannot stand on an axis, such as a zero on a
// logarithmic one, is refused by Check with the series and the point.
package chart
