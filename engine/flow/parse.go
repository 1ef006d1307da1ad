package flow

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"

	"github.com/karezflow/karez/engine/flow/yamljson"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// MaxSize is the most bytes of a file with flow documents.
const MaxSize = 4 << 20

// Parse reads the documents of a file: one JSON object, or one or more YAML
// documents separated by "---" (empty ones are skipped). It fails only where the
// text can't be kept as it is: "flow.too_large", "flow.syntax" (with line and
// column), "flow.yaml_unsupported" (anchors, aliases, merge keys, tags),
// "flow.not_an_object", "flow.duplicate_member" and the codes of item.Check.
// Everything else is a problem that Validate lists.
//
// Numbers keep their digits. A YAML scalar that looks like a number but is none
// in JSON, such as 007 or 0x1F, is a text.
func Parse(data []byte) ([]*Document, error) {
	if len(data) > MaxSize {
		return nil, fault.New("flow.too_large", "a flow file has at most %d MiB", MaxSize>>20).Classed(fault.Config)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	texts, err := jsonTexts(data)
	if err != nil {
		return nil, err
	}
	if len(texts) == 0 {
		return nil, fault.New("flow.syntax", "the file holds no flow document").Classed(fault.Config)
	}
	docs := make([]*Document, len(texts))
	for i, text := range texts {
		if docs[i], err = parseJSON(text); err != nil {
			return nil, err
		}
	}
	return docs, nil
}

// jsonTexts gives each document of a file as JSON.
func jsonTexts(data []byte) ([][]byte, error) {
	head := bytes.TrimLeft(data, " \t\r\n")
	if len(head) > 0 && head[0] == '{' {
		err := json.Unmarshal(data, new(json.RawMessage))
		if err == nil {
			return [][]byte{data}, nil
		}
		// {apiVersion: karez/v1} is YAML; {"apiVersion" is meant to be JSON.
		if next := bytes.TrimLeft(head[1:], " \t\r\n"); len(next) == 0 || next[0] == '"' {
			return nil, syntaxAt(data, err)
		}
	}
	return yamljson.Documents(data)
}

func syntaxAt(data []byte, err error) *fault.Fault {
	line, column := 1, 1
	if bad, ok := errors.AsType[*json.SyntaxError](err); ok {
		before := data[:max(0, min(int(bad.Offset)-1, len(data)))]
		line += bytes.Count(before, []byte("\n"))
		column += len(bytes.Runes(before[bytes.LastIndexByte(before, '\n')+1:]))
	}
	return fault.New("flow.syntax", "line %d, column %d: %v", line, column, err).Classed(fault.Config).
		Arg("line", strconv.Itoa(line)).Arg("column", strconv.Itoa(column))
}

func parseJSON(text []byte) (*Document, error) {
	if err := item.Check(text); err != nil {
		return nil, err
	}
	v := item.Of(text)
	if v.Kind() != item.Object {
		return nil, fault.New("flow.not_an_object", "a flow document is an object with apiVersion, kind, metadata and spec").Classed(fault.Config)
	}
	if err := once(v, ""); err != nil {
		return nil, err
	}
	doc := &Document{}
	decode(v, reflect.ValueOf(doc).Elem())
	return doc, nil
}

// once refuses repeated members: one of the two values would be lost on saving.
func once(v item.Value, path string) error {
	seen := map[string]bool{}
	for name, e := range v.Fields() {
		at := join(path, name)
		if seen[name] {
			return fault.New("flow.duplicate_member", "%s is written twice", name).At(at).Classed(fault.Config)
		}
		seen[name] = true
		if err := once(e, at); err != nil {
			return err
		}
	}
	i := 0
	for e := range v.Elements() {
		if err := once(e, at(path, i)); err != nil {
			return err
		}
		i++
	}
	return nil
}

// JSON gives the canonical saved form: members in their declared order, maps
// sorted, no white space, nothing lost. Equal documents give equal bytes.
func (d *Document) JSON() []byte { return encode(nil, reflect.ValueOf(d).Elem()) }

// MarshalJSON gives the saved form.
func (d *Document) MarshalJSON() ([]byte, error) { return d.JSON(), nil }

// UnmarshalJSON reads one document under the rules of Parse.
func (d *Document) UnmarshalJSON(data []byte) error {
	got, err := parseJSON(data)
	if err == nil {
		*d = *got
	}
	return err
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func at(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }
