package litmus

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"daxbench/engine/layout"
	"daxbench/engine/target"
)

// TestREADME has the tables of README.md say what the parser knows.
func TestREADME(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	want := string(text)
	for name, rows := range map[string][][]string{"headers": headerRows(), "verbs": verbRows(), "settings": settingRows(), "holders": holderRows()} {
		begin := fmt.Sprintf("<!-- generated: %s -->\n", name)
		before, rest, ok := strings.Cut(want, begin)
		_, after, ok2 := strings.Cut(rest, "<!-- end -->")
		if !ok || !ok2 {
			t.Fatalf("README.md has no place for %s", name)
		}
		want = before + begin + markdown(rows) + "<!-- end -->" + after
	}
	if want == string(text) {
		return
	}
	if !*update {
		t.Fatal("README.md is out of date; go test -update rewrites it")
	}
	if err := os.WriteFile("README.md", []byte(want), 0o666); err != nil {
		t.Fatal(err)
	}
}

func markdown(rows [][]string) string {
	var b strings.Builder
	for i, r := range rows {
		for k := range r {
			r[k] = strings.ReplaceAll(r[k], "|", "\\|")
		}
		b.WriteString("| " + strings.Join(r, " | ") + " |\n")
		if i == 0 {
			b.WriteString(strings.Repeat("|---", len(r)) + "|\n")
		}
	}
	return b.String()
}

func headerRows() [][]string {
	rows := [][]string{{"line", "what it says"}}
	for _, h := range target.Headers {
		about := h.About
		if h.Many {
			about += "; may be repeated"
		}
		rows = append(rows, []string{"`" + h.Key + ": " + h.Form + "`", about})
	}
	return rows
}

func verbRows() [][]string {
	rows := [][]string{{"step", "what it does"}}
	for _, v := range target.Verbs() {
		rows = append(rows, []string{"`" + strings.TrimSpace(v.String()+" "+v.Info().Form) + "`", v.Info().About})
	}
	return rows
}

func settingRows() [][]string {
	rows := [][]string{{"setting", "what it is"}}
	for _, s := range target.Settings {
		rows = append(rows, []string{"`" + s.Form() + "`", s.About})
	}
	return rows
}

func holderRows() [][]string {
	rows := [][]string{{"holder", "what it is", "the device", "6.0", "6.19"}}
	foll := map[bool]string{true: "get", false: "pin"}
	for _, h := range target.Holders {
		rows = append(rows, []string{"`" + h.Name + "`", h.About, map[bool]string{true: "writes", false: "reads"}[h.Inbound], foll[h.GetOld], foll[h.GetNew]})
	}
	return rows
}

// TestInvariantsAgree has the letters of scenarios be those of policies.
func TestInvariantsAgree(t *testing.T) {
	if target.Invariants != layout.Invariants {
		t.Errorf("scenarios probe %s, policies declare %s", target.Invariants, layout.Invariants)
	}
}
