// Package yamljson turns YAML into JSON without reading anything into it: digits
// stay as they are written, and what JSON can't write as a number is a text. It
// exists for flow documents and speaks of them in its errors.
//
// It may import the standard library, the YAML library, sdk/fault and sdk/item only.
package yamljson

import (
	"bytes"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Documents gives each document of a stream that is not empty as JSON. Its errors
// are faults of class Config with line and column: "flow.syntax",
// "flow.duplicate_member" and "flow.yaml_unsupported" (anchors, aliases, merge
// keys, tags). The output is not checked for names repeated by their escapes, nor for UTF-8.
func Documents(data []byte) ([][]byte, error) {
	var texts [][]byte
	for _, p := range split(data) {
		if err := p.guard(); err != nil {
			return nil, err
		}
		text, err := p.json()
		if err != nil {
			return nil, err
		}
		if text != nil {
			texts = append(texts, text)
		}
	}
	return texts, nil
}

// part is one document of a stream.
type part struct {
	text []byte
	line int // lines of the stream before the text
}

// split cuts a stream at its document markers, which YAML allows nowhere but
// at the start of a line. The parser gets one document at a time because it
// silently drops what follows an empty one.
func split(data []byte) []part {
	parts := []part{{}}
	number := 0
	for line := range bytes.Lines(data) {
		bare := bytes.TrimRight(line, "\r\n")
		marker := len(bare) >= 3 && (len(bare) == 3 || bare[3] == ' ' || bare[3] == '\t') &&
			(string(bare[:3]) == "---" || string(bare[:3]) == "...")
		if marker {
			parts = append(parts, part{line: number})
			line = append([]byte("   "), line[3:]...)
		}
		last := &parts[len(parts)-1]
		last.text = append(last.text, line...)
		number++
	}
	return parts
}

// json gives the document as JSON, or nil when it is empty.
func (p part) json() ([]byte, error) {
	// Repeated names are found below: the parser compares each with all before it.
	file, err := parser.ParseBytes(p.text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		bad, ok := errors.AsType[yaml.Error](err)
		if !ok {
			return nil, fault.New("flow.syntax", "%v", err).Classed(fault.Config)
		}
		message, _, _ := strings.Cut(bad.GetMessage(), "\n")
		return nil, p.fault("flow.syntax", bad.GetToken(), message)
	}
	if len(file.Docs) > 1 {
		return nil, p.fault("flow.syntax", nil, "this part holds several documents, which can't be told apart")
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil || file.Docs[0].Body.Type() == ast.NullType {
		return nil, nil
	}
	c := &converter{part: p, number: regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)}
	return c.node(nil, file.Docs[0].Body, 0)
}

func (p part) fault(code string, at *token.Token, message string) *fault.Fault {
	if at == nil || at.Position == nil {
		return fault.New(code, "%s", message).Classed(fault.Config)
	}
	line, column := p.line+at.Position.Line, at.Position.Column
	return fault.New(code, "line %d, column %d: %s", line, column, message).Classed(fault.Config).
		Arg("line", strconv.Itoa(line)).Arg("column", strconv.Itoa(column))
}

// converter writes YAML nodes as JSON.
type converter struct {
	part
	number *regexp.Regexp
}

func (c *converter) node(dst []byte, n ast.Node, depth int) ([]byte, error) {
	if depth > item.MaxDepth {
		return nil, c.fault("flow.syntax", n.GetToken(), "nested too deep")
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		return c.mapping(dst, n.Values, depth)
	case *ast.MappingValueNode:
		return c.mapping(dst, []*ast.MappingValueNode{n}, depth)
	case *ast.SequenceNode:
		dst = append(dst, '[')
		for _, e := range n.Values {
			var err error
			if dst, err = c.node(comma(dst), e, depth+1); err != nil {
				return nil, err
			}
		}
		return append(dst, ']'), nil
	case *ast.NullNode:
		return append(dst, "null"...), nil
	case *ast.BoolNode:
		return strconv.AppendBool(dst, n.Value), nil
	case *ast.LiteralNode:
		return item.AppendText(dst, n.Value.Value), nil
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return c.scalar(dst, n), nil
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode:
		return nil, c.fault("flow.yaml_unsupported", n.GetToken(), "anchors, aliases, merge keys and tags are not part of a flow document")
	default:
		return nil, c.fault("flow.yaml_unsupported", n.GetToken(), "this YAML construct is not part of a flow document")
	}
}

func (c *converter) mapping(dst []byte, pairs []*ast.MappingValueNode, depth int) ([]byte, error) {
	dst = append(dst, '{')
	seen := make(map[string]bool, len(pairs))
	for _, p := range pairs {
		var key string
		switch k := p.Key.(type) {
		case *ast.StringNode:
			key = k.Value
		case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
			key = k.GetToken().Value
		default:
			return nil, c.fault("flow.yaml_unsupported", p.Key.GetToken(), "a name must be a plain text")
		}
		if seen[key] {
			return nil, c.fault("flow.duplicate_member", p.Key.GetToken(), strconv.Quote(key)+" is written twice")
		}
		seen[key] = true
		dst = append(item.AppendText(comma(dst), key), ':')
		var err error
		if dst, err = c.node(dst, p.Value, depth+1); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

// scalar keeps the digits of what JSON can write as a number; everything else is
// a text, because turning 007 into 7 would change somebody's code.
func (c *converter) scalar(dst []byte, n ast.Node) []byte {
	t := n.GetToken()
	s, isText := n.(*ast.StringNode)
	quoted := t.Type == token.SingleQuoteType || t.Type == token.DoubleQuoteType
	written := strings.TrimSpace(t.Value)
	if isText {
		written = s.Value
	}
	if !quoted && c.number.MatchString(written) {
		return append(dst, written...)
	}
	return item.AppendText(dst, written)
}

// comma separates a member from the one before it.
func comma(dst []byte) []byte {
	if last := dst[len(dst)-1]; last != '{' && last != '[' {
		return append(dst, ',')
	}
	return dst
}
