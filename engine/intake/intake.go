// Package intake reads existing work: flows as they are exported, field tables as they stand
// in articles, schemes of 轻易云 as JSON. What it reads becomes a draft; what it does not
// understand is told line by line. It fails of no text.
//
// It may import its own rooms, engine/flow, the sdk's leaves and manifests: never a
// service, a store or a clock.
package intake

import (
	"bytes"
	"strings"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/intake/catalog"
	"github.com/karezflow/karez/engine/intake/draft"
	"github.com/karezflow/karez/engine/intake/qeasy"
	"github.com/karezflow/karez/engine/intake/scheme"
	"github.com/karezflow/karez/engine/intake/table"
	"github.com/karezflow/karez/sdk/fault"
)

// MaxSize is the most bytes of a text.
const MaxSize = 1 << 20

// Format is how existing work is written.
type Format string

// The formats. Auto tells them apart by how the text begins.
const (
	Auto  Format = ""
	Karez Format = "karez"
	Qeasy Format = "qeasy"
	Table Format = "table"
)

// Detect tells the format of a text.
func Detect(text []byte) Format {
	head := bytes.TrimLeft(bytes.TrimPrefix(text, []byte("\ufeff")), " \t\r\n")
	switch {
	case len(head) > 0 && (head[0] == '{' || head[0] == '['):
		if bytes.Contains(head, []byte(`"`+flow.APIVersion+`"`)) || bytes.Contains(head, []byte("apiVersion: "+flow.APIVersion)) {
			return Karez
		}
		return Qeasy
	case bytes.Contains(text, []byte("apiVersion:")) && bytes.Contains(text, []byte("kind:")):
		return Karez
	}
	return Table
}

// Result is what was read: one draft for each flow.
type Result struct {
	Format Format         `json:"format"`
	Drafts []*draft.Draft `json:"drafts"`
}

// Read reads a text with the connectors that there are. It fails where the text is larger
// than MaxSize, or is to be a flow document and can't be read as one.
func Read(text []byte, format Format, known catalog.Catalogue, answers draft.Answers) (*Result, error) {
	if len(text) > MaxSize {
		return nil, fault.New("intake.too_large", "a text to import has at most %d KiB", MaxSize>>10).Classed(fault.Data)
	}
	if format == Auto {
		format = Detect(text)
	}
	result := &Result{Format: format}
	switch format {
	case Karez:
		docs, err := flow.Parse(text)
		if err != nil {
			return nil, err
		}
		for _, doc := range docs {
			result.Drafts = append(result.Drafts, &draft.Draft{Document: doc, Lines: []*scheme.Line{}, Questions: []draft.Question{}, Slots: []draft.Slot{}})
		}
	case Qeasy:
		result.Drafts = []*draft.Draft{draft.Make(qeasy.Read(text), known, answers)}
	case Table:
		result.Drafts = []*draft.Draft{draft.Make(table.Read(strings.ToValidUTF8(string(text), "\ufffd"), known), known, answers)}
	default:
		return nil, fault.New("intake.unknown_format", "the format is karez, qeasy or table, not %s", string(format)).Classed(fault.Data)
	}
	return result, nil
}
