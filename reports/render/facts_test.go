package render

import (
	"strings"
	"testing"

	"daxbench/reports/compare"
	"daxbench/reports/stats"
)

// TestLegendCountsIntervals: who reads forty intervals must be told that one of
// them is likely to be wrong.
func TestLegendCountsIntervals(t *testing.T) {
	row := compare.Row{Ratio: stats.Estimate{Value: 1.1, Lo: 1, Hi: 1.2, N: 6, Confidence: 0.96875}}
	few := &compare.Table{Groups: []compare.Group{{Reference: "dax-only", Rows: []compare.Row{row, row, row}}}}
	many := &compare.Table{}
	for range 13 {
		many.Groups = append(many.Groups, few.Groups...)
	}
	if s := legend(few); strings.Contains(s, "by chance") {
		t.Errorf("three intervals: %s", s)
	}
	if s := legend(many); !strings.Contains(s, "of these 39, about 2 will miss by chance") {
		t.Errorf("39 intervals: %s", s)
	}
}
