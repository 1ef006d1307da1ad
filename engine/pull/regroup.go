package pull

import (
	"bytes"

	"github.com/karezflow/karez/engine/plan"
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
}

// add takes a page and gives the documents that it closed.
func (g *regrouper) add(page [][]byte, last bool) [][]byte {
	var closed [][]byte
	for _, row := range page {
		key := g.keyOf(row)
		if len(g.rows) > 0 && !bytes.Equal(key, g.key) {
			closed = append(closed, g.close())
		}
		g.key = key
		g.rows = append(g.rows, row)
	}
	if last && len(g.rows) > 0 {
		closed = append(closed, g.close())
	}
	return closed
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
