package message

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// Mark ends a text that was cut.
const Mark = "…（已截断）"

// Cut shortens a text to at most limit bytes, between two characters, and ends it
// with Mark. A limit too small for the mark gives what fits of the text alone.
func Cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	mark := Mark
	if limit < len(mark) {
		mark = ""
	}
	end := max(0, limit-len(mark))
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + mark
}

// Fit shortens a text as Cut does until what is made of it measures at most limit.
// Of a frame that is too large by itself it leaves no text.
func Fit(text string, limit int, size func(text string) int) string {
	if size(text) <= limit {
		return text
	}
	tooMuch := sort.Search(len(text), func(n int) bool { return size(Cut(text, n)) > limit })
	return Cut(text, max(0, tooMuch-1))
}

// Line makes one line of a text.
func Line(text string) string { return strings.Join(strings.Fields(text), " ") }

// Heading gives the title in one line of at most limit bytes; without a title it is
// the first line of the text.
func (m Message) Heading(limit int) string {
	title := Line(m.Title)
	if title == "" {
		first, _, _ := strings.Cut(m.Text, "\n")
		title = Line(strings.TrimLeft(first, "#>*-+ \t"))
	}
	return Cut(title, limit)
}

// Join puts blocks of a message below one another, leaving out those without text.
func Join(between string, blocks ...string) string {
	var said []string
	for _, block := range blocks {
		if block != "" {
			said = append(said, block)
		}
	}
	return strings.Join(said, between)
}

// Phone tells whether a person is named by a phone number: digits, perhaps with a +
// before and with spaces or hyphens between.
func Phone(person string) bool {
	digits := 0
	for i, r := range person {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == ' ' || r == '-' || r == '+' && i == 0:
		default:
			return false
		}
	}
	return digits >= 7
}

// Everybody tells whether a person stands for the whole group.
func Everybody(person string) bool {
	switch strings.ToLower(strings.TrimPrefix(person, "@")) {
	case "all", "所有人":
		return true
	default:
		return false
	}
}
