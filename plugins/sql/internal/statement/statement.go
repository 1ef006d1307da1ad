// Package statement reads a SELECT that a person wrote: it finds the values that the text
// names (:shop), leaves out comments, and refuses what is not one statement. It knows where
// texts, quoted names and comments of a dialect begin and end, and nothing else of SQL; what
// the statement may do is the database's to decide, in a transaction that only reads.
//
// It may import the standard library, sdk/fault and plugins/sql/internal/values only.
package statement

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/karezflow/karez/plugins/sql/internal/values"
	"github.com/karezflow/karez/sdk/fault"
)

// MaxText is the most bytes of a statement.
const MaxText = 64 << 10

// Statement is one SELECT.
type Statement struct {
	// parts stand around the names: one more than there are names.
	parts []string
	names []string
}

// Names gives the names in the order in which they stand, each as often as it stands.
func (s *Statement) Names() []string { return slices.Clone(s.names) }

// Uses reports whether the text names a value.
func (s *Statement) Uses(name string) bool { return slices.Contains(s.names, name) }

// Append writes the statement with a placeholder for each value. value gives the values of
// a name: several for a list, which becomes as many placeholders, and NULL where it is empty.
func (s *Statement) Append(q *values.Query, value func(name string) ([]any, error)) error {
	for i, part := range s.parts {
		q.Text(part)
		if i == len(s.names) {
			break
		}
		list, err := value(s.names[i])
		if err != nil {
			return err
		}
		if len(list) == 0 {
			q.Text("NULL")
		}
		for n, v := range list {
			if n > 0 {
				q.Text(", ")
			}
			q.Value(v)
		}
	}
	return nil
}

// Parse reads a statement. Its faults are of class Config at "sql": "sql.statement_empty",
// "sql.statement_too_long", "sql.statement_several", "sql.statement_not_select",
// "sql.statement_unclosed", "sql.statement_comment" and "sql.statement_placeholder".
func Parse(text string, d values.Dialect) (*Statement, error) {
	if len(text) > MaxText {
		return nil, refuse("sql.statement_too_long", "the statement has more than %d bytes", MaxText)
	}
	r := &reader{text: text, dialect: d}
	for r.at < len(text) {
		if f := r.next(); f != nil {
			return nil, f.At("sql").Classed(fault.Config)
		}
	}
	if r.depth != 0 {
		return nil, unclosed("a parenthesis")
	}
	r.parts = append(r.parts, r.part.String())
	s := &Statement{parts: r.parts, names: r.names}
	s.parts[len(s.parts)-1] = strings.TrimRight(s.parts[len(s.parts)-1], " \t\r\n")
	switch strings.ToUpper(word(strings.TrimLeft(s.parts[0], " \t\r\n("))) {
	case "SELECT", "WITH":
		return s, nil
	case "":
		return nil, refuse("sql.statement_empty", "the statement is empty")
	default:
		return nil, refuse("sql.statement_not_select", "the statement is no SELECT").Hinted("it begins with SELECT or WITH; rows are written by a target node")
	}
}

func refuse(code, format string, args ...any) *fault.Fault {
	return fault.New(code, format, args...).At("sql").Classed(fault.Config)
}

func unclosed(what string) *fault.Fault {
	return refuse("sql.statement_unclosed", "%s in the statement has no beginning or no end", what)
}

// word gives the letters at the beginning of a text.
func word(text string) string {
	end := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsLetter(r) })
	if end < 0 {
		end = len(text)
	}
	return text[:end]
}

// reader walks through a statement.
type reader struct {
	text    string
	at      int
	dialect values.Dialect

	part  strings.Builder
	parts []string
	names []string
	// depth counts open parentheses; ended says that a semicolon was read.
	depth int
	ended bool
}

// next reads one character, text, name, comment or value.
func (r *reader) next() *fault.Fault {
	rest := r.text[r.at:]
	c := rest[0]
	switch {
	case strings.HasPrefix(rest, "/*"):
		return r.block()
	case strings.HasPrefix(rest, "--") && (r.dialect != values.MySQL || len(rest) == 2 || rest[2] <= ' '), c == '#' && r.dialect == values.MySQL:
		r.line()
		return nil
	case c <= ' ':
		r.copy(1)
		return nil
	case r.ended:
		return refuse("sql.statement_several", "the text holds more than one statement")
	case c == '\'', c == '"', c == '`' && r.dialect == values.MySQL:
		return r.quoted(c, r.escapes(c))
	case c == '$' && r.dialect == values.Postgres:
		return r.dollar()
	case c == ':':
		r.named()
		return nil
	case c == '?' && r.dialect == values.MySQL:
		return placeholder("?")
	default:
		return r.plain(c)
	}
}

