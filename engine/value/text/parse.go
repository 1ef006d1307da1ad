package text

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/karezflow/karez/engine/value/find"
	"github.com/karezflow/karez/engine/value/format"
	"github.com/karezflow/karez/engine/value/scope"
	"github.com/karezflow/karez/sdk/fault"
)

// form says which language a text is written in.
type form uint8

const (
	template form = iota
	expression
	lookup
)

// The prefixes of the other forms, as the schemes write them.
const (
	functionPrefix = "_function"
	lookupPrefix   = find.Prefix
)

// formOf tells the form of a text.
func formOf(text string) form {
	for _, p := range []struct {
		prefix string
		form   form
	}{{functionPrefix, expression}, {lookupPrefix, lookup}} {
		if rest, ok := strings.CutPrefix(text, p.prefix); ok && (rest == "" || rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\n') {
			return p.form
		}
	}
	return template
}

// part is a piece of a template: literal text, or a placeholder.
type part struct {
	literal string
	// written is a placeholder as it stands in the text.
	written string
	ref     *scope.Ref
	formats []format.Format
	// quoted says that the placeholder stands between the quotes of a text literal.
	quoted bool
}

// parse takes a template apart.
func parse(text string) ([]part, *fault.Fault) {
	var parts []part
	for at := 0; at < len(text); {
		open := strings.Index(text[at:], "{{")
		if open < 0 {
			return append(parts, part{literal: text[at:]}), nil
		}
		for strings.HasPrefix(text[at+open:], "{{{") {
			open++ // of more braces the last two open
		}
		if open > 0 {
			parts = append(parts, part{literal: text[at : at+open]})
		}
		start := at + open + 2
		length := strings.Index(text[start:], "}}")
		if length < 0 {
			return nil, Syntax(text, at+open, "a closing }} for this {{")
		}
		inner := text[start : start+length]
		if nested := strings.Index(inner, "{{"); nested >= 0 {
			return nil, Syntax(text, start+nested, "a closing }} before the next {{")
		}
		p, err := placeholder(text, inner, start)
		if err != nil {
			return nil, err
		}
		at = start + length + 2
		p.written = text[start-2 : at]
		parts = append(parts, p)
	}
	return parts, nil
}

// placeholder reads "path", "path|format" or, for system variables, "NAME format".
func placeholder(text, inner string, start int) (part, *fault.Fault) {
	name, pipe, piped := strings.Cut(inner, "|")
	at := start + len(name) + 1
	name = strings.TrimSpace(name)
	if head, rest, ok := strings.Cut(name, " "); ok && !piped && scope.IsSystem(head) {
		at = start + strings.Index(inner, head) + len(head) + 1
		name, pipe, piped = head, rest, true
	}
	r, want := scope.Name(name)
	if want != "" {
		return part{}, Syntax(text, start, want)
	}
	p := part{ref: r}
	for piped {
		var one string
		one, pipe, piped = cutFormat(pipe)
		f, err := format.Parse(one)
		if err != nil {
			return part{}, Syntax(text, at, strings.TrimPrefix(err.Error(), "expected "))
		}
		p.formats = append(p.formats, f)
		at += len(one) + 1
	}
	return p, nil
}

// cutFormat splits at the first bar that is not inside an argument.
func cutFormat(pipe string) (one, rest string, more bool) {
	depth := 0
	for i := range len(pipe) {
		switch pipe[i] {
		case '(':
			depth++
		case ')':
			depth--
		case '|':
			if depth <= 0 {
				return pipe[:i], pipe[i+1:], true
			}
		}
	}
	return pipe, "", false
}

// Plain reports whether a text is neither an expression nor a look-up.
func Plain(text string) bool { return formOf(text) == template }

// Syntax makes the fault of a text that can't be read. Positions count from 1, in
// characters; offset counts bytes from 0.
func Syntax(text string, offset int, want string) *fault.Fault {
	return placed(fault.New("value.syntax", "expected %s", want).Arg("expected", want).Classed(fault.Config), text, offset)
}

// placed says where in a text a fault is. Positions count from 1, in characters; offset counts bytes from 0.
func placed(f *fault.Fault, text string, offset int) *fault.Fault {
	offset = min(offset, len(text))
	line := 1 + strings.Count(text[:offset], "\n")
	column := 1 + utf8.RuneCountInString(text[strings.LastIndexByte(text[:offset], '\n')+1:offset])
	return fault.New(f.Code, "line %d, column %d: %s", line, column, f.Message).
		Arg("line", strconv.Itoa(line)).Arg("column", strconv.Itoa(column)).Arg("offset", strconv.Itoa(offset)).
		Arg("expected", f.Args["expected"]).Classed(f.Class).Because(f)
}
