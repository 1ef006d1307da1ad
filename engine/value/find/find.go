// Package find reads the text of a look-up:
//
//	_findCollection find PATH from STREAM where PATH=VALUE [PATH=VALUE …] [_endFind]
//
// A value is a word, a text between quotes, or a look-up of its own that ends with
// _endFind. A word and a quoted text may hold {{placeholders}}, which are left to
// the caller; blanks inside the braces do not end a word.
//
// It may import the standard library only.
package find

import (
	"strings"
	"unicode/utf8"
)

// The words that begin and end a look-up.
const (
	Prefix = "_findCollection"
	End    = "_endFind"
)

// Query is a look-up as it is written.
type Query struct {
	// Find is the wanted field, From the stream as it is named.
	Find, From string
	Where      []Condition
	// FromAt is where the name of the stream begins; End is where the text behind the
	// look-up begins, in bytes of the text.
	FromAt, End int
	// Closed says that _endFind ended it.
	Closed bool
}

// Condition is a field and the value it must have.
type Condition struct {
	Path string
	// Value is the value's text without quotes, At where it begins in the text, in
	// bytes. Nested is set instead where the value is a look-up itself.
	Value  string
	At     int
	Nested *Query
}

// SyntaxError tells where a look-up can't be read, in bytes of the text, and what was expected.
type SyntaxError struct {
	At   int
	Want string
}

// Error implements error.
func (e *SyntaxError) Error() string { return "expected " + e.Want }

// Index gives where the next look-up begins in a text from a place on, -1 where
// there is none.
func Index(text string, from int) int {
	for from < len(text) {
		i := strings.Index(text[from:], Prefix)
		if i < 0 {
			return -1
		}
		at, end := from+i, from+i+len(Prefix)
		if end < len(text) && blank(text[end]) && (at == 0 || !wordByte(text[at-1])) {
			return at
		}
		from = end
	}
	return -1
}

func wordByte(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z' || b >= utf8.RuneSelf
}

func blank(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }

// Parse reads the look-up that begins at a place of a text. Its error is a *SyntaxError.
func Parse(text string, at int) (*Query, error) {
	r := &reader{text: text, at: at + len(Prefix)}
	q, want := r.query(0)
	if want != "" {
		return nil, &SyntaxError{At: r.at, Want: want}
	}
	return q, nil
}

// deepest bounds look-ups within look-ups.
const deepest = 8

type reader struct {
	text string
	at   int
}

// query reads what stands behind the prefix; want says what was expected at r.at
// where it is not there.
func (r *reader) query(depth int) (q *Query, want string) {
	q = &Query{}
	if depth > deepest {
		return nil, "fewer look-ups inside each other"
	}
	if !r.keyword("find") {
		return nil, "find and the wanted field"
	}
	if q.Find = r.word(); q.Find == "" {
		return nil, "the name of the wanted field"
	}
	if !r.keyword("from") {
		return nil, "from and the flow that is looked into"
	}
	r.skip()
	q.FromAt = r.at
	if q.From = r.word(); q.From == "" {
		return nil, "the alias or the id of a flow"
	}
	if !r.keyword("where") {
		return nil, "where and a condition such as FNumber={{number}}"
	}
	for {
		r.skip()
		before := r.at
		if r.keyword(End) {
			q.Closed = true
			break
		}
		if len(q.Where) > 0 {
			_ = r.keyword("and")
		}
		if r.skip(); r.at == len(r.text) {
			if len(q.Where) == 0 || r.at != before {
				return nil, "a condition such as FNumber={{number}}"
			}
			break
		}
		c, want := r.condition(depth)
		if want != "" {
			return nil, want
		}
		q.Where = append(q.Where, c)
	}
	if len(q.Where) == 0 {
		return nil, "a condition such as FNumber={{number}}"
	}
	q.End = r.at
	return q, ""
}

func (r *reader) condition(depth int) (c Condition, want string) {
	start := r.at
	for r.at < len(r.text) && !blank(r.text[r.at]) && r.text[r.at] != '=' {
		r.at++
	}
	if c.Path = r.text[start:r.at]; c.Path == "" {
		return c, "the name of a field"
	}
	r.skip()
	if r.at == len(r.text) || r.text[r.at] != '=' {
		return c, "= and a value"
	}
	r.at++
	r.skip()
	c.At = r.at
	switch {
	case r.at == len(r.text), strings.HasPrefix(r.text[r.at:], End):
		return c, "a value"
	case Index(r.text, r.at) == r.at:
		r.at += len(Prefix)
		if c.Nested, want = r.query(depth + 1); want != "" {
			return c, want
		}
		if !c.Nested.Closed {
			return c, End + " behind the look-up inside"
		}
		return c, ""
	case r.text[r.at] == '\'' || r.text[r.at] == '"':
		return r.quoted(c)
	default:
		c.Value = r.word()
		return c, ""
	}
}

// quoted reads a text between quotes, in which a quote is written twice.
func (r *reader) quoted(c Condition) (Condition, string) {
	quote, begin := r.text[r.at], r.at
	r.at++
	c.At = r.at
	var b strings.Builder
	for r.at < len(r.text) {
		if end := r.placeholder(); end > 0 {
			b.WriteString(r.text[r.at:end])
			r.at = end
			continue
		}
		ch := r.text[r.at]
		r.at++
		if ch != quote {
			b.WriteByte(ch)
			continue
		}
		if r.at == len(r.text) || r.text[r.at] != quote {
			c.Value = b.String()
			return c, ""
		}
		b.WriteByte(quote)
		r.at++
	}
	r.at = begin
	return c, "a closing " + string(quote)
}

// placeholder gives where the placeholder ends that begins here, 0 where none does.
func (r *reader) placeholder() int {
	if !strings.HasPrefix(r.text[r.at:], "{{") {
		return 0
	}
	if end := strings.Index(r.text[r.at:], "}}"); end > 0 {
		return r.at + end + 2
	}
	return 0
}

// word reads up to the next blank that no braces enclose.
func (r *reader) word() string {
	r.skip()
	start := r.at
	for r.at < len(r.text) && !blank(r.text[r.at]) {
		if end := r.placeholder(); end > 0 {
			r.at = end
		} else {
			r.at++
		}
	}
	return r.text[start:r.at]
}

// keyword reads a word if it is the next one, in whatever letters.
func (r *reader) keyword(word string) bool {
	r.skip()
	end := r.at + len(word)
	if end > len(r.text) || !strings.EqualFold(r.text[r.at:end], word) || end < len(r.text) && wordByte(r.text[end]) {
		return false
	}
	r.at = end
	return true
}

func (r *reader) skip() {
	for r.at < len(r.text) && blank(r.text[r.at]) {
		r.at++
	}
}
