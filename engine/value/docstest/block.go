// Package docstest runs the examples of pages about the value language: fenced
// blocks that say what a text, a mapping or conditions give.
//
// A block begins with members, a name and a colon each; what they hold goes on in
// indented lines. doc, source, params, vars, answer and stored are the parts of a
// scope, flow NAME the documents of another flow, the newest first, table NAME the
// rows of a code table, and fields the declared fields of a mapping. value, rows or
// conditions is what is evaluated, result what comes of it. Lines of the form
// "text => result" are evaluated each by itself. A result is JSON, nothing, waits,
// or error with a code and, behind it, line:column or a field.
//
// It may import engine/value, engine/lookup and the sdk; nothing but tests imports it.
package docstest

import "strings"

// Block is a fenced block of a page.
type Block struct {
	// Kind is the word behind the fence, Line where the block stands in the page.
	Kind string
	Line int
	Text string
}

// Blocks gives the fenced blocks of a page in their order.
func Blocks(page string) []Block {
	var blocks []Block
	open := false
	for n, line := range strings.Split(page, "\n") {
		kind, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && !open:
			blocks = append(blocks, Block{Kind: strings.TrimSpace(kind), Line: n + 1})
			open = true
		case fence:
			open = false
		case open:
			blocks[len(blocks)-1].Text += line + "\n"
		}
	}
	return blocks
}

// Runs reports whether Problems knows blocks of the kind.
func Runs(kind string) bool { return kind == "value" || kind == "mapping" || kind == "conditions" }

// example is a block taken apart.
type example struct {
	members map[string]string
	cases   []evaluated
}

// evaluated is what is evaluated and what must come of it.
type evaluated struct{ input, want string }

// input is the name of the member that a kind of block evaluates.
func input(kind string) string {
	switch kind {
	case "mapping":
		return "rows"
	case "conditions":
		return "conditions"
	default:
		return "value"
	}
}

// read takes a block apart; wrong says what is not understood.
func read(b Block) (e example, wrong string) {
	e.members = map[string]string{}
	last := ""
	for line := range strings.Lines(b.Text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.TrimSpace(line) == "" {
			continue
		}
		if strings.HasPrefix(line, "  ") && last != "" {
			e.members[last] += "\n" + line
			continue
		}
		if name, rest, ok := strings.Cut(line, ":"); ok && member(name) {
			last = name
			e.members[name] = strings.TrimSpace(rest)
			continue
		}
		at := strings.LastIndex(line, " => ")
		if at < 0 {
			return e, "neither a member nor a result: " + line
		}
		e.cases, last = append(e.cases, evaluated{strings.TrimSpace(line[:at]), line[at+len(" => "):]}), ""
	}
	text, given := e.members[input(b.Kind)]
	want, said := e.members["result"]
	switch {
	case given != said:
		return e, "a " + input(b.Kind) + " and a result belong together"
	case given:
		e.cases = append(e.cases, evaluated{strings.TrimSpace(text), strings.TrimSpace(want)})
	case len(e.cases) == 0:
		return e, "nothing is evaluated"
	}
	return e, ""
}

func member(name string) bool {
	switch head, _, named := strings.Cut(name, " "); head {
	case "doc", "source", "params", "vars", "answer", "stored", "fields", "value", "rows", "conditions", "result":
		return !named
	case "flow", "table":
		return named
	default:
		return false
	}
}
