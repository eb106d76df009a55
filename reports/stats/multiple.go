package stats

import (
	"cmp"
	"slices"
)

// Holm returns the p-values of a family of tests, adjusted so that calling significant those at or below α keeps the
// probability of even one false alarm at or below α, whatever the dependence between the tests. They come in the order
// of the input, at most 1. With p(1) ≤ … ≤ p(m) the i-th is the largest of (m−j+1)·p(j) over j ≤ i. A value that is not
// a probability, which is a test that gave no answer, counts as 1: it still is a member of the family.
//
// Source: S. Holm, Scandinavian Journal of Statistics 6 (1979), 65–70; R's p.adjust(p, "holm").
func Holm(p []float64) []float64 {
	adjusted := make([]float64, len(p))
	highest := 0.0
	for rank, i := range ascending(p) {
		highest = max(highest, min(1, float64(len(p)-rank)*probability(p[i])))
		adjusted[i] = highest
	}
	return adjusted
}

// BenjaminiHochberg returns p-values adjusted so that calling significant those at or below q keeps the expected share
// of false ones among them at or below q, for tests that are independent or positively dependent. With
// p(1) ≤ … ≤ p(m) the i-th is the smallest of m/j·p(j) over j ≥ i. What is not a probability counts as 1.
//
// Source: Y. Benjamini, Y. Hochberg, Journal of the Royal Statistical Society B 57 (1995), 289–300; p.adjust(p, "BH").
func BenjaminiHochberg(p []float64) []float64 {
	adjusted := make([]float64, len(p))
	lowest := 1.0
	for rank, i := range slices.Backward(ascending(p)) {
		lowest = min(lowest, float64(len(p))/float64(rank+1)*probability(p[i]))
		adjusted[i] = lowest
	}
	return adjusted
}

// ascending returns the indices of p in the order of its values.
func ascending(p []float64) []int {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(probability(p[a]), probability(p[b])) })
	return order
}

// probability is p, or 1 if p is none.
func probability(p float64) float64 {
	if p >= 0 && p <= 1 {
		return p
	}
	return 1
}
