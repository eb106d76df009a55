package stats

import (
	"fmt"
	"math"
	"slices"
)

// Looks is a plan, made before anything is measured, of when to test: at n[0] observations, and if that finds nothing,
// at n[1], and so on. A plan cannot be lengthened once it is made; testing "until it is significant" finds a difference
// with certainty where there is none.
//
// Each look gets its share of α in proportion to the observations that it adds: α·(n[i]−n[i−1])/n[last]. The shares sum
// to α, so by Bonferroni's inequality the probability of any false alarm over all looks is at most α, whatever the
// dependence between them.
//
// Source: the linear spending function of K. Kim, D. L. DeMets, Biometrika 74 (1987), 149–154, with ρ = 1.
// Note: spending that knows how looks overlap (K. K. G. Lan, D. L. DeMets, Biometrika 70 (1983), 659–663) would allow
// the last look a little more, and would need normal increments for it.
type Looks struct {
	n     []int
	alpha []float64
}

// NewLooks plans looks at n[0] < n[1] < … observations with the overall error alpha. It returns ErrEmpty without a look,
// ErrValue if alpha is not between 0 and 1 or the numbers do not rise from 1, and ErrFew if a look has so few
// observations that even if all agree, 2·(1/2)^n is above its share: it would spend without being able to find anything.
func NewLooks(alpha float64, n ...int) (Looks, error) {
	if len(n) == 0 {
		return Looks{}, ErrEmpty
	}
	if err := inside("an alpha", alpha); err != nil {
		return Looks{}, err
	}
	l := Looks{n: slices.Clone(n)}
	before := 0
	for _, at := range n {
		if at <= before {
			return Looks{}, fmt.Errorf("%w: looks at %v observations", ErrValue, n)
		}
		share := alpha * float64(at-before) / float64(n[len(n)-1])
		if least := math.Ldexp(2, -at); least > share {
			return Looks{}, fmt.Errorf("%w: with %d no p is below %.2g, and the look has %.2g", ErrFew, at, least, share)
		}
		l.alpha, before = append(l.alpha, share), at
	}
	return l, nil
}

// Len is the number of looks.
func (l Looks) Len() int { return len(l.n) }

// At returns how many observations the i-th look needs, counting from 0, and its share of alpha.
func (l Looks) At(i int) (n int, alpha float64) { return l.n[i], l.alpha[i] }

// Decide looks at the first observations of x as planned, as far as x reaches, and stops at the first look whose
// two-sided SignedRank is at or below its share. It returns that look and its test; if none is, the last look that x is
// long enough for. Observations beyond a look have no part in it, so a verdict once given does not change. It returns
// ErrFew if x is too short for the first look, ErrEmpty for a plan without looks, or the error of SignedRank.
func (l Looks) Decide(x []float64) (look int, t Test, significant bool, err error) {
	if l.Len() == 0 {
		return 0, Test{}, false, fmt.Errorf("%w: no looks are planned", ErrEmpty)
	}
	if len(x) < l.n[0] {
		return 0, Test{}, false, fmt.Errorf("%w: %d, the first look needs %d", ErrFew, len(x), l.n[0])
	}
	for i, n := range l.n {
		if len(x) < n {
			break
		}
		look = i
		if t, err = SignedRank(x[:n]); err != nil {
			return look, Test{}, false, err
		}
		if t.P <= l.alpha[i] {
			return look, t, true, nil
		}
	}
	return look, t, false, nil
}
