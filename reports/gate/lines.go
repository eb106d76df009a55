package gate

import (
	"fmt"

	"github.com/pelletier/go-toml/v2/unstable"
)

// keyLines says on which line each key of a TOML file stands, as "rule.alpha" and "cell[2].name". go-toml itself says so
// only for what it refuses. The file is one that go-toml has read.
func keyLines(data []byte) map[string]int {
	lines := make(map[string]int)
	arrays := make(map[string]int)
	table := ""
	p := new(unstable.Parser)
	p.Reset(data)
	for p.NextExpression() {
		switch e := p.Expression(); e.Kind {
		case unstable.Table, unstable.ArrayTable:
			table = ""
			var line int
			table, line = dotted(p, table, e.Key())
			if e.Kind == unstable.ArrayTable {
				arrays[table]++
				table = fmt.Sprintf("%s[%d]", table, arrays[table]-1)
			} else if n := arrays[firstKey(e)]; n > 0 {
				table = fmt.Sprintf("%s[%d]%s", firstKey(e), n-1, table[len(firstKey(e)):])
			}
			lines[table] = line
		case unstable.KeyValue:
			addKey(p, lines, table, e)
		}
	}
	return lines
}

// firstKey is the first part of a table's name: cell in [cell.time].
func firstKey(e *unstable.Node) string {
	it := e.Key()
	it.Next()
	return string(it.Node().Data)
}

// addKey adds a key, and those of an inline table that is its value.
func addKey(p *unstable.Parser, lines map[string]int, table string, e *unstable.Node) {
	name, line := dotted(p, table, e.Key())
	lines[name] = line
	if e.Value().Kind != unstable.InlineTable {
		return
	}
	for it := e.Value().Children(); it.Next(); {
		if it.Node().Kind == unstable.KeyValue {
			addKey(p, lines, name, it.Node())
		}
	}
}

// dotted joins the parts of a key to the name of the table around it, and says on which line the key begins.
func dotted(p *unstable.Parser, table string, it unstable.Iterator) (name string, line int) {
	name = table
	for it.Next() {
		if name != "" {
			name += "."
		}
		name += string(it.Node().Data)
		if line == 0 {
			line = p.Shape(it.Node().Raw).Start.Line
		}
	}
	return name, line
}
