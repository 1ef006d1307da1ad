package format

import (
	"strings"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

// Parser shapes a value for a vendor. The zero Parser leaves it.
type Parser struct {
	kind        parserKind
	outer, last string
}

type parserKind uint8

const (
	noParser parserKind = iota
	wrapObject
	stringToArray
	arrayToString
	convertJSON
)

// ParserOf reads a declared parser. Its failure is "mapping.unknown_parser" or
// "mapping.parser_params".
func ParserOf(declared *field.Parser) (Parser, *fault.Fault) {
	if declared == nil || declared.Name == "" {
		return Parser{}, nil
	}
	param := func(i int, or string) string {
		if i < len(declared.Params) && declared.Params[i] != "" {
			return declared.Params[i]
		}
		return or
	}
	var p Parser
	switch declared.Name {
	case "ConvertObjectParser":
		p = Parser{kind: wrapObject, last: param(0, "")}
	case "ConvertTwoStageObjectParser":
		p = Parser{kind: wrapObject, outer: param(0, ""), last: param(1, "")}
		if p.outer == "" {
			p.last = ""
		}
	case "StringToArray":
		return Parser{kind: stringToArray, last: param(0, ",")}, nil
	case "ArrayToString":
		return Parser{kind: arrayToString, last: param(0, ",")}, nil
	case "ConvertJson":
		return Parser{kind: convertJSON}, nil
	default:
		return Parser{}, fault.New("mapping.unknown_parser", "there is no parser named %s", declared.Name).Classed(fault.Config).
			Hinted("parsers: ConvertObjectParser, ConvertTwoStageObjectParser, StringToArray, ArrayToString, ConvertJson")
	}
	if p.last == "" {
		return Parser{}, fault.New("mapping.parser_params", "%s needs the names of the object's members", declared.Name).Classed(fault.Config)
	}
	return p, nil
}

// Zero reports whether the parser leaves values as they are.
func (p Parser) Zero() bool { return p.kind == noParser }

// Casts reports whether the value is cast to this declared type before the
// parser shapes it. Parsers that change text into lists or back take the value
// as it is, and what they give is never cast again.
func (p Parser) Casts(to field.Type) bool {
	switch to {
	case field.Array, field.Object, field.JSON:
		return p.kind == noParser
	default:
		return p.kind == noParser || p.kind == wrapObject
	}
}

// Append appends the shaped value; a blank one gives nothing. Its error is a
// *fault.Fault: "value.not_an_object".
func (p Parser) Append(dst []byte, v item.Value) ([]byte, error) {
	if v.Blank() {
		return dst, nil
	}
	switch p.kind {
	case wrapObject:
		return p.appendWrapped(dst, v), nil
	case stringToArray:
		if v.Kind() == item.Array {
			return append(dst, v.Raw()...), nil
		}
		dst = append(dst, '[')
		for i, part := range strings.Split(v.Text(), p.last) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = item.AppendText(dst, part)
		}
		return append(dst, ']'), nil
	case arrayToString:
		return AppendJoined(dst, v, p.last), nil
	case convertJSON:
		return appendPairs(dst, v)
	default:
		return append(dst, v.Raw()...), nil
	}
}

// appendWrapped puts a value into one or two objects. An object is taken as
// already shaped; of a list, each element is wrapped.
func (p Parser) appendWrapped(dst []byte, v item.Value) []byte {
	switch v.Kind() {
	case item.Object:
		return append(dst, v.Raw()...)
	case item.Array:
		dst = append(dst, '[')
		first := true
		for e := range v.Elements() {
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = p.appendWrapped(dst, e)
		}
		return append(dst, ']')
	default:
		if p.outer != "" {
			dst = append(item.AppendText(append(dst, '{'), p.outer), ':')
		}
		dst = append(item.AppendText(append(dst, '{'), p.last), ':')
		dst = append(append(dst, v.Raw()...), '}')
		if p.outer != "" {
			dst = append(dst, '}')
		}
		return dst
	}
}

// appendPairs turns an object into a list of Key and Value; keys of digits become
// numbers, as language codes do in 金蝶's multilingual texts (the schemes' public
// documentation).
func appendPairs(dst []byte, v item.Value) ([]byte, error) {
	if v.Kind() == item.String {
		opened := item.Of([]byte(strings.NewReplacer("\r", "", "\n", "").Replace(v.Text())))
		if item.Check(opened.Raw()) == nil {
			v = opened
		}
	}
	if v.Kind() == item.Array {
		return append(dst, v.Raw()...), nil
	}
	if v.Kind() != item.Object {
		return dst, bad(v, "value.not_an_object", "an object")
	}
	dst = append(dst, '[')
	first := true
	for key, val := range v.Fields() {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, `{"Key":`...)
		if n := len(key); n > 0 && n < 16 && run([]byte(key)) == n && (n == 1 || key[0] != '0') {
			dst = append(dst, key...)
		} else {
			dst = item.AppendText(dst, key)
		}
		dst = append(append(append(dst, `,"Value":`...), val.Raw()...), '}')
	}
	return append(dst, ']'), nil
}
