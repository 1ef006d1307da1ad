// Package spot names places in a source text as people count them, and shows them.
//
// It may import sdk/fault and the standard library.
package spot

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/karezflow/karez/sdk/fault"
)

// Spot is a place in a source, counted from 1 in lines and characters.
type Spot struct {
	Line, Column int
	// Excerpt is the line with a caret below, "" where there is no such line.
	Excerpt string
}

// Of turns a line and a column that counts bytes, both from 1, into a Spot.
func Of(source string, line, column int) Spot {
	lines := strings.Split(source, "\n")
	if line < 1 || line > len(lines) {
		return Spot{Line: max(line, 1), Column: max(column, 1)}
	}
	text := strings.TrimSuffix(lines[line-1], "\r")
	before := text[:min(max(column-1, 0), len(text))]
	return Spot{Line: line, Column: utf8.RuneCountInString(before) + 1, Excerpt: excerpt(before, text)}
}

// excerpt shows the end of before, the rest of the line and a caret under the
// place. Wide characters are matched by a wide blank so that the caret stands right.
func excerpt(before, line string) string {
	const around = 60
	shown := []rune(before)
	if len(shown) > around {
		shown = shown[len(shown)-around:]
	}
	after := []rune(line[len(before):])
	after = after[:min(len(after), around)]
	pad := make([]rune, len(shown))
	for i, c := range shown {
		switch {
		case c == '\t':
			pad[i] = '\t'
		case c >= 0x1100:
			pad[i] = '\u3000'
		default:
			pad[i] = ' '
		}
	}
	return string(shown) + string(after) + "\n" + string(pad) + "^"
}

// Mark notes the place in the arguments of a fault: line, column and excerpt.
func (s Spot) Mark(f *fault.Fault) *fault.Fault {
	f = f.Arg("line", strconv.Itoa(s.Line)).Arg("column", strconv.Itoa(s.Column))
	if s.Excerpt != "" {
		f = f.Arg("excerpt", s.Excerpt)
	}
	return f
}
