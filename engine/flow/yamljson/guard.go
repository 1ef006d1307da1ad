package yamljson

import (
	"bytes"
	"strconv"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// The YAML parser takes time with the square of a document's depth and of the
// names in one mapping. These bounds are above what any flow needs, brackets and
// colons inside its texts included, and keep the time of a file below seconds.
const (
	mostBrackets = 1000
	mostNames    = 5000
)

// level is an indentation and the names written at it without a lesser one between.
type level struct{ indent, names int }

// guard refuses what the parser would take minutes over. It looks at bare lines,
// so that it is safe whatever the parser makes of them.
func (p part) guard() error {
	var levels []level
	brackets, number := 0, p.line
	for line := range bytes.Lines(p.text) {
		number++
		deepest := 0
		for _, c := range line {
			switch c {
			case '[', '{':
				brackets++
				deepest = max(deepest, brackets)
			case ']', '}':
				brackets = max(0, brackets-1)
			}
		}
		if deepest > mostBrackets || dashes(line) > item.MaxDepth {
			return tooMuch(number, "nested too deep")
		}
		if levels = nameAt(levels, line); len(levels) > 0 && levels[len(levels)-1].names > mostNames {
			return tooMuch(number, "more than "+strconv.Itoa(mostNames)+" names in one object")
		}
	}
	return nil
}

// dashes counts the list marks at the start of a line.
func dashes(line []byte) int {
	n := 0
	for {
		rest, ok := bytes.CutPrefix(bytes.TrimLeft(line, " "), []byte("- "))
		if !ok {
			return n
		}
		line = rest
		n++
	}
}

// nameAt counts a line that may begin with a name at its indentation.
func nameAt(levels []level, line []byte) []level {
	body := bytes.TrimLeft(line, " ")
	indent := len(line) - len(body)
	body = bytes.TrimRight(body, " \t\r\n")
	if len(body) == 0 || body[0] == '#' {
		return levels
	}
	for len(levels) > 0 && levels[len(levels)-1].indent > indent {
		levels = levels[:len(levels)-1]
	}
	if !isName(body) {
		return levels
	}
	if len(levels) == 0 || levels[len(levels)-1].indent < indent {
		return append(levels, level{indent, 1})
	}
	levels[len(levels)-1].names++
	return levels
}

// isName says whether a line may add a name to the object at its indentation; in
// "- a: b" the name belongs to an object of its own.
func isName(body []byte) bool {
	if bytes.HasPrefix(body, []byte("- ")) {
		return false
	}
	return bytes.HasPrefix(body, []byte("? ")) || bytes.HasSuffix(body, []byte(":")) ||
		bytes.Contains(body, []byte(": ")) || bytes.Contains(body, []byte(":\t"))
}

func tooMuch(line int, message string) *fault.Fault {
	return fault.New("flow.syntax", "line %d: %s", line, message).Classed(fault.Config).Arg("line", strconv.Itoa(line))
}
