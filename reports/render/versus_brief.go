package render

import (
	"strconv"
	"strings"
)

// widestNumber is how many columns a number may take before it is written with an exponent: benchstat's scales leave no
// measurement more than 12.
const widestNumber = 16

// brief rewrites a number that would take half a page: 1e308 has 309 digits. What stands behind its digits, a prefix of a
// unit or a percent sign, stays.
func brief(number string) string {
	if len(number) <= widestNumber {
		return number
	}
	digits := strings.TrimRightFunc(number, func(r rune) bool { return r < '0' || r > '9' })
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return number
	}
	short := strconv.FormatFloat(v, 'g', 4, 64)
	if strings.HasPrefix(number, "+") {
		short = "+" + short
	}
	return short + number[len(digits):]
}
