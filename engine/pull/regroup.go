package pull

import (
	"bytes"
	"strings"

	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// regrouper gathers flat rows, which the source gives in the order of the
// grouping fields, into documents with lines. The lines of the open group stay
// in memory until a row of another group or the end closes it.
type regrouper struct {
	spec plan.Regroup
	// key is the raw text of the open group's fields; rows are its flat rows.
	key  []byte
	rows [][]byte
	// closed are the keys of the groups that were closed in this reading.
	closed map[string]bool
}

// add takes rows and gives the documents that they closed. It is false when a
// closed group comes again: its document lacks those lines.
func (g *regrouper) add(rows [][]byte, last bool) ([][]byte, bool) {
	var closed [][]byte
	for _, row := range rows {
		key := g.keyOf(row)
		if len(g.rows) > 0 && !bytes.Equal(key, g.key) {
			closed = append(closed, g.close())
		}
		if g.closed[string(key)] {
			return nil, false
		}
		g.key = key
		g.rows = append(g.rows, row)
	}
	if last && len(g.rows) > 0 {
		closed = append(closed, g.close())
	}
	return closed, true
}

// edge tells how many rows at the end of a page make its edge unmistakable: those
// of the last group and the one before them. It is 0 when one group fills the page.
func (g *regrouper) edge(rows [][]byte) int {
	last := g.keyOf(rows[len(rows)-1])
	for i := len(rows) - 2; i >= 0; i-- {
		if !bytes.Equal(g.keyOf(rows[i]), last) {
			return len(rows) - i
		}
	}
	return 0
}

func (g *regrouper) keyOf(row []byte) []byte {
	var key []byte
	v := item.Of(row)
	for _, field := range g.spec.By {
		key = append(append(key, v.Field(field).Raw()...), 0)
	}
	return key
}

// close builds the document: the fields of the first row that do not belong to
// the lines, then the lines.
func (g *regrouper) close() []byte {
	doc := []byte{'{'}
	for name, v := range item.Of(g.rows[0]).Fields() {
		if !g.spec.InLines(name) {
			doc = member(doc, name, v.Raw())
		}
	}
	lines := []byte{'['}
	for i, row := range g.rows {
		if i > 0 {
			lines = append(lines, ',')
		}
		line := []byte{'{'}
		for name, v := range item.Of(row).Fields() {
			if g.spec.InLines(name) {
				line = member(line, name, v.Raw())
			}
		}
		lines = append(append(lines, line...), '}')
	}
	doc = member(doc, g.spec.Into, append(lines, ']'))
	g.closed[string(g.key)] = true
	g.rows, g.key = nil, nil
	return append(doc, '}')
}

func member(dst []byte, name string, raw []byte) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	dst = append(item.AppendText(dst, name), ':')
	return append(dst, raw...)
}

// codeUnordered is the code of a source whose rows can't be regrouped.
const codeUnordered = "source.regroup_unordered"

func (r *reader) unordered() *fault.Fault {
	return fault.New(codeUnordered, "rows of one document do not stand together: lines of it would be lost").
		At("regroup").Classed(fault.Config).Hinted("let the source order its rows by %s", strings.Join(r.job.Source.Regroup.By, ", "))
}
