// Package template is the template document (方案模板): flows without credentials, with
// slots for connections and for other flows, code tables, samples and words for people.
// It reads and writes the document and tells everything that is wrong with one.
//
// It may import engine/flow, engine/plugpack/version and the sdk's leaves: never a
// service, a database or HTTP.
package template

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/flow/yamljson"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
)

// The fixed head of a document.
const (
	APIVersion = flow.APIVersion
	Kind       = "Template"
)

// MaxSize is the most bytes of a template document.
const MaxSize = 8 << 20

// Template is a template document.
type Template struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Metadata   Metadata `json:"metadata"`
	Spec       Spec     `json:"spec"`
}

// Metadata is what a card shows.
type Metadata struct {
	// ID is made of small letters, digits and hyphens; Version of three numbers.
	ID      string     `json:"id"`
	Version string     `json:"version"`
	Title   field.Text `json:"title"`
	Summary field.Text `json:"summary"`
	// Industry is a word such as 电商; System names what the flows join, the source first.
	Industry field.Text `json:"industry"`
	Author   string     `json:"author"`
	// Licence is an SPDX name.
	Licence string `json:"licence"`
	// Karez is the range of versions of the product, "" is any.
	Karez string `json:"karez,omitempty"`
}

// Spec is what a template holds.
type Spec struct {
	// Connections are the slots by the names that the flows' nodes use.
	Connections []Slot `json:"connections"`
	// FlowSlots are aliases of the flows' uses that a copy binds to flows that are there.
	FlowSlots []FlowSlot `json:"flowSlots,omitempty"`
	// Params say more of parameters of the flows; one that is not named shows its own words.
	Params     []Param     `json:"params,omitempty"`
	CodeTables []CodeTable `json:"codeTables,omitempty"`
	Docs       field.Text  `json:"docs"`
	Changelog  []Change    `json:"changelog,omitempty"`
	// Samples are documents with what must come of them.
	Samples []Sample `json:"samples,omitempty"`
	// Flows come without accounts. Their ids hold within the template alone.
	Flows []*flow.Document `json:"flows"`
}

// Slot is a connection that a copy has to be given.
type Slot struct {
	Slot      string     `json:"slot"`
	Connector string     `json:"connector"`
	Versions  string     `json:"versions,omitempty"` // see InRange
	Title     field.Text `json:"title"`
	Help      field.Text `json:"help,omitzero"`
}

// FlowSlot is a flow that a copy has to be given.
type FlowSlot struct {
	Alias string     `json:"alias"`
	Title field.Text `json:"title"`
	Help  field.Text `json:"help,omitzero"`
	// Object is the type of base data that the flow collects, "" for any flow; Slot the
	// connection whose base data it is.
	Object string `json:"object,omitempty"`
	Slot   string `json:"slot,omitempty"`
}

// Param says what a parameter of the flows is for. Flows that name a key share its value.
type Param struct {
	Key   string     `json:"key"`
	Title field.Text `json:"title"`
	Help  field.Text `json:"help,omitzero"`
}

// CodeTable is a code table that the flows name.
type CodeTable struct {
	Name  string     `json:"name"`
	Title field.Text `json:"title"`
	Help  field.Text `json:"help,omitzero"`
	Rows  []CodeRow  `json:"rows,omitempty"`
}

// CodeRow is a pair that holds for everybody.
type CodeRow struct {
	Source string `json:"source"`
	Target string `json:"target"`
	Note   string `json:"note,omitempty"`
}

// Change is a line of the changelog.
type Change struct {
	Version string     `json:"version"`
	Text    field.Text `json:"text"`
}

// Sample is what the systems hold, and what the flows make of it: see the market's tests.
type Sample struct {
	Title    field.Text      `json:"title,omitzero"`
	Given    json.RawMessage `json:"given"`
	Expected json.RawMessage `json:"expected"`
}

// Parse reads one document, JSON or YAML. Its faults are "template.syntax",
// "template.too_large", "template.kind", "template.newer", "template.member" and those
// of reading flows. What is wrong with a document that can be read, Problems tells.
func Parse(data []byte) (*Template, error) {
	if len(data) > MaxSize {
		return nil, fault.New("template.too_large", "a template has at most %d MiB", MaxSize>>20).Classed(fault.Data)
	}
	texts, err := yamljson.Documents(data)
	if err != nil || len(texts) != 1 {
		return nil, fault.New("template.syntax", "the file is not one template document").Classed(fault.Data).Because(err).
			Hinted("write one document in YAML or JSON")
	}
	var head struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
	}
	if err := json.Unmarshal(texts[0], &head); err != nil {
		return nil, fault.New("template.syntax", "the file is not one template document").Classed(fault.Data).Because(err)
	}
	if head.Kind != Kind {
		return nil, fault.New("template.kind", "the document is a %q and no template", head.Kind).At("kind").Classed(fault.Data).
			Hinted("import flows on the page of flows")
	}
	if head.APIVersion != APIVersion {
		if regexp.MustCompile(`^karez/v\d+$`).MatchString(head.APIVersion) {
			return nil, fault.New("template.newer", "the template is of format %s, and this program knows %s", head.APIVersion, APIVersion).At("apiVersion").Classed(fault.Config).
				Hinted("install a newer Karez first")
		}
		return nil, fault.New("template.kind", "the document has no format that is known").At("apiVersion").Classed(fault.Data)
	}
	t := &Template{}
	d := json.NewDecoder(bytes.NewReader(texts[0]))
	d.DisallowUnknownFields()
	if err := d.Decode(t); err != nil {
		if f, ok := errors.AsType[*fault.Fault](err); ok {
			return nil, f
		}
		return nil, fault.New("template.member", "the template has a member that can't be read: %s", strings.TrimPrefix(err.Error(), "json: ")).Classed(fault.Data).
			Hinted("take it out, or install a newer Karez")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fault.New("template.syntax", "something follows the template").Classed(fault.Data)
	}
	return t, nil
}

// JSON gives the form in which a template is exchanged.
func (t *Template) JSON() ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	err := e.Encode(t)
	return out.Bytes(), err
}