// escapes reports whether a backslash in a text that begins here escapes what follows it:
// in every text of MySQL, and in those of PostgreSQL that begin with E.
func (r *reader) escapes(quote byte) bool {
	if r.dialect == values.MySQL {
		return quote != '`'
	}
	before, size := utf8.DecodeLastRuneInString(r.text[:r.at])
	if quote != '\'' || before != 'e' && before != 'E' {
		return false
	}
	further, _ := utf8.DecodeLastRuneInString(r.text[:r.at-size])
	return !inName(further)
}

func inName(c rune) bool {
	return c == '_' || c == '$' || c != utf8.RuneError && (unicode.IsLetter(c) || unicode.IsDigit(c))
}

func (r *reader) plain(c byte) *fault.Fault {
	switch c {
	case ';':
		r.ended = true
		r.at++
		return nil
	case '(':
		r.depth++
	case ')':
		if r.depth--; r.depth < 0 {
			return unclosed("a parenthesis")
		}
	}
	r.copy(1)
	return nil
}

func (r *reader) copy(n int) {
	r.part.WriteString(r.text[r.at : r.at+n])
	r.at += n
}

// quoted reads a text or a quoted name; the quote written twice is one of its letters.
func (r *reader) quoted(quote byte, escapes bool) *fault.Fault {
	for i := r.at + 1; i < len(r.text); i++ {
		switch {
		case escapes && r.text[i] == '\\':
			i++
		case r.text[i] == quote && i+1 < len(r.text) && r.text[i+1] == quote:
			i++
		case r.text[i] == quote:
			r.copy(i + 1 - r.at)
			return nil
		}
	}
	return unclosed("a text or a name in quotes")
}

// dollar reads a text between $tag$ and $tag$.
func (r *reader) dollar() *fault.Fault {
	rest := r.text[r.at:]
	before, _ := utf8.DecodeLastRuneInString(r.text[:r.at])
	end := strings.IndexByte(rest[1:], '$')
	switch {
	case len(rest) > 1 && rest[1] >= '0' && rest[1] <= '9' && !inName(before):
		return placeholder(rest[:2])
	case inName(before) && r.at > 0, end < 0 || strings.ContainsFunc(rest[1:end+1], func(c rune) bool { return !inName(c) }):
		r.copy(1)
		return nil
	}
	tag := rest[:end+2]
	end = strings.Index(rest[len(tag):], tag)
	if end < 0 {
		return unclosed("a text between dollars")
	}
	r.copy(len(tag) + end + len(tag))
	return nil
}

func placeholder(is string) *fault.Fault {
	return refuse("sql.statement_placeholder", "%s in the statement stands for no value", is).Hinted("name the value, as in :shop, and give it in a row of that name")
}

// named reads :name. Two colons are a cast, and what is no name behind one stays.
func (r *reader) named() {
	rest := r.text[r.at+1:]
	if strings.HasPrefix(rest, ":") {
		r.copy(2)
		return
	}
	end := strings.IndexFunc(rest, func(c rune) bool { return c != '_' && !unicode.IsLetter(c) && !unicode.IsDigit(c) })
	if end < 0 {
		end = len(rest)
	}
	first, _ := utf8.DecodeRuneInString(rest)
	if end == 0 || unicode.IsDigit(first) {
		r.copy(1)
		return
	}
	r.parts = append(r.parts, r.part.String())
	r.part.Reset()
	r.names = append(r.names, rest[:end])
	r.at += 1 + end
}

// line leaves out a comment up to the end of its line.
func (r *reader) line() {
	end := strings.IndexByte(r.text[r.at:], '\n')
	if end < 0 {
		r.at = len(r.text)
		return
	}
	r.at += end // the line's end separates what stands around the comment
}

// block leaves out a comment; those of PostgreSQL hold others.
func (r *reader) block() *fault.Fault {
	rest := r.text[r.at:]
	if r.dialect == values.MySQL && (strings.HasPrefix(rest, "/*!") || strings.HasPrefix(rest, "/*M!")) {
		return refuse("sql.statement_comment", "the database would carry out what this comment holds: write it without /*!")
	}
	depth := 0
	for i := 0; i+1 < len(rest); i++ {
		switch {
		case rest[i:i+2] == "/*" && (depth == 0 || r.dialect == values.Postgres):
			depth++
			i++
		case rest[i:i+2] == "*/":
			depth--
			i++
		}
		if depth == 0 {
			r.part.WriteByte(' ')
			r.at += i + 1
			return nil
		}
	}
	return unclosed("a comment")
}
